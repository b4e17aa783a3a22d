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
-- A user is in a course once, until that is cancelled.
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
