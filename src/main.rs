//! The `daybook` binary.

use std::process::ExitCode;

use mimalloc::MiMalloc;

// D-38
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    daybook::cli::command_line::run()
}
