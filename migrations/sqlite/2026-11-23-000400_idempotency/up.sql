-- The responses to requests with an Idempotency-Key, for when the same request comes again. Written in
-- the transaction of its effect.
CREATE TABLE idempotency_keys (
    -- A hash of caller and key.
    key TEXT PRIMARY KEY NOT NULL,
    -- A hash of method, path and body.
    fingerprint TEXT NOT NULL,
    -- Encrypted, because some responses contain secrets. Null while a request of several transactions
    -- is running.
    response BLOB,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);
