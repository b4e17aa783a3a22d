//! `/users/import`.

use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::import_csv::{self, Line};
use crate::{
    api::http::{
        body::Csv,
        endpoint::{Endpoint, endpoint},
        extract::{Ctx, Query},
        reply::Reply,
    },
    changes::import::{lines, user::Imported},
    domain::{
        examples,
        ids::UserId,
        import::{Column, ImportOutcome},
    },
    error::{Code, Error, InputLocation, Result},
};

/// The operations of this file, in the order of the document.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(import_users)]
}

/// The result of an import.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "data": [{"line": 2, "outcome": "created", "user_id": examples::USER, "errors": []}],
    "summary": {"created": 1, "updated": 0, "unchanged": 0, "invalid": 0}
}))]
pub struct ImportReport {
    /// One outcome for each line, in the order of the file.
    #[schema(max_items = 10000)]
    data: Vec<ImportedLine>,
    /// The number of lines by outcome.
    summary: ImportSummary,
}

/// The result of one line of an import.
#[derive(Serialize, ToSchema)]
pub struct ImportedLine {
    /// Where it begins in the file; the header is line 1.
    #[schema(minimum = 2)]
    line: u64,
    outcome: ImportOutcome,
    /// The user; null where the line is invalid, and for a user that a dry run did not create.
    #[schema(required = true)]
    user_id: Option<UserId>,
    /// Why it is invalid; nothing where it is not.
    errors: Vec<ImportError>,
}

/// One thing that is wrong with a line of an import.
#[derive(Serialize, ToSchema)]
pub struct ImportError {
    /// The column; null if the whole line is wrong.
    #[schema(required = true)]
    column: Option<Column>,
    /// What is wrong, to switch on.
    #[schema(format = "code", examples("unknown"))]
    code: String,
    /// What is wrong, to read.
    #[schema(format = "detail", examples("There is no group “Leadership”."))]
    detail: String,
}

/// The number of lines of an import, by outcome.
#[derive(Default, Serialize, ToSchema)]
pub struct ImportSummary {
    #[schema(minimum = 0)]
    created: u64,
    #[schema(minimum = 0)]
    updated: u64,
    #[schema(minimum = 0)]
    unchanged: u64,
    #[schema(minimum = 0)]
    invalid: u64,
}

/// The options of an import.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportParams {
    /// Only report what the import would do; `false` by default.
    #[param(nullable = false)]
    dry_run: Option<bool>,
}

/// Import users
///
/// CSV (RFC 4180) in UTF-8, with a header row; at most 1 MiB and 10,000 lines. The columns, in any
/// order: `email`, `employee_id`, `given_name`, `surname`, `kind`, `status`, `role`, `time_zone`,
/// `home_group`, `groups`, `learning_plans`, `supervisors`.
///
/// A line updates the user with its `email`, else with its `employee_id`; if there is none, it
/// creates one. An empty cell leaves a field as it is. White space around a cell is not part of it. Groups
/// and plans are named by id or by name, without regard to case, supervisors by id or e-mail;
/// several are separated by `;`, and are added to what the user has.
///
/// Lines are applied one after another, each completely or not at all; an invalid line does not stop
/// the others. In a repeated import, lines that were applied are `unchanged`. The source of the
/// entries is `import`.
#[utoipa::path(post, path = "/users/import", tag = "Users", params(ImportParams),
    request_body(content = String, content_type = "text/csv",
        description = "The lines, after a header row.",
        example = json!("email,given_name,surname,groups\r\nrobin.keller@example.com,Robin,Keller,\
            Leadership;Night Shift\r\n")),
    responses((status = 200, description = "The result of each line.", body = ImportReport)))]
pub async fn import_users(
    ctx: Ctx,
    Query(params): Query<ImportParams>,
    Csv(text): Csv,
) -> Result<HttpResponse> {
    ctx.read(|_, caller| lines::authorize(caller)).await?;
    let mut data = Vec::new();
    let (mut numbers, mut users) = (Vec::new(), Vec::new());
    for Line { number, content } in import_csv::read(&text)? {
        match content {
            Ok(user) => {
                numbers.push(number);
                users.push(user);
            }
            Err(error) => data.push(ImportedLine::new(number, Err(error))),
        }
    }
    let dry_run = params.dry_run.unwrap_or_default();
    ctx.perform(|db, credentials| async move {
        let outcomes = if dry_run {
            lines::rehearse(&db, credentials, users).await?
        } else {
            lines::import(&db, credentials, users).await
        };
        // A line that failed for no fault of its own may pass in a repeated import.
        let passing =
            outcomes.iter().any(|it| it.as_ref().is_err_and(|error| is_passing(error.code)));
        let applied = numbers.into_iter().zip(outcomes);
        data.extend(applied.map(|(number, outcome)| ImportedLine::new(number, outcome)));
        data.sort_by_key(|line| line.line);
        let summary = summary(&data);
        Ok(Reply::ok(&ImportReport { data, summary })?.provisional(passing))
    })
    .await
}

fn is_passing(code: Code) -> bool {
    matches!(code, Code::Internal | Code::Unavailable | Code::InvalidToken)
}

impl ImportedLine {
    fn new(line: u64, outcome: Result<Imported>) -> Self {
        match outcome {
            Ok(Imported { user, outcome }) => {
                Self { line, outcome, user_id: user, errors: Vec::new() }
            }
            Err(error) => {
                let outcome = ImportOutcome::Invalid;
                Self { line, outcome, user_id: None, errors: import_errors(line, &error) }
            }
        }
    }
}

/// The errors of a line: its input errors, or else its code. Causes are only logged.
fn import_errors(line: u64, error: &Error) -> Vec<ImportError> {
    if matches!(error.code, Code::Internal | Code::Unavailable) {
        log::error!("line {line} of an import: {error}");
    }
    if error.errors.is_empty() {
        let code = error.code.as_str().to_owned();
        return vec![ImportError { column: None, code, detail: error.detail.clone() }];
    }
    let errors = error.errors.iter().map(|it| ImportError {
        column: column(&it.location),
        code: it.code.clone(),
        detail: it.detail.clone(),
    });
    errors.collect()
}

/// The column that a field of the user comes from.
fn column(location: &InputLocation) -> Option<Column> {
    match location {
        InputLocation::Body(pointer) => match pointer.trim_start_matches('/') {
            "home_group_id" => Some(Column::HomeGroup),
            "supervisor_ids" => Some(Column::Supervisors),
            field => field.parse().ok(),
        },
        InputLocation::Query(_) => None,
    }
}

fn summary(lines: &[ImportedLine]) -> ImportSummary {
    let mut summary = ImportSummary::default();
    for line in lines {
        *match line.outcome {
            ImportOutcome::Created => &mut summary.created,
            ImportOutcome::Updated => &mut summary.updated,
            ImportOutcome::Unchanged => &mut summary.unchanged,
            ImportOutcome::Invalid => &mut summary.invalid,
        } += 1;
    }
    summary
}
