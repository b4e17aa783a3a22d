-- The credentials of integrations. A client acts as its user.
CREATE TABLE api_clients (
    id UUID PRIMARY KEY NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    search_key TEXT COLLATE "C" NOT NULL,
    user_id UUID NOT NULL REFERENCES users,
    -- Separated by spaces.
    scopes TEXT COLLATE "C" NOT NULL,
    last_used_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ
);
CREATE INDEX api_clients_by_name ON api_clients (search_key, id);
CREATE INDEX api_clients_by_user ON api_clients (user_id, search_key, id);

-- A client has two valid secrets while it changes from one to the other. Only their hashes are here.
CREATE TABLE api_client_secrets (
    id UUID PRIMARY KEY NOT NULL,
    client_id UUID NOT NULL REFERENCES api_clients,
    secret_hash TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    -- Null: valid until it is replaced.
    expires_at TIMESTAMPTZ
);
CREATE INDEX api_client_secrets_by_client ON api_client_secrets (client_id, id);
