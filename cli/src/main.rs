//! The command `longhaul`.

use std::process::ExitCode;

fn main() -> ExitCode {
    longhaul::run(std::env::args_os()).into()
}
