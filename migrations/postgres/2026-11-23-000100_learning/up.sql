CREATE TABLE courses (
    id UUID PRIMARY KEY NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    search_key TEXT COLLATE "C" NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL
);
CREATE INDEX courses_by_title ON courses (search_key, id);

CREATE TABLE enrollments (
    id UUID PRIMARY KEY NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    user_id UUID NOT NULL REFERENCES users,
    course_id UUID NOT NULL REFERENCES courses,
    status TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    due_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ,
    completed_at TIMESTAMPTZ,
    completion_method TEXT COLLATE "C",
    grade DOUBLE PRECISION CHECK (grade BETWEEN 0 AND 100),
    result TEXT COLLATE "C"
);
-- A user is in a course once, until that is cancelled.
CREATE UNIQUE INDEX enrollments_current ON enrollments (user_id, course_id)
    WHERE status <> 'cancelled';
CREATE INDEX enrollments_by_user ON enrollments (user_id, id);
CREATE INDEX enrollments_by_course ON enrollments (course_id, id);

CREATE TABLE learning_plans (
    id UUID PRIMARY KEY NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    search_key TEXT COLLATE "C" NOT NULL
);
CREATE INDEX learning_plans_by_name ON learning_plans (search_key, id);

CREATE TABLE plan_assignments (
    user_id UUID NOT NULL REFERENCES users,
    plan_id UUID NOT NULL REFERENCES learning_plans,
    source TEXT COLLATE "C" NOT NULL,
    assigned_at TIMESTAMPTZ NOT NULL,
    met_at TIMESTAMPTZ,
    PRIMARY KEY (user_id, plan_id)
);
CREATE INDEX plan_assignments_by_plan ON plan_assignments (plan_id, user_id);
