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
-- A user has at most one enrollment in a course that is not cancelled.
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

-- Plans that are attached to a group. With auto set, every member gets the plan.
CREATE TABLE group_plans (
    group_id UUID NOT NULL REFERENCES groups,
    plan_id UUID NOT NULL REFERENCES learning_plans,
    auto BOOLEAN NOT NULL,
    PRIMARY KEY (group_id, plan_id)
);
CREATE INDEX group_plans_by_plan ON group_plans (plan_id, group_id);

CREATE TABLE certifications (
    id UUID PRIMARY KEY NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    search_key TEXT COLLATE "C" NOT NULL,
    validity_days BIGINT
);
CREATE INDEX certifications_by_name ON certifications (search_key, id);

CREATE TABLE certification_courses (
    certification_id UUID NOT NULL REFERENCES certifications,
    course_id UUID NOT NULL REFERENCES courses,
    PRIMARY KEY (certification_id, course_id)
);
CREATE INDEX certification_courses_by_course ON certification_courses (course_id, certification_id);

CREATE TABLE plan_certifications (
    plan_id UUID NOT NULL REFERENCES learning_plans,
    certification_id UUID NOT NULL REFERENCES certifications,
    PRIMARY KEY (plan_id, certification_id)
);
CREATE INDEX plan_certifications_by_certification
    ON plan_certifications (certification_id, plan_id);

-- Only certifications that a user has met once: without a row, the user has never met it.
CREATE TABLE user_certifications (
    user_id UUID NOT NULL REFERENCES users,
    certification_id UUID NOT NULL REFERENCES certifications,
    status TEXT COLLATE "C" NOT NULL,
    met_at TIMESTAMPTZ,
    expires_at TIMESTAMPTZ,
    PRIMARY KEY (user_id, certification_id)
);
CREATE INDEX user_certifications_by_certification
    ON user_certifications (certification_id, user_id);
-- The rows that the expiry job reads.
CREATE INDEX user_certifications_due ON user_certifications (expires_at, user_id)
    WHERE status = 'met' AND expires_at IS NOT NULL;

CREATE TABLE external_training (
    id UUID PRIMARY KEY NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    user_id UUID NOT NULL REFERENCES users,
    title TEXT COLLATE "C" NOT NULL,
    provider TEXT COLLATE "C",
    completed_on TEXT COLLATE "C" NOT NULL,
    hours DOUBLE PRECISION
);
CREATE INDEX external_training_by_user ON external_training (user_id, id);
