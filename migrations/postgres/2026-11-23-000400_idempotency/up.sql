-- The responses to requests with an Idempotency-Key, for when the same request comes again. Written in
-- the transaction of its effect.
CREATE TABLE idempotency_keys (
    -- A hash of caller and key.
    key TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    -- A hash of method, path and body.
    fingerprint TEXT COLLATE "C" NOT NULL,
    -- Encrypted, because some responses contain secrets. Null while a request of several transactions
    -- is running.
    response BYTEA,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);
