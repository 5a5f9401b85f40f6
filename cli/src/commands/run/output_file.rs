//! A file about a run, beside its records.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use longhaul_core::disk::followed;
use tempfile::{Builder, NamedTempFile};

use crate::{
    exit::Exit,
    session::{Session, output_files},
    terminal::failure::Failure,
};

/// What a file about a run is.
#[derive(Clone, Copy, Debug)]
pub(in crate::commands) struct OutputFile {
    /// What it contains, for messages.
    what: &'static str,
    /// The flag that names it.
    flag: &'static str,
    /// Whether other users can read it.
    is_shared: bool,
}

/// The outcome as JSON.
pub(in crate::commands) const SUMMARY: OutputFile =
    OutputFile { what: "summary", flag: "--summary", is_shared: false };

/// The report as a web page.
pub(super) const REPORT: OutputFile = OutputFile { what: "report", flag: "--report", is_shared: false };

/// The metrics. Programs that collect them run as other users.
pub(super) const METRICS: OutputFile = OutputFile { what: "metrics", flag: "--metrics", is_shared: true };

/// How a file gets its content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Way {
    /// A new file takes its place, so that it is complete or was not changed.
    Replace,
    /// The content is written into it. A file that is mounted, as into a container, cannot be replaced.
    Overwrite,
}

impl OutputFile {
    /// Checks that the file can be written, before anything is sent.
    pub(in crate::commands) fn check(self, session: &Session, path: &Path) -> Result<(), Failure> {
        output_files::check(session, self.flag, path)?;
        let path = followed(&session.folder.join(path));
        let checked = match fs::metadata(&path) {
            Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            // It would be replaced by a file.
            Ok(found) if !found.is_file() => Err(io::Error::other("it is not a regular file")),
            _ => match Way::of(&path) {
                Way::Replace => self.create(&path).map(drop),
                Way::Overwrite => File::options().write(true).open(&path).map(drop),
            },
        };
        checked.map_err(|error| self.failed(Exit::Usage, &path, &error))
    }

    /// Writes the file, completely or not at all unless it is mounted.
    pub(in crate::commands) fn write(
        self,
        session: &Session,
        path: &Path,
        content: &[u8],
    ) -> Result<(), Failure> {
        let path = followed(&session.folder.join(path));
        let written = self.write_as(Way::of(&path), &path, content);
        written.map_err(|error| self.failed(Exit::Sink, &path, &error))
    }

    fn write_as(self, way: Way, path: &Path, content: &[u8]) -> io::Result<()> {
        match way {
            Way::Replace => {
                let mut new = self.create(path)?;
                new.write_all(content)?;
                new.persist(path)?;
                Ok(())
            }
            Way::Overwrite => File::options().write(true).truncate(true).open(path)?.write_all(content),
        }
    }

    fn create(self, path: &Path) -> io::Result<NamedTempFile> {
        let mut builder = Builder::new();
        #[cfg(unix)]
        if self.is_shared {
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
        }
        builder.tempfile_in(path.parent().unwrap_or(path))
    }

    fn failed(self, exit: Exit, path: &Path, error: &io::Error) -> Failure {
        let Self { what, flag, .. } = self;
        let error = error.to_string();
        // The error of a temporary file also has its name.
        let cause = error.split_once(" at path ").map_or(&*error, |(cause, _)| cause);
        let clause = format!("cannot write the {what} `{}`: {cause}", path.display());
        Failure::new(exit, clause).hint(format!("choose another file for {flag}"))
    }
}

impl Way {
    fn of(path: &Path) -> Self {
        let mounts = fs::read_to_string(MOUNTS).unwrap_or_default();
        if is_mount(path, &mounts) { Self::Overwrite } else { Self::Replace }
    }
}

/// The mounts that this process sees; the file is only there on Linux.
const MOUNTS: &str = "/proc/self/mountinfo";

/// Whether `path` is where something is mounted. `mounts` has a line for each mount, and its place is the fifth word, in
/// which white space and backslashes are escaped (`proc_pid_mountinfo(5)`).
fn is_mount(path: &Path, mounts: &str) -> bool {
    let escapes = [("\\", "\\134"), (" ", "\\040"), ("\t", "\\011"), ("\n", "\\012")];
    let place = escapes
        .iter()
        .fold(path.display().to_string(), |place, (plain, escaped)| place.replace(plain, escaped));
    mounts.lines().any(|line| line.split(' ').nth(4) == Some(&place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mounted_file_is_recognized() {
        let mounts = "22 28 0:21 / /proc rw,nosuid - proc proc rw\n\
                      741 735 0:57 /a /out/my\\040summary.json rw,relatime shared:3 - ext4 /dev/sda1 rw\n";
        assert!(is_mount(Path::new("/out/my summary.json"), mounts));
        assert!(!is_mount(Path::new("/out"), mounts));
        assert!(!is_mount(Path::new("/out/my summary.json"), ""));
    }

    #[test]
    fn a_file_that_cannot_be_replaced_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("summary.json"), folder.path().join("link"));
        fs::write(&path, "longer than before").unwrap();
        fs::hard_link(&path, &link).unwrap();
        SUMMARY.write_as(Way::Overwrite, &path, b"{}").unwrap();
        assert_eq!(fs::read(&link).unwrap(), b"{}", "the file is the same one");
        SUMMARY.write_as(Way::Replace, &path, b"[]").unwrap();
        assert_eq!((fs::read(&path).unwrap(), fs::read(&link).unwrap()), (b"[]".to_vec(), b"{}".to_vec()));
    }
}
