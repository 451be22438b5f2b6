//! The rules of the house as one table: who may use whom, and which room owns each way to the outside. No logic.

/// A crate of the workspace.
pub struct Room {
    pub name: &'static str,
    /// What it may use.
    pub uses: &'static [&'static str],
    /// What its tests may use beyond that.
    pub tests_use: &'static [&'static str],
}

/// Dependencies point down only; the sandbox imports none of ours, so that an emulator cannot repeat a client's mistake.
pub const ROOMS: &[Room] = &[
    Room { name: "model", uses: &[], tests_use: &[] },
    Room { name: "connector-kit", uses: &["model"], tests_use: &[] },
    Room { name: "connectors", uses: &["connector-kit", "model"], tests_use: &["sandbox"] },
    Room { name: "store", uses: &["model"], tests_use: &[] },
    Room { name: "sync", uses: &["store", "connector-kit", "model"], tests_use: &["sandbox"] },
    Room { name: "server", uses: &["sync", "store", "connector-kit", "model"], tests_use: &["sandbox"] },
    Room { name: "sandbox", uses: &[], tests_use: &[] },
    Room { name: "harmony", uses: &["server", "sync", "store", "connectors", "connector-kit", "model", "sandbox"], tests_use: &[] },
    Room { name: "bench", uses: &["sandbox"], tests_use: &[] },
    Room { name: "xtask", uses: &[], tests_use: &[] },
];

/// A library through which the outside is touched, and the rooms that may ask for it, each with the reason.
pub struct Door {
    pub library: &'static str,
    pub rooms: &'static [(&'static str, &'static str)],
}

/// The first room of each is its owner; the others are exceptions, and their reasons say why they are none of its business.
pub const DOORS: &[Door] = &[
    Door {
        library: "reqwest",
        rooms: &[
            ("connector-kit", "the session is the one way to a tool"),
            ("sandbox", "plays the tools: sends their webhooks, and drives their sign-in pages as a browser would"),
            ("harmony", "the CLI and the demo are clients of the hub itself"),
            ("bench", "its load comes from outside the hub, and its yardstick fetches without the session"),
        ],
    },
    Door {
        library: "sqlx",
        rooms: &[
            ("store", "every line of SQL"),
            ("bench", "looks at a hub's database from outside, and its yardsticks have tables of their own"),
        ],
    },
    Door {
        library: "axum",
        rooms: &[
            ("server", "every door inward"),
            ("sandbox", "plays the tools, which are servers of their own"),
            ("bench", "a yardstick is a bare server"),
        ],
    },
    Door { library: "axum-extra", rooms: &[("server", "every door inward")] },
    Door { library: "tower-http", rooms: &[("server", "every door inward")] },
    Door { library: "tower-sessions", rooms: &[("server", "every door inward")] },
    Door { library: "askama", rooms: &[("server", "the pages")] },
    Door {
        library: "utoipa",
        rooms: &[
            ("server", "the description of the API"),
            ("model", "derives of its nouns' schemas, behind a feature that the server alone switches on"),
            ("connector-kit", "likewise, of the manifests"),
            ("store", "likewise, of the rows that the API shows"),
            ("sync", "likewise, of the engine's answers"),
        ],
    },
    Door { library: "utoipa-axum", rooms: &[("server", "the description of the API")] },
    Door { library: "clap", rooms: &[("harmony", "the command line"), ("xtask", "a command line of its own"), ("bench", "likewise")] },
    Door { library: "config", rooms: &[("harmony", "configuration is read in one place")] },
    Door { library: "lettre", rooms: &[("harmony", "mail leaves here")] },
    Door { library: "cynic", rooms: &[("connectors", "tools that speak GraphQL")] },
    Door { library: "clap_complete", rooms: &[("harmony", "the command line")] },
    Door { library: "object_store", rooms: &[("store", "media is kept there")] },
    Door { library: "metrics-exporter-prometheus", rooms: &[("server", "metrics are read through a door inward")] },
    Door { library: "chacha20poly1305", rooms: &[("store", "secrets are sealed where they are kept")] },
];
