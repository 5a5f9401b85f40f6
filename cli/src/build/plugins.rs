//! Where plugins are searched for.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use longhaul_plugin_host::{LoadError, Plugins};

/// Searches for plugins in `plugin_path`, then `LONGHAUL_PLUGIN_PATH`, then the user's data folder, then the folder of
/// the executable.
pub(crate) fn plugins(
    plugin_path: &[PathBuf],
    environment: &[(OsString, OsString)],
    working_folder: &Path,
) -> Result<Plugins, LoadError> {
    let variable =
        |name: &str| environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let listed = variable("LONGHAUL_PLUGIN_PATH").unwrap_or_default();
    let listed = std::env::split_paths(&listed).filter(|folder| !folder.as_os_str().is_empty());
    let data = variable("XDG_DATA_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let data = data.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".local/share")));
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.to_owned()));
    let folders =
        plugin_path.iter().cloned().chain(listed).chain(data.map(|data| data.join("longhaul/plugins")));
    Plugins::new(folders.chain(beside).map(|folder| working_folder.join(folder)))
}
