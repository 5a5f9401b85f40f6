//! Writes files atomically.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use longhaul_core::{
    disk::{Disk as _, SystemDisk},
    sink::SinkError,
};

/// Replaces the file at `path` atomically: readers see either its old content or all of `content`, even after a
/// crash.
///
/// The content is written to `<path>.part`, which is then renamed. The folder must exist.
///
/// # Errors
/// Any error of the operating system.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), SinkError> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let write = || {
        let mut file = File::create(&part)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&part, path)?;
        sync_folder_of(path)
    };
    write().map_err(|error| SinkError::io(format!("cannot write `{}`", path.display()), error))
}

/// Makes the name of a file or folder survive a crash, by syncing the folder that contains it.
///
/// # Errors
/// Any error of the operating system.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    SystemDisk.sync_folder(path.parent().unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::{fs, replace};

    #[test]
    fn a_file_is_replaced_and_no_other_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(folder.path().join("x.part"), "left behind by a killed run").unwrap();
        for content in ["a longer text", "text", ""] {
            replace(&path, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn an_error_names_the_file_and_its_cause() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/x");
        let error = replace(&path, b"text").unwrap_err();
        assert_eq!(error.to_string(), format!("cannot write `{}`", path.display()));
        assert!(error.source().is_some());
    }
}
