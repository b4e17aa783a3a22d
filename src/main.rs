//! The `daybook` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    daybook::cli::command_line::run()
}
