//! Watches over reads: one that nobody waits for is not begun, and one that nobody waits for any more
//! or that takes too long is interrupted.

use std::{
    cell::{Cell, RefCell},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use diesel::{
    SqliteConnection,
    deserialize::FromSqlRow,
    expression::AsExpression,
    serialize::{self, Output, ToSql},
    sql_types::Bool,
    sqlite::Sqlite,
};

use crate::error::{Error, Result};

/// The SQL function of SQLite that fails once nobody waits for the read any more.
pub(crate) const STILL_WANTED: &str = "still_wanted";

/// How many rows are looked at between two looks at the clock.
const ROWS_PER_LOOK: u32 = 128;

/// How many steps of SQLite's virtual machine are done between two looks at the watch.
const STEPS_PER_LOOK: i32 = 4096;

/// The watch over one read.
pub(crate) struct Watch {
    abandoned: AtomicBool,
    /// When the read has to be done, if ever: its waits count.
    deadline: Option<Instant>,
    /// The process of PostgreSQL that runs the read now.
    process: Mutex<Option<i32>>,
}

impl Watch {
    /// A watch over a read that has not begun.
    pub(super) fn new(deadline: Option<Instant>) -> Arc<Self> {
        let (abandoned, process) = (AtomicBool::new(false), Mutex::default());
        Arc::new(Self { abandoned, deadline, process })
    }

    /// Whether somebody still waits for the read.
    pub(super) fn is_wanted(&self) -> bool {
        !self.abandoned.load(Ordering::Relaxed)
    }

    fn is_overdue(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Runs a read under the watch: on this thread, and in this process of PostgreSQL.
    pub(super) fn run<T>(self: &Arc<Self>, process: Option<i32>, read: impl FnOnce() -> T) -> T {
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = process;
        CURRENT.with(|current| current.replace(Some(Arc::clone(self))));
        let output = read();
        CURRENT.with(|current| current.replace(None));
        // While the lock is held elsewhere, the process is being told to end this read. The next one
        // must not begin before.
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = None;
        output
    }

    /// Nobody waits for the read any more.
    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }

    /// An outcome of the read: a failure of an interrupted one says so.
    pub(super) fn explain<T>(&self, outcome: Result<T>) -> Result<T> {
        match outcome {
            Err(_) if !self.is_wanted() => Err(Error::unavailable("nobody waits for the read")),
            Err(error) if error.code.status() >= 500 && self.is_overdue() => {
                Err(Error::unavailable(format!("a read took too long: {error}")))
            }
            outcome => outcome,
        }
    }

    /// Does something with the process that runs the read, which can't begin another one meanwhile.
    /// Whether there is one.
    pub(super) fn with_process(&self, work: impl FnOnce(i32)) -> bool {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(process) = *process else { return false };
        work(process);
        true
    }
}

thread_local! {
    /// The watch over the read that this thread runs.
    static CURRENT: RefCell<Option<Arc<Watch>>> = const { RefCell::new(None) };
    static ROWS: Cell<u32> = const { Cell::new(0) };
}

/// Whether the read of this thread should go on.
fn goes_on() -> bool {
    CURRENT.with(|current| {
        current.borrow().as_ref().is_none_or(|watch| watch.is_wanted() && !watch.is_overdue())
    })
}

/// The value of the SQL function: true, or an error that ends the statement.
#[derive(Debug, AsExpression, FromSqlRow)]
#[diesel(sql_type = Bool)]
struct Wanted(bool);

impl ToSql<Bool, Sqlite> for Wanted {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        if !self.0 {
            return Err("the read was interrupted".into());
        }
        out.set_value(1);
        Ok(serialize::IsNull::No)
    }
}

fn wanted() -> Wanted {
    let rows = ROWS.get().wrapping_add(1);
    ROWS.set(rows);
    Wanted(!rows.is_multiple_of(ROWS_PER_LOOK) || goes_on())
}

/// Adds the SQL function [`STILL_WANTED`] to a connection.
pub(super) fn register(conn: &SqliteConnection) -> Result<()> {
    // It is not deterministic: SQLite has to ask it for each row.
    conn.register_noarg_sql_function::<Bool, _, _>(STILL_WANTED, false, wanted)
        .map_err(Error::unavailable)
}

/// Lets the watch interrupt statements of a raw connection.
pub(super) fn interrupt(conn: &rusqlite::Connection) -> Result<()> {
    conn.progress_handler(STEPS_PER_LOOK, Some(|| !goes_on())).map_err(Error::unavailable)
}
