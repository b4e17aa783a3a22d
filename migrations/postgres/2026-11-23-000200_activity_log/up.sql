-- An entry keeps the names as they were when it was written. So there is no join, and no foreign key
-- except to the owner of the log.
CREATE TABLE entries (
    user_id UUID NOT NULL REFERENCES users,
    occurred_at TIMESTAMPTZ NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    created_by_id UUID,
    created_by_name TEXT COLLATE "C",
    created_by_kind TEXT COLLATE "C",
    entered_by_id UUID,
    entered_by_name TEXT COLLATE "C",
    entered_by_kind TEXT COLLATE "C",
    relates_to UUID,
    description TEXT COLLATE "C",
    target_type TEXT COLLATE "C",
    target_id UUID,
    target_name TEXT COLLATE "C",
    changes TEXT COLLATE "C",
    external_id TEXT COLLATE "C",
    notes TEXT COLLATE "C",
    revision BIGINT,
    edited_at TIMESTAMPTZ,
    edited_by_id UUID,
    edited_by_name TEXT COLLATE "C",
    edited_by_kind TEXT COLLATE "C",
    -- Notes or description, case-folded: the text that q searches.
    search_key TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, occurred_at, id),
    CHECK ((action = 'note') = (notes IS NOT NULL)),
    CHECK ((action = 'note') = (revision IS NOT NULL)),
    CHECK ((action = 'note') = (description IS NULL)),
    CHECK ((action = 'note') = (created_by_id IS NOT NULL))
);
-- A page of a log is a range of the primary key. This index finds one entry by its id.
CREATE UNIQUE INDEX entries_id ON entries (id);
-- What another system sends again is refused, however long ago it was sent first.
CREATE UNIQUE INDEX entries_external_id ON entries (external_id) WHERE external_id IS NOT NULL;
-- The log across users is a range of one of these.
CREATE INDEX entries_by_time ON entries (occurred_at, id);
CREATE INDEX entries_by_action ON entries (action, occurred_at, id);
CREATE INDEX entries_by_entered_by ON entries (entered_by_id, occurred_at, id) WHERE entered_by_id IS NOT NULL;
CREATE INDEX entries_by_created_by ON entries (created_by_id, occurred_at, id) WHERE created_by_id IS NOT NULL;
CREATE INDEX entries_by_target ON entries (target_id, occurred_at, id) WHERE target_id IS NOT NULL;
-- These two have the action before the time, for filters with both: see src/store/log/ranges.rs.
CREATE INDEX entries_by_source ON entries (source, action, occurred_at, id);
CREATE INDEX entries_by_target_type ON entries (target_type, action, occurred_at, id) WHERE target_type IS NOT NULL;
CREATE INDEX entries_relates_to ON entries (relates_to) WHERE relates_to IS NOT NULL;

CREATE TABLE entry_revisions (
    entry_id UUID NOT NULL,
    revision BIGINT NOT NULL,
    user_id UUID NOT NULL REFERENCES users,
    notes TEXT COLLATE "C" NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    created_by_id UUID NOT NULL,
    created_by_name TEXT COLLATE "C" NOT NULL,
    created_by_kind TEXT COLLATE "C" NOT NULL,
    replaced_at TIMESTAMPTZ NOT NULL,
    replaced_by_id UUID NOT NULL,
    replaced_by_name TEXT COLLATE "C" NOT NULL,
    replaced_by_kind TEXT COLLATE "C" NOT NULL,
    relates_to UUID,
    -- users.log_moves of the owner after the edit, where the edit moved the note in time.
    log_move BIGINT,
    PRIMARY KEY (entry_id, revision)
);
CREATE INDEX entry_revisions_moves ON entry_revisions (user_id, log_move)
    WHERE log_move IS NOT NULL;

-- What was written is never rewritten: the database refuses it, whichever client asks.
CREATE FUNCTION daybook_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is never allowed', TG_OP, TG_TABLE_NAME;
END $$;

CREATE FUNCTION daybook_guard_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.action <> 'note' THEN
        RAISE EXCEPTION 'system entries are never changed';
    END IF;
    IF (NEW.id, NEW.user_id, NEW.recorded_at, NEW.action, NEW.source, NEW.entered_by_id, NEW.entered_by_name, NEW.entered_by_kind, NEW.description, NEW.target_type, NEW.target_id, NEW.target_name, NEW.changes, NEW.external_id)
        IS DISTINCT FROM (OLD.id, OLD.user_id, OLD.recorded_at, OLD.action, OLD.source, OLD.entered_by_id, OLD.entered_by_name, OLD.entered_by_kind, OLD.description, OLD.target_type, OLD.target_id, OLD.target_name, OLD.changes, OLD.external_id) THEN
        RAISE EXCEPTION 'only the wording, time, author and relation of a note may change';
    END IF;
    IF NEW.revision <> OLD.revision + 1 OR NOT EXISTS (
        SELECT 1 FROM entry_revisions
        WHERE entry_id = OLD.id AND revision = OLD.revision
            AND notes = OLD.notes AND occurred_at = OLD.occurred_at
            AND created_by_id = OLD.created_by_id AND created_by_name = OLD.created_by_name
            AND created_by_kind = OLD.created_by_kind
            AND relates_to IS NOT DISTINCT FROM OLD.relates_to) THEN
        RAISE EXCEPTION 'the earlier wording of a note is kept first';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER entries_guard BEFORE UPDATE ON entries
    FOR EACH ROW EXECUTE FUNCTION daybook_guard_entry();
CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries
    FOR EACH ROW EXECUTE FUNCTION daybook_refuse();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION daybook_refuse();
CREATE TRIGGER entry_revisions_no_change BEFORE UPDATE OR DELETE ON entry_revisions
    FOR EACH ROW EXECUTE FUNCTION daybook_refuse();
CREATE TRIGGER entry_revisions_no_truncate BEFORE TRUNCATE ON entry_revisions
    FOR EACH STATEMENT EXECUTE FUNCTION daybook_refuse();
