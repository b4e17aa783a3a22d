CREATE TABLE courses (
    id BLOB PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    title TEXT NOT NULL,
    search_key TEXT NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL
) STRICT;
CREATE INDEX courses_by_title ON courses (search_key, id);

CREATE TABLE enrollments (
    id BLOB PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    user_id BLOB NOT NULL REFERENCES users,
    course_id BLOB NOT NULL REFERENCES courses,
    status TEXT NOT NULL,
    source TEXT NOT NULL,
    due_at INTEGER,
    started_at INTEGER,
    completed_at INTEGER,
    completion_method TEXT,
    grade REAL CHECK (grade BETWEEN 0 AND 100),
    result TEXT
) STRICT;
-- A user has at most one enrollment in a course that is not cancelled.
CREATE UNIQUE INDEX enrollments_current ON enrollments (user_id, course_id)
    WHERE status <> 'cancelled';
CREATE INDEX enrollments_by_user ON enrollments (user_id, id);
CREATE INDEX enrollments_by_course ON enrollments (course_id, id);

CREATE TABLE learning_plans (
    id BLOB PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    search_key TEXT NOT NULL
) STRICT;
CREATE INDEX learning_plans_by_name ON learning_plans (search_key, id);

CREATE TABLE plan_assignments (
    user_id BLOB NOT NULL REFERENCES users,
    plan_id BLOB NOT NULL REFERENCES learning_plans,
    source TEXT NOT NULL,
    assigned_at INTEGER NOT NULL,
    met_at INTEGER,
    PRIMARY KEY (user_id, plan_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX plan_assignments_by_plan ON plan_assignments (plan_id, user_id);

-- Plans that are attached to a group. With auto set, every member gets the plan.
CREATE TABLE group_plans (
    group_id BLOB NOT NULL REFERENCES groups,
    plan_id BLOB NOT NULL REFERENCES learning_plans,
    auto INTEGER NOT NULL,
    PRIMARY KEY (group_id, plan_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_plans_by_plan ON group_plans (plan_id, group_id);

CREATE TABLE certifications (
    id BLOB PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    search_key TEXT NOT NULL,
    validity_days INTEGER
) STRICT;
CREATE INDEX certifications_by_name ON certifications (search_key, id);

CREATE TABLE certification_courses (
    certification_id BLOB NOT NULL REFERENCES certifications,
    course_id BLOB NOT NULL REFERENCES courses,
    PRIMARY KEY (certification_id, course_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX certification_courses_by_course ON certification_courses (course_id, certification_id);

CREATE TABLE plan_certifications (
    plan_id BLOB NOT NULL REFERENCES learning_plans,
    certification_id BLOB NOT NULL REFERENCES certifications,
    PRIMARY KEY (plan_id, certification_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX plan_certifications_by_certification
    ON plan_certifications (certification_id, plan_id);

-- Only certifications that a user has met once: without a row, the user has never met it.
CREATE TABLE user_certifications (
    user_id BLOB NOT NULL REFERENCES users,
    certification_id BLOB NOT NULL REFERENCES certifications,
    status TEXT NOT NULL,
    met_at INTEGER,
    expires_at INTEGER,
    PRIMARY KEY (user_id, certification_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_certifications_by_certification
    ON user_certifications (certification_id, user_id);
-- The rows that the expiry job reads.
CREATE INDEX user_certifications_due ON user_certifications (expires_at, user_id)
    WHERE status = 'met' AND expires_at IS NOT NULL;

CREATE TABLE external_training (
    id BLOB PRIMARY KEY NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    user_id BLOB NOT NULL REFERENCES users,
    title TEXT NOT NULL,
    provider TEXT,
    completed_on TEXT NOT NULL,
    hours REAL
) STRICT;
CREATE INDEX external_training_by_user ON external_training (user_id, id);
