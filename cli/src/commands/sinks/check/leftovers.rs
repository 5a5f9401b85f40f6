//! The case of a sink that leaves files behind, or open.

use std::{
    fs,
    path::{Path, PathBuf},
};

use longhaul_core::sink::{
    Destination, OpenSink,
    conformance::{Publishes, Suite},
};

use super::{
    outcome::Verdict,
    reader::Reader,
    sink::{Reconfigured, variables},
    subject::subject,
};

/// Runs two pulls in `folder`, and looks at what is in it afterwards. A sink that is not a file may have any files there,
/// such as those of a database, but a second pull must not add more.
pub(super) fn check(sink: Reconfigured, folder: &Path) -> Verdict {
    const NUMBER: u32 = 0;

    let destination = sink.destination(&variables(NUMBER, folder));
    let in_folder = folder.to_owned();
    let fresh = move || subject(&sink, NUMBER, &in_folder, &Reader::Nothing);
    let suite = Suite::new(Publishes::Unseen, fresh);
    let mut expected = match destination {
        Ok(Destination::File(path)) => Some(vec![path]),
        _ => None,
    };
    for _ in 0..2 {
        if let Err(failure) = suite.observe(|| {}) {
            return Verdict::Failed(failure);
        }
        let found = files(folder);
        let expected = expected.get_or_insert_with(|| found.clone());
        if let Some(left) = found.iter().find(|file| !expected.contains(file)) {
            return Verdict::Failed(format!("`{}` is left after the pull", shown(left, folder)));
        }
    }
    open_files(folder).map_or(Verdict::Passed, |open| {
        Verdict::Failed(format!("`{}` is still open after the pull", shown(&open, folder)))
    })
}

/// All files in a folder and the folders in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let (folders, mut files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| self::files(folder)));
    files.sort();
    files
}

/// A file in the folder that this process has open. Only Linux tells.
fn open_files(folder: &Path) -> Option<PathBuf> {
    let descriptors = fs::read_dir("/proc/self/fd").ok()?;
    let found = descriptors
        .filter_map(|descriptor| fs::read_link(descriptor.ok()?.path()).ok())
        .find(|target| target.starts_with(folder))?;
    // Linux marks the name of a file that was replaced.
    let name = found.to_string_lossy();
    Some(name.strip_suffix(" (deleted)").unwrap_or(&name).into())
}

fn shown<'p>(path: &'p Path, folder: &Path) -> std::path::Display<'p> {
    path.strip_prefix(folder).unwrap_or(path).display()
}
