-- How many changes each caller made, where there is a read replica. SQLite has none.
CREATE TABLE caller_writes (
    user_id BLOB NOT NULL,
    slot INTEGER NOT NULL,
    writes INTEGER NOT NULL,
    PRIMARY KEY (user_id, slot)
) STRICT, WITHOUT ROWID;
