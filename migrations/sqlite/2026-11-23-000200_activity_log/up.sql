-- An entry keeps the names as they were when it was written. So there is no join, and no foreign key
-- except to the owner of the log.
CREATE TABLE entries (
    user_id BLOB NOT NULL REFERENCES users,
    occurred_at INTEGER NOT NULL,
    id BLOB NOT NULL,
    recorded_at INTEGER NOT NULL,
    action TEXT NOT NULL,
    source TEXT NOT NULL,
    created_by_id BLOB,
    created_by_name TEXT,
    created_by_kind TEXT,
    entered_by_id BLOB,
    entered_by_name TEXT,
    entered_by_kind TEXT,
    relates_to BLOB,
    description TEXT,
    target_type TEXT,
    target_id BLOB,
    target_name TEXT,
    changes TEXT,
    external_id TEXT,
    notes TEXT,
    revision INTEGER,
    edited_at INTEGER,
    edited_by_id BLOB,
    edited_by_name TEXT,
    edited_by_kind TEXT,
    -- Notes or description, case-folded: the text that q searches.
    search_key TEXT NOT NULL,
    PRIMARY KEY (user_id, occurred_at DESC, id DESC),
    CHECK ((action = 'note') = (notes IS NOT NULL)),
    CHECK ((action = 'note') = (revision IS NOT NULL)),
    CHECK ((action = 'note') = (description IS NULL)),
    CHECK ((action = 'note') = (created_by_id IS NOT NULL))
) STRICT, WITHOUT ROWID;
-- A page of a log is a range of the primary key. This index finds one entry by its id.
CREATE UNIQUE INDEX entries_id ON entries (id);
-- What another system sends again is refused, however long ago it was sent first.
CREATE UNIQUE INDEX entries_external_id ON entries (external_id) WHERE external_id IS NOT NULL;
-- The log across users is a range of one of these.
CREATE INDEX entries_by_time ON entries (occurred_at DESC, id DESC);
CREATE INDEX entries_by_action ON entries (action, occurred_at DESC, id DESC);
CREATE INDEX entries_by_entered_by ON entries (entered_by_id, occurred_at DESC, id DESC) WHERE entered_by_id IS NOT NULL;
CREATE INDEX entries_by_created_by ON entries (created_by_id, occurred_at DESC, id DESC) WHERE created_by_id IS NOT NULL;
CREATE INDEX entries_by_target ON entries (target_id, occurred_at DESC, id DESC) WHERE target_id IS NOT NULL;
-- These two have the action before the time, for filters with both: see src/store/log/ranges.rs.
CREATE INDEX entries_by_source ON entries (source, action, occurred_at DESC, id DESC);
CREATE INDEX entries_by_target_type ON entries (target_type, action, occurred_at DESC, id DESC) WHERE target_type IS NOT NULL;
CREATE INDEX entries_relates_to ON entries (relates_to) WHERE relates_to IS NOT NULL;

CREATE TABLE entry_revisions (
    entry_id BLOB NOT NULL,
    revision INTEGER NOT NULL,
    user_id BLOB NOT NULL REFERENCES users,
    notes TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    created_by_id BLOB NOT NULL,
    created_by_name TEXT NOT NULL,
    created_by_kind TEXT NOT NULL,
    replaced_at INTEGER NOT NULL,
    replaced_by_id BLOB NOT NULL,
    replaced_by_name TEXT NOT NULL,
    replaced_by_kind TEXT NOT NULL,
    relates_to BLOB,
    -- users.log_moves of the owner after the edit, where the edit moved the note in time.
    log_move INTEGER,
    PRIMARY KEY (entry_id, revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX entry_revisions_moves ON entry_revisions (user_id, log_move)
    WHERE log_move IS NOT NULL;

-- What was written is never rewritten: the database refuses it, whichever client asks.
CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries
BEGIN
    SELECT RAISE(ABORT, 'entries are never deleted');
END;

CREATE TRIGGER entries_system_no_update BEFORE UPDATE ON entries WHEN OLD.action <> 'note'
BEGIN
    SELECT RAISE(ABORT, 'system entries are never changed');
END;

CREATE TRIGGER entries_note_fixed_fields BEFORE UPDATE ON entries
WHEN NEW.id IS NOT OLD.id
    OR NEW.user_id IS NOT OLD.user_id
    OR NEW.recorded_at IS NOT OLD.recorded_at
    OR NEW.action IS NOT OLD.action
    OR NEW.source IS NOT OLD.source
    OR NEW.entered_by_id IS NOT OLD.entered_by_id
    OR NEW.entered_by_name IS NOT OLD.entered_by_name
    OR NEW.entered_by_kind IS NOT OLD.entered_by_kind
    OR NEW.description IS NOT OLD.description
    OR NEW.target_type IS NOT OLD.target_type
    OR NEW.target_id IS NOT OLD.target_id
    OR NEW.target_name IS NOT OLD.target_name
    OR NEW.changes IS NOT OLD.changes
    OR NEW.external_id IS NOT OLD.external_id
BEGIN
    SELECT RAISE(ABORT, 'only the wording, time, author and relation of a note may change');
END;

CREATE TRIGGER entries_note_keeps_wording BEFORE UPDATE ON entries
WHEN OLD.action = 'note' AND (NEW.revision <> OLD.revision + 1 OR NOT EXISTS (
    SELECT 1 FROM entry_revisions
    WHERE entry_id = OLD.id AND revision = OLD.revision
        AND notes = OLD.notes AND occurred_at = OLD.occurred_at
        AND created_by_id = OLD.created_by_id AND created_by_name = OLD.created_by_name
        AND created_by_kind = OLD.created_by_kind AND relates_to IS OLD.relates_to))
BEGIN
    SELECT RAISE(ABORT, 'the earlier wording of a note is kept first');
END;

CREATE TRIGGER entry_revisions_no_update BEFORE UPDATE ON entry_revisions
BEGIN
    SELECT RAISE(ABORT, 'revisions are never changed');
END;

CREATE TRIGGER entry_revisions_no_delete BEFORE DELETE ON entry_revisions
BEGIN
    SELECT RAISE(ABORT, 'revisions are never deleted');
END;

-- REPLACE deletes without asking the triggers of DELETE.
CREATE TRIGGER entries_no_replace BEFORE INSERT ON entries
WHEN EXISTS (SELECT 1 FROM entries WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'entries are never replaced');
END;

CREATE TRIGGER entries_no_replace_by_external_id BEFORE INSERT ON entries
WHEN NEW.external_id IS NOT NULL
    AND EXISTS (SELECT 1 FROM entries WHERE external_id = NEW.external_id)
BEGIN
    SELECT RAISE(ABORT, 'entries are never replaced');
END;

CREATE TRIGGER entry_revisions_no_replace BEFORE INSERT ON entry_revisions
WHEN EXISTS (
    SELECT 1 FROM entry_revisions WHERE entry_id = NEW.entry_id AND revision = NEW.revision)
BEGIN
    SELECT RAISE(ABORT, 'revisions are never replaced');
END;
