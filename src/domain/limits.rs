//! Every bound of what the service takes and gives, once: for validation and for the document.

/// The most characters (code points) of a name, a title or an id of another system.
pub const NAME_MAX: u64 = 200;
/// The most characters of a user's name: given name, space, surname.
pub const FULL_NAME_MAX: u64 = 2 * NAME_MAX + 1;
/// The most characters of an e-mail address (RFC 5321, section 4.5.3.1, less the brackets).
pub const EMAIL_MAX: u64 = 254;
/// The fewest characters of a password.
pub const PASSWORD_MIN: u64 = 12;
/// The most characters of a password.
pub const PASSWORD_MAX: u64 = 128;
/// The most characters of the name of a time zone.
pub const TIME_ZONE_MAX: u64 = 64;

/// The most characters of a note; the fewest is one. No stored text is longer.
pub const NOTES_MAX: u64 = 10_000;
/// The most characters of the description of an entry of another system.
pub const DESCRIPTION_MAX: u64 = 1000;
/// The most entries of a batch.
pub const BATCH_MAX: u64 = 1000;
/// The most changed values of an entry of a batch.
pub const BATCH_CHANGES_MAX: u64 = 50;
/// The most lines of an import, after its header.
pub const IMPORT_LINES_MAX: u64 = 10_000;

/// The most supervisors of one user.
pub const SUPERVISORS_MAX: u64 = 50;
/// The most courses of a certification, and the most certifications of a learning plan.
pub const PARTS_MAX: u64 = 100;
/// The most permissions in a request for a membership: more than there are.
pub const PERMISSIONS_MAX: u64 = 10;
/// The most scopes of an API client: all that there are.
pub const SCOPES_MAX: u64 = 7;
/// The most days that a certification is valid: a century.
pub const VALIDITY_DAYS_MAX: i64 = 36_500;
/// The best grade, in percent.
pub const GRADE_MAX: f64 = 100.0;
/// The most hours of a training: more than four years of full-time work.
pub const HOURS_MAX: f64 = 10_000.0;
/// The most seconds that an API client has two valid secrets: 30 days.
pub const OVERLAP_SECONDS_MAX: i64 = 2_592_000;
/// The most characters of a refresh token, of a client id or secret, and of a scope in a request.
pub const TOKEN_MAX: u64 = 200;

/// The most items of a page.
pub const PAGE_MAX: usize = 100;
/// The most characters of the value of a query parameter: more than any cursor has, and few enough
/// for a pattern that SQLite can search for.
pub const QUERY_VALUE_MAX: usize = 4000;
/// The most characters of the id of a request.
pub const REQUEST_ID_MAX: usize = 128;
/// The most characters of an access token.
pub const ACCESS_TOKEN_MAX: usize = 2000;
/// The most characters of a code of an error, or of a family of actions.
pub const CODE_MAX: usize = 100;
/// The most characters of a text of a problem: what it repeats of a request may be a megabyte.
pub const PROBLEM_TEXT_MAX: usize = 1000;
/// The most characters of the `instance` of a problem.
pub const PROBLEM_INSTANCE_MAX: usize = 2000;
