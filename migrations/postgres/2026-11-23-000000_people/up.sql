CREATE TABLE groups (
    id UUID PRIMARY KEY NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    search_key TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL
);
CREATE INDEX groups_by_name ON groups (search_key, id);

CREATE TABLE users (
    id UUID PRIMARY KEY NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    email TEXT COLLATE "C",
    email_key TEXT COLLATE "C",
    given_name TEXT COLLATE "C" NOT NULL,
    surname TEXT COLLATE "C" NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    search_key TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    employee_id TEXT COLLATE "C",
    status TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    time_zone TEXT COLLATE "C" NOT NULL,
    password_hash TEXT COLLATE "C",
    home_group_id UUID REFERENCES groups,
    -- How often an edit moved a note of this user's log in time: see src/store/log/user_log.rs.
    log_moves BIGINT NOT NULL DEFAULT 0,
    CHECK (kind = 'api' OR email IS NOT NULL)
);
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
    user_id UUID NOT NULL REFERENCES users,
    supervisor_id UUID NOT NULL REFERENCES users,
    PRIMARY KEY (user_id, supervisor_id)
);
CREATE INDEX supervisors_by_supervisor ON supervisors (supervisor_id, user_id);

CREATE TABLE group_members (
    group_id UUID NOT NULL REFERENCES groups,
    user_id UUID NOT NULL REFERENCES users,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_by_user ON group_members (user_id, group_id);

-- What a member may do to the others. It is deleted with the membership.
CREATE TABLE group_permissions (
    user_id UUID NOT NULL REFERENCES users,
    permission TEXT COLLATE "C" NOT NULL,
    group_id UUID NOT NULL REFERENCES groups,
    PRIMARY KEY (user_id, permission, group_id),
    FOREIGN KEY (group_id, user_id) REFERENCES group_members
);
CREATE INDEX group_permissions_by_group ON group_permissions (group_id, permission, user_id);

CREATE TABLE sessions (
    id UUID PRIMARY KEY NOT NULL,
    user_id UUID NOT NULL REFERENCES users,
    created_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ
);
CREATE INDEX sessions_by_user ON sessions (user_id) WHERE ended_at IS NULL;

CREATE TABLE refresh_tokens (
    token_hash TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    session_id UUID NOT NULL REFERENCES sessions,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

CREATE TABLE settings (
    name TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    value TEXT COLLATE "C" NOT NULL
);
