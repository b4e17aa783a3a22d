-- The credentials of integrations. A client acts as its user.
CREATE TABLE api_clients (
    id BLOB PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    search_key TEXT NOT NULL,
    user_id BLOB NOT NULL REFERENCES users,
    -- Separated by spaces.
    scopes TEXT NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE INDEX api_clients_by_name ON api_clients (search_key, id);
CREATE INDEX api_clients_by_user ON api_clients (user_id, search_key, id);

-- A client has two valid secrets while it changes from one to the other. Only their hashes are here.
CREATE TABLE api_client_secrets (
    id BLOB PRIMARY KEY NOT NULL,
    client_id BLOB NOT NULL REFERENCES api_clients,
    secret_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- Null: valid until it is replaced.
    expires_at INTEGER
) STRICT;
CREATE INDEX api_client_secrets_by_client ON api_client_secrets (client_id, id);
