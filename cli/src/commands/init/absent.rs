//! A folder without a configuration.

use std::path::Path;

use crate::{config::Sources, terminal::failure::Failure};

/// Fails if there is nothing to configure a command with: neither a file, nor a variable, nor `--set`.
pub(crate) fn check(sources: &Sources) -> Result<(), Failure> {
    let searched = sources.searched();
    let is_set =
        |name: &str| name == "LONGHAUL_SYSTEM" || (name.starts_with("LONGHAUL_") && name.contains("__"));
    let mut variables = sources.environment.iter().filter_map(|(name, _)| name.to_str());
    let is_configured =
        searched.iter().any(|path| path.exists()) || !sources.set.is_empty() || variables.any(is_set);
    // A file that is named but does not exist has an error of its own.
    if is_configured || !sources.files.is_empty() {
        return Ok(());
    }
    let shown = |path: &Path| format!("`{}`", path.display());
    let places = searched.iter().map(|path| shown(path)).collect::<Vec<_>>().join(", ");
    let hint = "longhaul init URL writes a configuration for the API with this URL, and longhaul init genesys one for \
                Genesys Cloud; longhaul demo shows a pull without one";
    Err(Failure::usage(format!("found no configuration; looked for {places}")).hint(hint))
}
