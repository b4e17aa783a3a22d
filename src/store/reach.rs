//! The users whom a caller may see, as a filter of lists: the policy's `Act::SeeUser`, in SQL.

use diesel::prelude::*;

use crate::{
    db::{
        AnyConnection,
        schema::{group_members, group_permissions, supervisors, users},
    },
    domain::{group::GroupPermission, ids::UserId, policy::Reach},
    error::Result,
};

/// Whom a list may show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visible {
    /// Everybody.
    Everyone,
    /// These: few enough to be named.
    These(Vec<UserId>),
    /// Whoever is related to this user, so that he may see them: many.
    RelatedTo(UserId),
}

/// `$column` is a user who is `$id` himself, whom he supervises, who is in a group that he may view
/// the results of, or whose home group he manages.
macro_rules! related_to {
    ($column:expr, $id:expr) => {{
        use $crate::{
            db::schema::{group_members, group_permissions, supervisors, users as homes},
            domain::group::GroupPermission,
        };
        diesel::alias!(homes as home_users: HomeUsers);
        let supervised = supervisors::table
            .filter(supervisors::supervisor_id.eq($id))
            .select(supervisors::user_id);
        let viewed = group_members::table
            .inner_join(
                group_permissions::table
                    .on(group_permissions::group_id.eq(group_members::group_id)),
            )
            .filter(group_permissions::user_id.eq($id))
            .filter(group_permissions::permission.eq(GroupPermission::ViewLearnerResults))
            .select(group_members::user_id);
        let managed_groups = group_permissions::table
            .filter(group_permissions::user_id.eq($id))
            .filter(group_permissions::permission.eq(GroupPermission::ManageUsers))
            .select(group_permissions::group_id.nullable());
        let managed = home_users
            .filter(home_users.field(homes::home_group_id).eq_any(managed_groups))
            .select(home_users.field(homes::id));
        $column
            .eq($id)
            .or($column.eq_any(supervised))
            .or($column.eq_any(viewed))
            .or($column.eq_any(managed))
    }};
}
pub(crate) use related_to;

/// The most users that are named one by one.
const FEW: usize = 500;

/// Whom a list may show to a caller. A supervisor of five among many is told by five ids, which an
/// index finds; a manager of thousands by his relation, which most rows fulfil.
///
/// # Errors
/// Of the database.
pub fn visible(conn: &mut AnyConnection, reach: Reach) -> Result<Visible> {
    let id = match reach {
        Reach::Everyone => return Ok(Visible::Everyone),
        Reach::NoOne => return Ok(Visible::These(Vec::new())),
        Reach::RelatedTo(id) => id,
    };
    let mut ids = related_ids(conn, id)?;
    if ids.len() > FEW {
        return Ok(Visible::RelatedTo(id));
    }
    ids.push(id);
    ids.sort_unstable();
    ids.dedup();
    Ok(Visible::These(ids))
}

/// The users whom `id` supervises, views or manages: all of them, or more than are named.
fn related_ids(conn: &mut AnyConnection, id: UserId) -> Result<Vec<UserId>> {
    let limit = i64::try_from(FEW).unwrap_or(i64::MAX - 1) + 1;
    let mut ids: Vec<UserId> = supervisors::table
        .filter(supervisors::supervisor_id.eq(id))
        .select(supervisors::user_id)
        .limit(limit)
        .load(conn)?;
    ids.extend(
        group_permissions::table
            .inner_join(
                group_members::table.on(group_members::group_id.eq(group_permissions::group_id)),
            )
            .filter(group_permissions::user_id.eq(id))
            .filter(group_permissions::permission.eq(GroupPermission::ViewLearnerResults))
            .select(group_members::user_id)
            .limit(limit)
            .load::<UserId>(conn)?,
    );
    ids.extend(
        group_permissions::table
            .inner_join(
                users::table.on(users::home_group_id.eq(group_permissions::group_id.nullable())),
            )
            .filter(group_permissions::user_id.eq(id))
            .filter(group_permissions::permission.eq(GroupPermission::ManageUsers))
            .select(users::id)
            .limit(limit)
            .load::<UserId>(conn)?,
    );
    Ok(ids)
}
