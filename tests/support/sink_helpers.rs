//! Helpers for tests of sinks.

use std::{env, fs, path::Path};

use longhaul_core::sink::{Batch, Sink, SinkError};

/// Writes a page of these records to `sink`.
pub fn write_page(sink: &mut Box<dyn Sink>, records: &[&str]) -> Result<(), SinkError> {
    let text: String = records.iter().flat_map(|record| [record, "\n"]).collect();
    let ends = text.match_indices('\n').map(|(at, _)| at + 1).collect::<Vec<_>>();
    sink.write(&Batch::new(text.as_bytes(), &ends))
}

/// Copies the plugin of a sink, which cargo builds next to the tests, into a folder.
pub fn install_plugin(sink: &str, folder: &Path) {
    let name = format!("{}longhaul_sink_{sink}{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let built = env::current_exe().expect("a running program has a file").with_file_name(&name);
    fs::create_dir_all(folder).expect("a folder can be created");
    fs::copy(built, folder.join(&name)).expect("cargo builds it before the tests");
    make_private(&folder.join(name));
}

/// Removes write permissions of others, which the umask may allow.
#[cfg(unix)]
fn make_private(file: &Path) {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("the file belongs to this user");
}

#[cfg(not(unix))]
fn make_private(_: &Path) {}
