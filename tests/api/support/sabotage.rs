//! Faults that a test puts into the database.

use super::app::TestApp;

/// From now on neither an entry nor the earlier wording of a note can be written.
pub fn break_the_log(app: &TestApp) {
    let tables = ["entries", "entry_revisions"];
    let sql = if app.database.url.is_sqlite() {
        tables.map(|table| {
            format!(
                "CREATE TRIGGER sabotage_{table} BEFORE INSERT ON {table} \
                 BEGIN SELECT RAISE(ABORT, 'sabotage'); END;"
            )
        })
    } else {
        tables.map(|table| {
            format!(
                "CREATE OR REPLACE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION 'sabotage'; END $$; \
                 CREATE TRIGGER sabotage BEFORE INSERT ON {table} \
                 FOR EACH ROW EXECUTE FUNCTION sabotage();"
            )
        })
    };
    app.database.sabotage(&sql.concat()).unwrap();
}
