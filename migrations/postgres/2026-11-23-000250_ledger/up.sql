-- Every record that the log ever got, in one order. The position is the index of the leaf.
CREATE TABLE ledger (
    position BIGINT PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    user_id UUID,
    entry_id UUID,
    revision BIGINT,
    leaf_hash BYTEA NOT NULL CHECK (length(leaf_hash) = 32),
    -- What the salts of the record's commitments are derived from.
    seed BYTEA CHECK (length(seed) = 32),
    -- After an erasure, instead of the seed: the salts of the texts that stay, and the commitments
    -- to those that are gone.
    salts TEXT COLLATE "C",
    -- The facts of a record that is not about an entry's text, as JSON.
    facts TEXT COLLATE "C",
    -- Why texts were erased.
    reason TEXT COLLATE "C"
);
CREATE INDEX ledger_by_entry ON ledger (entry_id, revision) WHERE entry_id IS NOT NULL;

-- Records without a position: written by the transaction of their change, and moved to the ledger
-- by the sequencer. A record that depends on a committed one gets a later number here than that has.
CREATE TABLE ledger_pending (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    user_id UUID,
    entry_id UUID,
    revision BIGINT,
    leaf_hash BYTEA NOT NULL,
    seed BYTEA,
    salts TEXT COLLATE "C",
    facts TEXT COLLATE "C",
    reason TEXT COLLATE "C"
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- 256 hashes of one level, one after another: a tile of C2SP tlog-tiles. Level 0 has full tiles
-- alone: the rest of its hashes stand in the ledger.
CREATE TABLE ledger_tiles (
    level INTEGER NOT NULL,
    tile BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    PRIMARY KEY (level, tile)
);

-- How many records have a position. One row; its lock is what makes replicas sequence in turn.
CREATE TABLE ledger_head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    size BIGINT NOT NULL
) WITH (fillfactor = 50);
INSERT INTO ledger_head (id, size) VALUES (1, 0);

CREATE FUNCTION daybook_guard_tile() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.level <> OLD.level OR NEW.tile <> OLD.tile
        OR substring(NEW.hashes FOR length(OLD.hashes)) <> OLD.hashes THEN
        RAISE EXCEPTION 'a tile only grows';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION daybook_guard_ledger_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.size < OLD.size THEN
        RAISE EXCEPTION 'the ledger only grows';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE ON ledger
    FOR EACH ROW EXECUTE FUNCTION daybook_refuse();
CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION daybook_refuse();
CREATE TRIGGER ledger_pending_no_update BEFORE UPDATE ON ledger_pending
    FOR EACH ROW EXECUTE FUNCTION daybook_refuse();
CREATE TRIGGER ledger_pending_no_truncate BEFORE TRUNCATE ON ledger_pending
    FOR EACH STATEMENT EXECUTE FUNCTION daybook_refuse();
CREATE TRIGGER ledger_tiles_only_grow BEFORE UPDATE ON ledger_tiles
    FOR EACH ROW EXECUTE FUNCTION daybook_guard_tile();
CREATE TRIGGER ledger_tiles_no_delete BEFORE DELETE ON ledger_tiles
    FOR EACH ROW EXECUTE FUNCTION daybook_refuse();
CREATE TRIGGER ledger_tiles_no_truncate BEFORE TRUNCATE ON ledger_tiles
    FOR EACH STATEMENT EXECUTE FUNCTION daybook_refuse();
CREATE TRIGGER ledger_head_only_grows BEFORE UPDATE ON ledger_head
    FOR EACH ROW EXECUTE FUNCTION daybook_guard_ledger_head();
CREATE TRIGGER ledger_head_no_delete BEFORE DELETE ON ledger_head
    FOR EACH ROW EXECUTE FUNCTION daybook_refuse();
CREATE TRIGGER ledger_head_no_truncate BEFORE TRUNCATE ON ledger_head
    FOR EACH STATEMENT EXECUTE FUNCTION daybook_refuse();
