//! `longhaul schema`: the JSON Schema of configuration files.

use crate::{commands::print, config, exit::Exit, terminal::failure::Failure};

/// Prints the JSON Schema.
pub(crate) fn execute() -> Result<Exit, Failure> {
    print(config::json_schema())
}
