//! The tables of integrations and of the permissions they ask for, from `harmony integrations list --json`.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::markdown;
use crate::repository::Repository;
use crate::{command, metadata};

/// What these tables say of an integration; the manifest has more. The shape is `connector_kit::Manifest`'s.
#[derive(Debug, Deserialize)]
pub struct Integration {
    name: String,
    category: String,
    scope: String,
    docs: String,
    auth: Vec<Auth>,
    flows: Vec<Flow>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Auth {
    Code { permissions: Vec<Permission> },
    App { label: String },
    ApiToken {},
    Password { label: String },
}

#[derive(Debug, Deserialize)]
struct Flow {
    capability: String,
    way: Way,
    permissions: Vec<Permission>,
    effect: Option<Effect>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    Pull,
    Push,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Effect {
    Upsert,
    ChosenId,
    Marker {},
    AtMostOnce,
}

impl Effect {
    const fn words(self) -> &'static str {
        match self {
            Self::Upsert => "a: upsert by our key",
            Self::ChosenId => "b: id chosen by us",
            Self::Marker {} => "c: marker, searched for",
            Self::AtMostOnce => "d: at most once",
        }
    }
}

#[derive(Debug, Deserialize)]
struct Permission {
    scope: String,
    reason: String,
}

/// Builds the binary as the tests do (the same features, so nothing compiles twice) and asks it.
pub fn load(repository: &Repository) -> Result<Vec<Integration>> {
    command::run(&mut command::cargo(repository, &["build", "--quiet", "--locked", "--workspace", "--all-targets"]))?;
    let binary = metadata::load(repository)?.target_directory.join("debug").join("harmony");
    let text = command::text(Command::new(binary).current_dir(repository.root()).args(["integrations", "list", "--json"]))?;
    parse(&text)
}

fn parse(text: &str) -> Result<Vec<Integration>> {
    serde_json::from_str(text).context("`harmony integrations list --json` did not print a list of manifests")
}

/// Name, category, what flows which way, effect class, credentials.
pub fn table(integrations: &[Integration]) -> String {
    let rows = integrations.iter().map(|integration| {
        vec![
            format!("[{}]({})", integration.name, integration.docs),
            in_words(&integration.category),
            in_words(&integration.scope),
            integration.directions(),
            integration.effects(),
            integration.credentials(),
        ]
    });
    markdown::table(
        &["tool", "category", "connected for", "what flows (← into Harmony, → out to the tool)", "effect class", "credentials"],
        rows,
    )
}

/// Which right is asked of whom, when, and why.
pub fn permissions(integrations: &[Integration]) -> String {
    let rows = integrations.iter().flat_map(Integration::permissions);
    markdown::table(&["tool", "permission", "asked for", "why"], rows)
}

impl Integration {
    fn directions(&self) -> String {
        let mut ways: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
        for flow in &self.flows {
            let both = ways.entry(&flow.capability).or_default();
            match flow.way {
                Way::Pull => both.0 = true,
                Way::Push => both.1 = true,
            }
        }
        let arrow = |both| match both {
            (true, true) => "↔",
            (true, false) => "←",
            (false, _) => "→",
        };
        ways.into_iter().map(|(what, both)| format!("{} {what}", arrow(both))).collect::<Vec<_>>().join(", ")
    }

    fn effects(&self) -> String {
        let mut effects: Vec<Effect> = self.flows.iter().filter_map(|flow| flow.effect).collect();
        effects.sort_unstable();
        effects.dedup();
        if effects.is_empty() {
            return "read only".to_owned();
        }
        effects.into_iter().map(Effect::words).collect::<Vec<_>>().join("; ")
    }

    fn credentials(&self) -> String {
        let ways = self.auth.iter().map(|auth| match auth {
            Auth::Code { .. } => "OAuth",
            Auth::App { label } | Auth::Password { label } => label,
            Auth::ApiToken {} => "API token",
        });
        ways.collect::<Vec<_>>().join(", ")
    }

    fn permissions(&self) -> Vec<Vec<String>> {
        let mut asked: Vec<(&Permission, Vec<String>)> = Vec::new();
        let always = self.auth.iter().flat_map(|auth| match auth {
            Auth::Code { permissions } => permissions.as_slice(),
            Auth::App { .. } | Auth::ApiToken {} | Auth::Password { .. } => &[],
        });
        let always = always.map(|permission| (permission, "signing in".to_owned()));
        let flows = self.flows.iter().flat_map(|flow| {
            let arrow = if flow.way == Way::Pull { "←" } else { "→" };
            flow.permissions.iter().map(move |permission| (permission, format!("{arrow} {}", flow.capability)))
        });
        for (permission, purpose) in always.chain(flows) {
            match asked.iter_mut().find(|(known, _)| known.scope == permission.scope) {
                Some((_, purposes)) => purposes.push(purpose),
                None => asked.push((permission, vec![purpose])),
            }
        }
        let row = |(permission, purposes): (&Permission, Vec<String>)| {
            vec![self.name.clone(), format!("`{}`", permission.scope), purposes.join(", "), permission.reason.clone()]
        };
        asked.into_iter().map(row).collect()
    }
}

/// `project_management` as "project management".
fn in_words(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"[
        {"id": "boards", "name": "Boards", "category": "project_management", "scope": "workspace", "docs": "https://boards.example/api",
         "auth": [{"code": {"pkce": true, "permissions": [{"scope": "read", "reason": "To know whose account it is"}]}},
                  {"app": {"name": "server_to_server", "label": "Server to server", "flow": {}}},
                  {"api_token": {"prefix": "", "help": ""}}],
         "flows": [
            {"capability": "tasks", "way": "pull", "permissions": [{"scope": "read", "reason": "x"}], "effect": null},
            {"capability": "tasks", "way": "push", "permissions": [{"scope": "write", "reason": "To add tasks"}], "effect": {"marker": {"lag_seconds": 5}}},
            {"capability": "notes", "way": "push", "permissions": [], "effect": "upsert"}]},
        {"id": "dates", "name": "Dates", "category": "calendar", "scope": "personal", "docs": "https://dates.example",
         "auth": [{"api_token": {"prefix": "", "help": ""}}],
         "flows": [{"capability": "calendar", "way": "pull", "permissions": [], "effect": null}]}
    ]"#;

    #[test]
    fn the_catalogue_says_what_flows_which_way() {
        let text = table(&parse(LIST).unwrap());
        let rows: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(
            rows,
            [
                "| [Boards](https://boards.example/api) | project management | workspace | → notes, ↔ tasks | a: upsert by our key; c: marker, searched for | OAuth, Server to server, API token |",
                "| [Dates](https://dates.example) | calendar | personal | ← calendar | read only | API token |",
            ]
        );
    }

    #[test]
    fn a_permission_stands_once_with_all_it_is_asked_for() {
        let text = permissions(&parse(LIST).unwrap());
        let rows: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(
            rows,
            ["| Boards | `read` | signing in, ← tasks | To know whose account it is |", "| Boards | `write` | → tasks | To add tasks |"]
        );
    }
}
