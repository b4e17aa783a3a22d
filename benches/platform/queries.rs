//! The queries of all lists: each filter, for each kind of user who sees another part of the data.

use daybook::domain::ids::GroupId;

use crate::{
    data::ids::{numbered_id, user_id},
    error::Result,
    platform::people::{
        ADMINISTRATOR, API_ACCOUNT, LEARNER, LONG_LOG, MANAGER_OF_30, MANAGER_OF_5000, SUPERVISED,
        SUPERVISOR, VIEWER_OF_300, VIEWER_OF_5000, VIEWER_OF_INACTIVE, log_path,
    },
};

/// A request for the first page of a list.
pub struct ListQuery {
    /// The number of the user who sends it.
    pub caller: u64,
    /// The path and the query.
    pub path: String,
}

/// The name of a caller in the tables.
pub fn caller_name(caller: u64) -> &'static str {
    match caller {
        ADMINISTRATOR => "administrator",
        SUPERVISOR => "supervisor of 5",
        VIEWER_OF_300 => "viewer of 300",
        VIEWER_OF_5000 => "viewer of 5,000",
        MANAGER_OF_5000 => "manager of 5,000",
        MANAGER_OF_30 => "manager of 30",
        VIEWER_OF_INACTIVE => "viewer of 1,000 inactive",
        LEARNER => "learner",
        _ => "another user",
    }
}

/// Queries on users. [`with_ids`] replaces `{group}` and the like.
const USERS: &[&str] = &[
    "",
    "sort=-name",
    "sort=created_at",
    "sort=-created_at",
    "q=rivera",
    "q=learner-4999",
    "q=nobody-of-this-name",
    "status=active",
    "status=inactive",
    "kind=person",
    "kind=api",
    "kind=api&status=inactive",
    "kind=api&sort=-created_at",
    "group_id={group}",
    "group_id={group_of_5000}",
    "group_id={group_of_5000}&sort=-created_at",
    "supervisor_id={supervisor}",
    "supervisor_id={supervisor_of_50}&status=active",
    "include=total_count",
    "q=rivera&include=total_count",
];

/// Queries on the log of a user, and on all logs.
const ACTIVITY: &[&str] = &[
    "",
    "type=manual",
    "type=system",
    "action=enrollment.completed",
    "action=enrollment.*",
    "action=user.role_changed",
    "action=user.role_changed,enrollment.forced_complete",
    "action=certification.unmet",
    "exclude_action=session.*",
    "exclude_action=enrollment.*",
    "exclude_action=enrollment.*,session.*,group.*,learning_plan.*,certification.*,note",
    "q=completed",
    "q=nothing-has-this-in-it",
    "created_by={administrator}",
    "created_by={supervisor}",
    "entered_by={api}",
    "entered_by={supervisor}",
    "entered_by={api}&occurred_after=2025-03-04T00:00:00Z&occurred_before=2025-03-05T00:00:00Z",
    "entered_by={api}&action=user.role_changed",
    "entered_by={api}&action=session.logged_in",
    "entered_by={api}&source=import",
    "source=api",
    "source=rule",
    "source=import",
    "source=system",
    "source=api&action=enrollment.completed",
    "source=rule&action=learning_plan.met",
    "source=import&action=enrollment.completed",
    "source=api&action=session.logged_in",
    "source=rule&exclude_action=session.*",
    "target_type=course",
    "target_type=external_training",
    "target_type=user",
    "target_type=course&action=enrollment.completed",
    "target_type=user&action=user.updated",
    "target_type=course&target_id={course}",
    "target_type=course&target_id={course}&action=enrollment.completed",
    "target_type=course&target_id={course}&action=user.role_changed",
    "occurred_before=2024-07-01T00:00:00Z",
    "occurred_after=2025-03-04T00:00:00Z&occurred_before=2025-03-05T00:00:00Z",
    "relates_to={entry}",
    "include=total_count",
    "action=enrollment.completed&include=total_count",
];

/// The queries of [`ACTIVITY`] for users who see the logs of some others.
const ACTIVITY_OF_VISIBLE: &[&str] = &[
    "",
    "type=manual",
    "action=enrollment.completed",
    "action=user.role_changed",
    "exclude_action=session.*",
    "q=completed",
    "q=nothing-has-this-in-it",
    "created_by={administrator}",
    "entered_by={api}",
    "source=import",
    "target_type=course",
    "target_type=course&target_id={course}",
    "occurred_before=2024-07-01T00:00:00Z",
    "include=total_count",
];

const ENROLLMENTS: &[&str] = &[
    "",
    "status=completed",
    "status=cancelled",
    "course_id={course}",
    "course_id={course}&status=completed",
    "course_id={course}&status=cancelled",
    "user_id={user}",
    "user_id={user}&status=completed",
    "include=total_count",
];

const CATALOGUE: &[&str] = &[
    "/courses",
    "/courses?q=course+49",
    "/courses?q=nothing-of-this-name",
    "/courses?status=archived",
    "/courses?type=external",
    "/courses?type=scorm",
    "/courses?include=total_count",
    "/learning-plans",
    "/learning-plans?q=plan+49",
    "/learning-plans?q=nothing-of-this-name",
    "/certifications",
    "/certifications?q=certificate+49",
    "/certifications?q=nothing-of-this-name",
    "/groups",
    "/groups?q=group+09",
    "/groups?q=nothing-of-this-name",
    "/groups?status=archived",
    "/groups?include=total_count",
    "/activity/actions",
];

/// Lists of one user, besides the log.
const USER_LISTS: &[&str] = &[
    "/enrollments",
    "/enrollments?status=completed",
    "/enrollments?course_id={course}",
    "/learning-plans",
    "/certifications",
    "/external-training",
    "/activity/creators",
    "/activity/creators?q=li",
    "/activity/creators?q=nobody-of-this-name",
];

/// All queries, ordered by caller.
pub fn all_queries() -> Result<Vec<ListQuery>> {
    let mut queries = Vec::new();
    let mut add = |caller, path: String| -> Result<()> {
        let path = with_ids(path.trim_end_matches('?'))?;
        queries.push(ListQuery { caller, path });
        Ok(())
    };
    for path in CATALOGUE {
        add(ADMINISTRATOR, (*path).to_owned())?;
    }
    let callers =
        [VIEWER_OF_300, VIEWER_OF_5000, MANAGER_OF_5000, MANAGER_OF_30, VIEWER_OF_INACTIVE];
    for caller in [ADMINISTRATOR, SUPERVISOR].into_iter().chain(callers) {
        for query in USERS {
            add(caller, format!("/users?{query}"))?;
        }
        for query in ENROLLMENTS {
            add(caller, format!("/enrollments?{query}"))?;
        }
    }
    for path in USER_LISTS {
        add(ADMINISTRATOR, format!("/users/{}{path}", user_id(LONG_LOG)?))?;
        add(SUPERVISOR, format!("/users/{}{path}", user_id(SUPERVISED[0])?))?;
    }
    for query in ACTIVITY {
        add(ADMINISTRATOR, format!("{}?{query}", log_path(LONG_LOG)?))?;
        add(SUPERVISOR, format!("{}?{query}", log_path(SUPERVISED[0])?))?;
        add(ADMINISTRATOR, format!("/activity?{query}"))?;
        add(SUPERVISOR, format!("/activity?{query}"))?;
        add(VIEWER_OF_5000, format!("/activity?{query}"))?;
    }
    for query in ACTIVITY_OF_VISIBLE {
        for caller in [VIEWER_OF_300, MANAGER_OF_5000, MANAGER_OF_30, VIEWER_OF_INACTIVE, LEARNER] {
            add(caller, format!("/activity?{query}"))?;
        }
    }
    queries.sort_by_key(|query| query.caller);
    Ok(queries)
}

/// A path with ids instead of their names in braces.
fn with_ids(path: &str) -> Result<String> {
    let group = |number| -> GroupId { numbered_id(number) };
    Ok(path
        .replace("{group}", &group(50).to_string())
        .replace("{group_of_5000}", &group(1).to_string())
        .replace("{supervisor}", &user_id(SUPERVISOR)?.to_string())
        .replace("{supervisor_of_50}", &user_id(77)?.to_string())
        .replace("{administrator}", &user_id(ADMINISTRATOR)?.to_string())
        .replace("{api}", &user_id(API_ACCOUNT)?.to_string())
        .replace("{user}", &user_id(SUPERVISED[1])?.to_string())
        .replace("{course}", &group(20).to_string())
        .replace("{entry}", &group(1_234).to_string()))
}

/// A path as the tables show it, with `…` instead of each id.
pub fn short_path(path: &str) -> String {
    let mut text = String::new();
    for (number, part) in path.split_inclusive(['/', '=', '&', '?']).enumerate() {
        let word = part.trim_end_matches(['/', '=', '&', '?']);
        let end = &part[word.len()..];
        text += if number > 0 && word.len() == 36 { "…" } else { word };
        text += end;
    }
    text
}
