-- Every record that the log ever got, in one order. The position is the index of the leaf.
CREATE TABLE ledger (
    position INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    user_id BLOB,
    entry_id BLOB,
    revision INTEGER,
    leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32),
    -- What the salts of the record's commitments are derived from.
    seed BLOB CHECK (length(seed) = 32),
    -- After an erasure, instead of the seed: the salts of the texts that stay, and the commitments
    -- to those that are gone.
    salts TEXT,
    -- The facts of a record that is not about an entry's text, as JSON.
    facts TEXT,
    -- Why texts were erased.
    reason TEXT
) STRICT;
CREATE INDEX ledger_by_entry ON ledger (entry_id, revision) WHERE entry_id IS NOT NULL;

-- 256 hashes of one level, one after another: a tile of C2SP tlog-tiles. Level 0 has full tiles
-- alone: the rest of its hashes stand in the ledger.
CREATE TABLE ledger_tiles (
    level INTEGER NOT NULL,
    tile INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (level, tile)
) STRICT, WITHOUT ROWID;

-- How many records have a position. One row.
CREATE TABLE ledger_head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    size INTEGER NOT NULL
) STRICT;
INSERT INTO ledger_head (id, size) VALUES (1, 0);

CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'records of the ledger are never changed');
END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'records of the ledger are never deleted');
END;
CREATE TRIGGER ledger_no_replace BEFORE INSERT ON ledger
WHEN EXISTS (SELECT 1 FROM ledger WHERE position = NEW.position)
BEGIN
    SELECT RAISE(ABORT, 'records of the ledger are never replaced');
END;
CREATE TRIGGER ledger_is_dense BEFORE INSERT ON ledger
WHEN NEW.position IS NOT (SELECT coalesce(max(position) + 1, 0) FROM ledger)
BEGIN
    SELECT RAISE(ABORT, 'the ledger has no gaps');
END;
CREATE TRIGGER ledger_tiles_only_grow BEFORE UPDATE ON ledger_tiles
WHEN NEW.level IS NOT OLD.level OR NEW.tile IS NOT OLD.tile
    OR substr(NEW.hashes, 1, length(OLD.hashes)) IS NOT OLD.hashes
BEGIN
    SELECT RAISE(ABORT, 'a tile only grows');
END;
CREATE TRIGGER ledger_tiles_no_delete BEFORE DELETE ON ledger_tiles
BEGIN
    SELECT RAISE(ABORT, 'tiles are never deleted');
END;
CREATE TRIGGER ledger_head_only_grows BEFORE UPDATE ON ledger_head
WHEN NEW.id IS NOT OLD.id OR NEW.size < OLD.size
BEGIN
    SELECT RAISE(ABORT, 'the ledger only grows');
END;
CREATE TRIGGER ledger_head_no_delete BEFORE DELETE ON ledger_head
BEGIN
    SELECT RAISE(ABORT, 'the ledger only grows');
END;
