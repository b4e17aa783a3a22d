//! Edits a note.

use super::rules::{AUTHOR, Candidate, RELATED, check_author, check_time};
use crate::{
    access::users::see_user,
    changes::Change,
    domain::{
        entry::{Action, Actor},
        ids::{EntryId, UserId},
        policy::{Act, Caller},
        text::fold,
        timestamp::Timestamp,
        version::IfMatch,
    },
    error::{Code, Error, Result},
    journal::{entry::row::EntryRow, recorded::Recorded, tx::Tx},
    store::{self, log::revisions::RevisionRow, users::UserRow},
};

/// Edits a note, and keeps its earlier wording. What is `None` stays as it is.
pub struct EditNote {
    /// The user whose log it is in.
    pub user: UserId,
    /// The id of the note.
    pub id: EntryId,
    /// The revision that the caller read.
    pub if_match: IfMatch,
    /// The new text.
    pub notes: Option<String>,
    /// The new time.
    pub occurred_at: Option<Timestamp>,
    /// The new author that it names. Who may edit it follows from `entered_by`, which stays.
    pub created_by: Option<UserId>,
    /// The entry that it relates to from now on.
    pub relates_to: Option<Option<EntryId>>,
}

impl Change for EditNote {
    type Output = EntryRow;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        let relation = see_user(tx.read(), caller, self.user)?;
        let row = store::log::entries::get(tx.read(), self.user, self.id)?;
        let own = caller.id().is_some() && row.entered_by_id == caller.id();
        caller.must(Act::EditNote { relation, own })?;
        if row.action == Action::Note {
            return Ok(());
        }
        let text = "A system entry can't be changed. Add a note that explains it.";
        Err(Error::new(Code::ImmutableEntry, text))
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<EntryRow>> {
        let user = store::user_locks::lock_exclusive(tx, self.user)?;
        let before = store::log::entries::lock_exclusive(tx, self.user, self.id)?;
        let revision = before.revision.unwrap_or_default();
        self.if_match.check(revision)?;
        let after = self.patched(tx, &before)?;
        let moved = after.occurred_at != before.occurred_at;
        let changed = moved
            || after.notes != before.notes
            || after.created_by_id != before.created_by_id
            || after.relates_to != before.relates_to;
        if !changed {
            return Ok(Recorded::unchanged(before));
        }
        let editor = caller.identity().ok_or_else(Error::forbidden)?.actor();
        let kept = earlier_wording(tx, &user, &before, &editor, moved)?;
        store::log::revisions::insert(tx, &kept)?;
        let after = EntryRow {
            revision: Some(revision + 1),
            edited_at: Some(tx.now()),
            edited_by_id: Some(editor.id),
            edited_by_name: Some(editor.name),
            edited_by_kind: Some(editor.kind),
            ..after
        };
        store::log::entries::update_note(tx, &after)?;
        Ok(Recorded::revised(after.clone(), after))
    }
}

impl EditNote {
    fn patched(&self, tx: &mut Tx<'_>, before: &EntryRow) -> Result<EntryRow> {
        let mut after = before.clone();
        if let Some(notes) = &self.notes {
            after.search_key = fold(notes);
            after.notes = Some(notes.clone());
        }
        if let Some(time) = self.occurred_at {
            check_time(tx, time)?;
            after.occurred_at = time;
        }
        if let Some(id) = self.created_by.filter(|id| before.created_by_id != Some(*id)) {
            let author = author(tx, self.user, id)?;
            after.created_by_id = Some(author.id);
            after.created_by_name = Some(author.name);
            after.created_by_kind = Some(author.kind);
        }
        if let Some(related) = self.relates_to {
            if let Some(id) = related {
                if id == self.id {
                    let text = "A note can't explain itself.";
                    return Err(Error::invalid_field("/relates_to", "invalid", text));
                }
                check_related(tx, self.user, id)?;
            }
            after.relates_to = related;
        }
        Ok(after)
    }
}

fn earlier_wording(
    tx: &mut Tx<'_>,
    user: &UserRow,
    before: &EntryRow,
    editor: &Actor,
    moved: bool,
) -> Result<RevisionRow> {
    let broken = || Error::internal(format!("note {} has no author or no text", before.id));
    let author = before.created_by().ok_or_else(broken)?;
    Ok(RevisionRow {
        entry_id: before.id,
        revision: before.revision.unwrap_or_default(),
        user_id: before.user_id,
        notes: before.notes.clone().ok_or_else(broken)?,
        occurred_at: before.occurred_at,
        created_by_id: author.id,
        created_by_name: author.name,
        created_by_kind: author.kind,
        replaced_at: tx.now(),
        replaced_by_id: editor.id,
        replaced_by_name: editor.name.clone(),
        replaced_by_kind: editor.kind,
        relates_to: before.relates_to,
        log_move: if moved { Some(store::users::count_log_move(tx, user)?) } else { None },
    })
}

/// The user whom the note names as its author.
fn author(tx: &mut Tx<'_>, log: UserId, id: UserId) -> Result<Actor> {
    let user =
        store::users::get(tx.read(), id).map_err(|error| error.in_body("/created_by", AUTHOR))?;
    let relation = store::visible_users::relation(tx.read(), Some(id), log)?;
    check_author(Some(Candidate::from(&user)), relation)
}

fn check_related(tx: &mut Tx<'_>, user: UserId, id: EntryId) -> Result<()> {
    store::log::entries::get(tx.read(), user, id)
        .map_err(|error| error.in_body("/relates_to", RELATED))?;
    Ok(())
}
