CREATE TABLE groups (
    id BLOB PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    search_key TEXT NOT NULL,
    status TEXT NOT NULL
) STRICT;
CREATE INDEX groups_by_name ON groups (search_key, id);

CREATE TABLE users (
    id BLOB PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    email TEXT,
    email_key TEXT,
    given_name TEXT NOT NULL,
    surname TEXT NOT NULL,
    name_key TEXT NOT NULL,
    search_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    employee_id TEXT,
    status TEXT NOT NULL,
    role TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    password_hash TEXT,
    home_group_id BLOB REFERENCES groups,
    -- How often an edit moved a note of this user's log in time: see src/store/log/user_log.rs.
    log_moves INTEGER NOT NULL DEFAULT 0,
    CHECK (kind = 'api' OR email IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX users_email_key ON users (email_key);
CREATE UNIQUE INDEX users_employee_id ON users (employee_id);
CREATE INDEX users_by_name ON users (name_key, id);
-- API accounts are few among many users.
CREATE INDEX users_by_kind ON users (kind, status, name_key, id);
CREATE INDEX users_by_creation ON users (created_at, id);
CREATE INDEX users_by_home_group ON users (home_group_id, id) WHERE home_group_id IS NOT NULL;
-- For the Created By list.
CREATE INDEX users_by_role ON users (role, name_key, id);

CREATE TABLE supervisors (
    user_id BLOB NOT NULL REFERENCES users,
    supervisor_id BLOB NOT NULL REFERENCES users,
    PRIMARY KEY (user_id, supervisor_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX supervisors_by_supervisor ON supervisors (supervisor_id, user_id);

CREATE TABLE group_members (
    group_id BLOB NOT NULL REFERENCES groups,
    user_id BLOB NOT NULL REFERENCES users,
    PRIMARY KEY (group_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_members_by_user ON group_members (user_id, group_id);

-- What a member may do to the others. It is deleted with the membership.
CREATE TABLE group_permissions (
    user_id BLOB NOT NULL REFERENCES users,
    permission TEXT NOT NULL,
    group_id BLOB NOT NULL REFERENCES groups,
    PRIMARY KEY (user_id, permission, group_id),
    FOREIGN KEY (group_id, user_id) REFERENCES group_members
) STRICT, WITHOUT ROWID;
CREATE INDEX group_permissions_by_group ON group_permissions (group_id, permission, user_id);

CREATE TABLE sessions (
    id BLOB PRIMARY KEY NOT NULL,
    user_id BLOB NOT NULL REFERENCES users,
    created_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id) WHERE ended_at IS NULL;

CREATE TABLE refresh_tokens (
    token_hash TEXT PRIMARY KEY NOT NULL,
    session_id BLOB NOT NULL REFERENCES sessions,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

CREATE TABLE settings (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
