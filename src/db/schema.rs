//! The tables, one description for both databases. `migrations/` makes them.

#![allow(missing_docs, reason = "the macro gives no place for them; the migrations have comments")]

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::db::types::{SqlId, SqlTime};

    users (id) {
        id -> SqlId,
        version -> BigInt,
        created_at -> SqlTime,
        updated_at -> SqlTime,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        given_name -> Text,
        surname -> Text,
        name_key -> Text,
        search_key -> Text,
        kind -> Text,
        employee_id -> Nullable<Text>,
        status -> Text,
        role -> Text,
        time_zone -> Text,
        password_hash -> Nullable<Text>,
        home_group_id -> Nullable<SqlId>,
        log_moves -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::db::types::{SqlId, SqlTime};

    groups (id) {
        id -> SqlId,
        version -> BigInt,
        created_at -> SqlTime,
        updated_at -> SqlTime,
        name -> Text,
        search_key -> Text,
        status -> Text,
    }
}

diesel::table! {
    use crate::db::types::SqlId;

    group_members (group_id, user_id) {
        group_id -> SqlId,
        user_id -> SqlId,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::db::types::SqlId;

    group_permissions (user_id, permission, group_id) {
        user_id -> SqlId,
        permission -> Text,
        group_id -> SqlId,
    }
}

diesel::table! {
    use diesel::sql_types::Bool;
    use crate::db::types::SqlId;

    group_plans (group_id, plan_id) {
        group_id -> SqlId,
        plan_id -> SqlId,
        auto -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::db::types::{SqlId, SqlTime};

    certifications (id) {
        id -> SqlId,
        version -> BigInt,
        created_at -> SqlTime,
        updated_at -> SqlTime,
        name -> Text,
        search_key -> Text,
        validity_days -> Nullable<BigInt>,
    }
}

diesel::table! {
    use crate::db::types::SqlId;

    certification_courses (certification_id, course_id) {
        certification_id -> SqlId,
        course_id -> SqlId,
    }
}

diesel::table! {
    use crate::db::types::SqlId;

    plan_certifications (plan_id, certification_id) {
        plan_id -> SqlId,
        certification_id -> SqlId,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::db::types::{SqlId, SqlTime};

    user_certifications (user_id, certification_id) {
        user_id -> SqlId,
        certification_id -> SqlId,
        status -> Text,
        met_at -> Nullable<SqlTime>,
        expires_at -> Nullable<SqlTime>,
    }
}

diesel::table! {
    use diesel::sql_types::{Double, Nullable, Text};
    use crate::db::types::{SqlId, SqlTime};

    external_training (id) {
        id -> SqlId,
        created_at -> SqlTime,
        updated_at -> SqlTime,
        user_id -> SqlId,
        title -> Text,
        provider -> Nullable<Text>,
        completed_on -> Text,
        hours -> Nullable<Double>,
    }
}

diesel::table! {
    use crate::db::types::SqlId;

    supervisors (user_id, supervisor_id) {
        user_id -> SqlId,
        supervisor_id -> SqlId,
    }
}

diesel::table! {
    use diesel::sql_types::Nullable;
    use crate::db::types::{SqlId, SqlTime};

    sessions (id) {
        id -> SqlId,
        user_id -> SqlId,
        created_at -> SqlTime,
        ended_at -> Nullable<SqlTime>,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::db::types::{SqlId, SqlTime};

    refresh_tokens (token_hash) {
        token_hash -> Text,
        session_id -> SqlId,
        expires_at -> SqlTime,
        used_at -> Nullable<SqlTime>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::db::types::{SqlId, SqlTime};

    courses (id) {
        id -> SqlId,
        version -> BigInt,
        created_at -> SqlTime,
        updated_at -> SqlTime,
        title -> Text,
        search_key -> Text,
        #[sql_name = "type"]
        course_type -> Text,
        status -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Double, Nullable, Text};
    use crate::db::types::{SqlId, SqlTime};

    enrollments (id) {
        id -> SqlId,
        version -> BigInt,
        created_at -> SqlTime,
        updated_at -> SqlTime,
        user_id -> SqlId,
        course_id -> SqlId,
        status -> Text,
        source -> Text,
        due_at -> Nullable<SqlTime>,
        started_at -> Nullable<SqlTime>,
        completed_at -> Nullable<SqlTime>,
        completion_method -> Nullable<Text>,
        grade -> Nullable<Double>,
        result -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::db::types::{SqlId, SqlTime};

    learning_plans (id) {
        id -> SqlId,
        version -> BigInt,
        created_at -> SqlTime,
        updated_at -> SqlTime,
        name -> Text,
        search_key -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::db::types::{SqlId, SqlTime};

    plan_assignments (user_id, plan_id) {
        user_id -> SqlId,
        plan_id -> SqlId,
        source -> Text,
        assigned_at -> SqlTime,
        met_at -> Nullable<SqlTime>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::db::types::{SqlId, SqlTime};

    entries (user_id, occurred_at, id) {
        user_id -> SqlId,
        occurred_at -> SqlTime,
        id -> SqlId,
        recorded_at -> SqlTime,
        action -> Text,
        source -> Text,
        created_by_id -> Nullable<SqlId>,
        created_by_name -> Nullable<Text>,
        created_by_kind -> Nullable<Text>,
        entered_by_id -> Nullable<SqlId>,
        entered_by_name -> Nullable<Text>,
        entered_by_kind -> Nullable<Text>,
        relates_to -> Nullable<SqlId>,
        description -> Nullable<Text>,
        target_type -> Nullable<Text>,
        target_id -> Nullable<SqlId>,
        target_name -> Nullable<Text>,
        changes -> Nullable<Text>,
        external_id -> Nullable<Text>,
        notes -> Nullable<Text>,
        revision -> Nullable<BigInt>,
        edited_at -> Nullable<SqlTime>,
        edited_by_id -> Nullable<SqlId>,
        edited_by_name -> Nullable<Text>,
        edited_by_kind -> Nullable<Text>,
        search_key -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::db::types::{SqlId, SqlTime};

    entry_revisions (entry_id, revision) {
        entry_id -> SqlId,
        revision -> BigInt,
        user_id -> SqlId,
        notes -> Text,
        occurred_at -> SqlTime,
        created_by_id -> SqlId,
        created_by_name -> Text,
        created_by_kind -> Text,
        replaced_at -> SqlTime,
        replaced_by_id -> SqlId,
        replaced_by_name -> Text,
        replaced_by_kind -> Text,
        relates_to -> Nullable<SqlId>,
        log_move -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};
    use crate::db::types::{SqlId, SqlTime};

    ledger (position) {
        position -> BigInt,
        kind -> Text,
        recorded_at -> SqlTime,
        user_id -> Nullable<SqlId>,
        entry_id -> Nullable<SqlId>,
        revision -> Nullable<BigInt>,
        leaf_hash -> Binary,
        seed -> Nullable<Binary>,
        salts -> Nullable<Text>,
        facts -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

// PostgreSQL alone has this one: see `journal/records/sequencer.rs`.
diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};
    use crate::db::types::{SqlId, SqlTime};

    ledger_pending (seq) {
        seq -> BigInt,
        kind -> Text,
        recorded_at -> SqlTime,
        user_id -> Nullable<SqlId>,
        entry_id -> Nullable<SqlId>,
        revision -> Nullable<BigInt>,
        leaf_hash -> Binary,
        seed -> Nullable<Binary>,
        salts -> Nullable<Text>,
        facts -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Integer};

    ledger_tiles (level, tile) {
        level -> Integer,
        tile -> BigInt,
        hashes -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Integer};

    ledger_head (id) {
        id -> Integer,
        size -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::db::types::{SqlId, SqlTime};

    api_clients (id) {
        id -> SqlId,
        version -> BigInt,
        created_at -> SqlTime,
        updated_at -> SqlTime,
        name -> Text,
        search_key -> Text,
        user_id -> SqlId,
        scopes -> Text,
        last_used_at -> Nullable<SqlTime>,
        revoked_at -> Nullable<SqlTime>,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::db::types::{SqlId, SqlTime};

    api_client_secrets (id) {
        id -> SqlId,
        client_id -> SqlId,
        secret_hash -> Text,
        created_at -> SqlTime,
        expires_at -> Nullable<SqlTime>,
    }
}

diesel::table! {
    use diesel::sql_types::{Binary, Nullable, Text};
    use crate::db::types::SqlTime;

    idempotency_keys (key) {
        key -> Text,
        fingerprint -> Text,
        response -> Nullable<Binary>,
        expires_at -> SqlTime,
    }
}

diesel::table! {
    use diesel::sql_types::Text;

    settings (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::db::types::SqlTime;

    attempt_windows (bucket) {
        bucket -> Text,
        attempts -> BigInt,
        ends_at -> SqlTime,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Integer};
    use crate::db::types::SqlId;

    caller_writes (user_id, slot) {
        user_id -> SqlId,
        slot -> Integer,
        writes -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::db::types::SqlTime;

    known_places (place) {
        place -> Text,
        ends_at -> SqlTime,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    users,
    supervisors,
    sessions,
    refresh_tokens,
    courses,
    enrollments,
    learning_plans,
    plan_assignments,
    entries,
    entry_revisions,
    groups,
    group_members,
    group_permissions,
    group_plans,
    certifications,
    certification_courses,
    plan_certifications,
    user_certifications,
    external_training,
    api_clients,
    api_client_secrets,
);
