//! The behaviour of Daybook, through HTTP. SQLite is what it runs on unless
//! `DAYBOOK_TEST_POSTGRES_URL` names a PostgreSQL server where databases can be made.

mod app;
mod cases;
mod contract;
mod database;
mod expect;
mod process;
mod raw;

mod architecture;
mod courses;
mod enrollment_changes;
mod enrollments;
mod hostile;
mod http_bodies;
mod http_etags;
mod http_lists;
mod http_shape;
mod journal_coverage;
mod learning_plans;
mod migrations;
mod openapi;
mod permissions;
mod session;
mod tokens;
mod user_changes;
mod user_lists;
mod users;
