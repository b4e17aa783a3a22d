//! Adding a note: alone, or together with all the notes that wait at the same time.

use std::collections::{BTreeMap, BTreeSet};

use super::{AUTHOR, RELATED, check_time, is_author};
use crate::{
    access::users::act_on_user,
    changes::{
        Change,
        coalesce::{CoalescingChange, coalesce},
        entry,
    },
    db::database::Db,
    domain::{
        entry::Actor,
        ids::{EntryId, UserId},
        policy::{Act, Caller, Credentials, Relation, may_write_notes},
        timestamp::Timestamp,
        user::UserStatus,
    },
    error::{Error, Result},
    journal::{coalesce::Verdict, draft::Draft, entry::row::EntryRow, recorded::Recorded, tx::Tx},
    store::{self, users::UserRow},
};

/// Adds a note to a user's log.
pub struct AddNote {
    /// Whose log.
    pub user: UserId,
    /// What it says.
    pub notes: String,
    /// When it happened, if not now; not in the future.
    pub occurred_at: Option<Timestamp>,
    /// Whom the log names as the author, if not the caller; has to be on the Created By list.
    pub created_by: Option<UserId>,
    /// The entry of the same log that it explains.
    pub relates_to: Option<EntryId>,
}

impl Change for AddNote {
    type Output = EntryRow;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        act_on_user(tx.read(), caller, self.user, Act::AddNote)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<EntryRow>> {
        // Waits for whoever changes the user: he may be given another home group, and with it
        // others who may add notes.
        store::user_locks::hold(tx, self.user)?;
        let facts = NoteFacts::read(tx, &[(caller, self)])?;
        self.judged(caller, &facts, tx)
    }

    async fn make(self, db: &Db, credentials: Credentials) -> Result<EntryRow> {
        coalesce(db, credentials, self).await
    }
}

impl CoalescingChange for AddNote {
    type Facts = (BTreeSet<UserId>, NoteFacts);

    fn read_facts(set: &[(&Caller, &Self)], tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let users = set.iter().map(|(_, note)| note.user).collect();
        let locked = store::user_locks::hold_at_once(tx, &users)?;
        Ok((locked, NoteFacts::read(tx, set)?))
    }

    fn judge(
        &self,
        caller: &Caller,
        (locked, facts): &Self::Facts,
        tx: &mut Tx<'_>,
    ) -> Verdict<EntryRow> {
        if !locked.contains(&self.user) {
            return Ok(None);
        }
        self.judged(caller, facts, tx).map(Some)
    }
}

impl AddNote {
    /// The note, if it is all right by what is facts.
    fn judged(
        &self,
        caller: &Caller,
        facts: &NoteFacts,
        tx: &Tx<'_>,
    ) -> Result<Recorded<EntryRow>> {
        let relation = facts.relation(caller.id(), self.user);
        caller.must_for_user(relation, Act::AddNote(relation))?;
        let author = self.author(caller, facts)?;
        let occurred_at = self.occurred_at.unwrap_or(tx.now());
        check_time(tx, occurred_at)?;
        if self.relates_to.is_some_and(|id| !facts.entries.contains(&(self.user, id))) {
            return Err(Error::unknown_reference("/relates_to", RELATED));
        }
        let draft = Draft::note(self.user, self.notes.clone(), author)
            .occurred_at(occurred_at)
            .relates_to(self.relates_to);
        let written = entry(tx, caller, draft);
        Ok(Recorded::new(written.row().clone(), vec![written]))
    }

    fn author(&self, caller: &Caller, facts: &NoteFacts) -> Result<Actor> {
        let id = self.created_by.or(caller.id()).ok_or_else(Error::forbidden)?;
        let relation = facts.relation(Some(id), self.user);
        let author = match caller.identity().filter(|it| it.id == id) {
            // Who may come in is active.
            Some(it) => Some((it.role, UserStatus::Active, it.actor())),
            None => facts.authors.get(&id).map(|it| (it.role, it.status, it.actor())),
        };
        match author {
            Some((role, status, actor)) if is_author(role, status, relation) => Ok(actor),
            _ => Err(Error::unknown_reference("/created_by", AUTHOR)),
        }
    }
}

/// What has to be facts of some notes to judge each of them.
pub struct NoteFacts {
    /// Whom they name as their authors, but for their callers.
    authors: BTreeMap<UserId, UserRow>,
    /// How callers and authors are related to the users whose logs they are for; a stranger, whom
    /// it makes no difference for.
    relations: BTreeMap<(UserId, UserId), Relation>,
    /// The entries that they explain, each with whose log it is in.
    entries: BTreeSet<(UserId, EntryId)>,
}

impl NoteFacts {
    fn read(tx: &mut Tx<'_>, set: &[(&Caller, &AddNote)]) -> Result<Self> {
        let conn = tx.read();
        let named = |(caller, note): &(&Caller, &AddNote)| {
            note.created_by.filter(|id| caller.id() != Some(*id))
        };
        let authors: BTreeSet<UserId> = set.iter().filter_map(named).collect();
        let authors = match authors.is_empty() {
            true => Vec::new(),
            false => store::users::get_all(conn, &authors)?,
        };
        let authors: BTreeMap<_, _> = authors.into_iter().map(|row| (row.id, row)).collect();
        let mut pairs = BTreeSet::new();
        for (caller, note) in set {
            if !caller.may_to_anybody(Act::AddNote) {
                pairs.extend(caller.id().map(|id| (id, note.user)));
            }
            let author = note.created_by.and_then(|id| authors.get(&id));
            let author = author.filter(|it| !may_write_notes(it.role, Relation::default()));
            pairs.extend(author.map(|it| (it.id, note.user)));
        }
        let entries: BTreeSet<_> = set.iter().filter_map(|(_, note)| note.relates_to).collect();
        Ok(Self {
            relations: store::visible_users::relations(conn, &pairs)?,
            entries: match entries.is_empty() {
                true => BTreeSet::new(),
                false => store::log::entries::logs_of(conn, &entries)?,
            },
            authors,
        })
    }

    fn relation(&self, of: Option<UserId>, to: UserId) -> Relation {
        let facts = of.and_then(|id| self.relations.get(&(id, to)));
        facts.copied().unwrap_or_default()
    }
}
