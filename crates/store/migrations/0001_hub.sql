-- One text for SQLite and PostgreSQL: ids and JSON are TEXT, instants BIGINT milliseconds, flags BOOLEAN, bytes Base64 TEXT.
-- Every key begins with workspace_id.

CREATE TABLE workspaces (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    own_domains TEXT NOT NULL,
    last_seq BIGINT NOT NULL DEFAULT 0,
    audit_seq BIGINT NOT NULL DEFAULT 0,
    audit_hash TEXT NOT NULL DEFAULT '',
    sealed_key TEXT NOT NULL,
    master_key_id TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, email)
);
CREATE INDEX users_by_email ON users (email);

CREATE TABLE sessions (
    workspace_id TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, token_hash),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id) ON DELETE CASCADE
);

CREATE TABLE api_tokens (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    hash TEXT NOT NULL,
    name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (hash),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id) ON DELETE CASCADE
);

CREATE TABLE connections (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    integration TEXT NOT NULL,
    auth TEXT NOT NULL,
    user_id TEXT,
    account_id TEXT,
    account_name TEXT,
    fields TEXT NOT NULL,
    granted TEXT NOT NULL,
    settings TEXT,
    settings_version BIGINT NOT NULL DEFAULT 0,
    connected BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    connected_at BIGINT,
    PRIMARY KEY (workspace_id, id)
);
-- An inbound webhook names the connection alone, or the account.
CREATE INDEX connections_by_id ON connections (id);
CREATE INDEX connections_by_account ON connections (integration, account_id) WHERE account_id IS NOT NULL;

-- What is known of a connection; its status is computed from these rows where it is shown.
CREATE TABLE evidence (
    workspace_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    fact TEXT NOT NULL,
    detail TEXT NOT NULL,
    since BIGINT NOT NULL,
    at BIGINT NOT NULL,
    until BIGINT,
    PRIMARY KEY (workspace_id, connection_id, fact),
    FOREIGN KEY (workspace_id, connection_id) REFERENCES connections (workspace_id, id) ON DELETE CASCADE
);

CREATE TABLE secrets (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    sealed TEXT NOT NULL,
    version BIGINT NOT NULL,
    lease_until BIGINT NOT NULL DEFAULT 0,
    lease_epoch BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, id)
);

-- One row for each redirect to a tool that has not come back yet.
CREATE TABLE sign_ins (
    workspace_id TEXT NOT NULL,
    state_hash TEXT NOT NULL,
    user_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    verifier TEXT NOT NULL,
    scopes TEXT NOT NULL,
    return_to TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, state_hash),
    FOREIGN KEY (workspace_id, connection_id) REFERENCES connections (workspace_id, id) ON DELETE CASCADE
);

CREATE TABLE streams (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    capability TEXT NOT NULL,
    way TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    live BOOLEAN NOT NULL,
    place TEXT,
    place_seq BIGINT NOT NULL DEFAULT 0,
    wake_at BIGINT,
    wake_reason TEXT,
    due_at BIGINT,
    lease_owner TEXT,
    lease_until BIGINT,
    epoch BIGINT NOT NULL DEFAULT 0,
    failures BIGINT NOT NULL DEFAULT 0,
    in_step_at BIGINT,
    -- The writes of a preview that a person approved.
    approved TEXT,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, connection_id, capability, way),
    FOREIGN KEY (workspace_id, connection_id) REFERENCES connections (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX streams_to_wake ON streams (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX streams_due ON streams (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE records (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    parent_id TEXT,
    sort_at BIGINT NOT NULL,
    label TEXT NOT NULL,
    body TEXT NOT NULL,
    seq BIGINT NOT NULL,
    deleted BOOLEAN NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX records_by_time ON records (workspace_id, kind, sort_at, id);
CREATE INDEX records_by_parent ON records (workspace_id, parent_id) WHERE parent_id IS NOT NULL;

-- What a record can be found by: an address, an iCalendar UID, a caller's key.
CREATE TABLE record_keys (
    workspace_id TEXT NOT NULL,
    name TEXT NOT NULL,
    record_id TEXT NOT NULL,
    PRIMARY KEY (workspace_id, name, record_id),
    FOREIGN KEY (workspace_id, record_id) REFERENCES records (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX record_keys_by_record ON record_keys (workspace_id, record_id);

-- The log: append-only, seq without gaps in commit order.
CREATE TABLE changes (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    seq BIGINT NOT NULL,
    record_id TEXT NOT NULL,
    operation TEXT NOT NULL,
    fields TEXT NOT NULL,
    origin TEXT NOT NULL,
    run_id TEXT,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, seq)
);
CREATE INDEX changes_by_record ON changes (workspace_id, record_id, seq);

-- Our id, their id, and the last agreed values.
CREATE TABLE links (
    workspace_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    capability TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    record_id TEXT NOT NULL,
    version TEXT,
    url TEXT,
    base TEXT NOT NULL,
    gone BOOLEAN NOT NULL,
    -- The destination in which the object was met or made.
    place TEXT,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, connection_id, capability, remote_id)
);
CREATE INDEX links_by_record ON links (workspace_id, record_id, connection_id, capability);

-- One row for each write to a tool, committed before its bytes leave; the receipt settles it.
CREATE TABLE intents (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    capability TEXT NOT NULL,
    record_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    operation TEXT NOT NULL,
    key TEXT NOT NULL,
    payload_hash TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    settled_at BIGINT,
    detail TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX intents_unsettled ON intents (workspace_id, connection_id, capability) WHERE state IN ('open', 'uncertain');
CREATE INDEX intents_by_record ON intents (workspace_id, record_id);

CREATE TABLE runs (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    capability TEXT NOT NULL,
    way TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    counts TEXT NOT NULL,
    calls BIGINT NOT NULL DEFAULT 0,
    error_code TEXT,
    error TEXT,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, connection_id) REFERENCES connections (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX runs_by_connection ON runs (workspace_id, connection_id, started_at);

-- The latest outcome of each record at each connection: the lists "in sync", "excluded" and "failing".
CREATE TABLE items (
    workspace_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    capability TEXT NOT NULL,
    item TEXT NOT NULL,
    record_id TEXT,
    label TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    url TEXT,
    run_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    retry_at BIGINT,
    PRIMARY KEY (workspace_id, connection_id, capability, item),
    FOREIGN KEY (workspace_id, connection_id) REFERENCES connections (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX items_by_record ON items (workspace_id, record_id);
CREATE INDEX items_by_outcome ON items (workspace_id, connection_id, outcome, at);
CREATE INDEX items_by_run ON items (workspace_id, run_id);

CREATE TABLE subscriptions (
    workspace_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    capability TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    resource TEXT,
    sealed_secret TEXT,
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, connection_id, capability, remote_id),
    FOREIGN KEY (workspace_id, connection_id) REFERENCES connections (workspace_id, id) ON DELETE CASCADE
);

-- Webhook deliveries seen, so that a second one with the same id does nothing.
CREATE TABLE deliveries_seen (
    workspace_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    delivery TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, connection_id, delivery)
);
CREATE INDEX deliveries_by_time ON deliveries_seen (at);

CREATE TABLE audit (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    address TEXT NOT NULL,
    act TEXT NOT NULL,
    target TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (workspace_id, seq)
);
