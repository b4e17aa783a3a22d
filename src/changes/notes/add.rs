//! Adds a note: alone, or in one transaction with all the notes that wait at the same time.

use std::collections::{BTreeMap, BTreeSet};

use super::rules::{Candidate, RELATED, check_author, check_time};
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
        policy::{Act, Caller, Credentials, Relation, may_be_author},
        timestamp::Timestamp,
        user::UserStatus,
    },
    error::{Error, Result},
    journal::{coalesce::Verdict, draft::Draft, entry::row::EntryRow, recorded::Recorded, tx::Tx},
    store::{self, users::UserRow},
};

/// Adds a note to a user's log.
pub struct AddNote {
    /// The user whose log it is for.
    pub user: UserId,
    /// Its text.
    pub notes: String,
    /// The time, if not now; not in the future.
    pub occurred_at: Option<Timestamp>,
    /// The author, if not the caller: a user on the Created By list.
    pub created_by: Option<UserId>,
    /// The entry of the same log that it relates to.
    pub relates_to: Option<EntryId>,
}

impl Change for AddNote {
    type Output = EntryRow;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        act_on_user(tx.read(), caller, self.user, |it| Act::AddNote(it.relation))
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<EntryRow>> {
        // A change of the user may give them another home group, and with it other managers.
        store::user_locks::lock_shared(tx, self.user)?;
        let facts = NoteFacts::read(tx, &[(caller, self)])?;
        self.checked(caller, &facts, tx)
    }

    async fn make(self, db: &Db, credentials: Credentials) -> Result<EntryRow> {
        coalesce(db, credentials, self).await
    }
}

impl CoalescingChange for AddNote {
    type Facts = (BTreeSet<UserId>, NoteFacts);

    fn read_facts(batch: &[(&Caller, &Self)], tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let users = batch.iter().map(|(_, note)| note.user).collect();
        let locked = store::user_locks::lock_shared_skipping(tx, &users)?;
        Ok((locked, NoteFacts::read(tx, batch)?))
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
        self.checked(caller, facts, tx).map(Some)
    }
}

impl AddNote {
    /// The note, if the facts allow it.
    fn checked(
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
        let candidate = match caller.identity().filter(|it| it.id == id) {
            // A caller is always active.
            Some(it) => {
                let (role, actor) = (it.role, it.actor());
                Some(Candidate { role, status: UserStatus::Active, actor })
            }
            None => facts.authors.get(&id).map(Candidate::from),
        };
        check_author(candidate, relation)
    }
}

/// The facts that decide on some notes.
pub struct NoteFacts {
    /// The authors that they name, except their callers.
    authors: BTreeMap<UserId, UserRow>,
    /// The relations of callers and authors to the users of the logs. Those that make no difference
    /// are left out.
    relations: BTreeMap<(UserId, UserId), Relation>,
    /// The entries that they relate to, each with the user of its log.
    entries: BTreeSet<(UserId, EntryId)>,
}

impl NoteFacts {
    fn read(tx: &mut Tx<'_>, batch: &[(&Caller, &AddNote)]) -> Result<Self> {
        let conn = tx.read();
        let other_author = |(caller, note): &(&Caller, &AddNote)| {
            note.created_by.filter(|id| caller.id() != Some(*id))
        };
        let authors: BTreeSet<UserId> = batch.iter().filter_map(other_author).collect();
        let authors = match authors.is_empty() {
            true => Vec::new(),
            false => store::users::get_all(conn, &authors)?,
        };
        let authors: BTreeMap<_, _> = authors.into_iter().map(|row| (row.id, row)).collect();
        let mut pairs = BTreeSet::new();
        for (caller, note) in batch {
            if !caller.may_to_anybody(Act::AddNote) {
                pairs.extend(caller.id().map(|id| (id, note.user)));
            }
            let author = note.created_by.and_then(|id| authors.get(&id));
            let author =
                author.filter(|it| !may_be_author(it.role, it.status, Relation::default()));
            pairs.extend(author.map(|it| (it.id, note.user)));
        }
        let entries: BTreeSet<_> = batch.iter().filter_map(|(_, note)| note.relates_to).collect();
        Ok(Self {
            relations: store::visible_users::relations(conn, &pairs)?,
            entries: match entries.is_empty() {
                true => BTreeSet::new(),
                false => store::log::entries::logs_of(conn, &entries)?,
            },
            authors,
        })
    }

    fn relation(&self, from: Option<UserId>, to: UserId) -> Relation {
        let found = from.and_then(|id| self.relations.get(&(id, to)));
        found.copied().unwrap_or_default()
    }
}
