//! Sinks that are tested from outside.

use std::{env, fs, path::Path};

use longhaul_core::sink::{Batch, Sink, SinkError};

/// Writes a page of these records to `sink`.
pub fn write_page(sink: &mut Box<dyn Sink>, records: &[&str]) -> Result<(), SinkError> {
    let text: String = records.iter().flat_map(|record| [record, "\n"]).collect();
    let ends = text.match_indices('\n').map(|(at, _)| at + 1).collect::<Vec<_>>();
    sink.write(&Batch::new(text.as_bytes(), &ends))
}

/// Puts the library that cargo built of a sink, which lies beside the tests, into a folder.
pub fn shelve(sink: &str, folder: &Path) {
    let name = format!("{}longhaul_sink_{sink}{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let built = env::current_exe().expect("a running program has a file").with_file_name(&name);
    fs::create_dir_all(folder).expect("a folder can be made");
    fs::copy(built, folder.join(&name)).expect("cargo builds it before the tests");
    close(&folder.join(name));
}

/// Takes away what a umask may have granted to the group.
#[cfg(unix)]
fn close(file: &Path) {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("the file is one's own");
}

#[cfg(not(unix))]
fn close(_: &Path) {}
