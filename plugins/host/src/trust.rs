//! Checks who could have written a file.

use std::{io, path::Path, path::PathBuf};

/// Returns an error if users other than root and the current user own the file or folder or can write to it.
///
/// Only the file or folder itself is checked. A folder that another user put in its place would belong to that user,
/// and would be rejected for that reason.
///
/// On systems without Unix permissions, every path is trusted.
pub fn check(path: &Path) -> Result<(), Untrusted> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;

        let found = path.metadata().map_err(|source| Untrusted::Unknown { path: path.to_owned(), source })?;
        check_owner(path, found.uid(), found.mode(), geteuid())?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Why a path is not trusted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Untrusted {
    /// Another user owns it.
    #[error("`{}` belongs to the user with the ID {owner}, not to root or the current user", path.display())]
    OtherOwner {
        /// The file or folder.
        path: PathBuf,
        /// The user ID of its owner.
        owner: u32,
    },
    /// Its group or everyone can write to it.
    #[error("users other than the owner can write to `{0}`; fix this with `chmod go-w {0}`", path.display())]
    Writable {
        /// The file or folder.
        path: PathBuf,
    },
    /// The owner is unknown.
    #[error("cannot find out who owns `{}`", path.display())]
    Unknown {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
}

#[cfg(unix)]
fn check_owner(path: &Path, owner: u32, mode: u32, user: u32) -> Result<(), Untrusted> {
    const ROOT: u32 = 0;
    /// Write access for the group and others. The sticky bit does not help: it keeps others from replacing files, but
    /// not from adding a link.
    const WRITABLE: u32 = 0o022;

    if owner != user && owner != ROOT {
        return Err(Untrusted::OtherOwner { path: path.to_owned(), owner });
    }
    if mode & WRITABLE != 0 {
        return Err(Untrusted::Writable { path: path.to_owned() });
    }
    Ok(())
}

#[cfg(unix)]
unsafe extern "C" {
    // POSIX: takes no arguments and never fails. `uid_t` has 32 bits wherever `MetadataExt::uid` has.
    safe fn geteuid() -> u32;
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn check_mode(owner: u32, mode: u32) -> Result<(), String> {
        check_owner(Path::new("/p"), owner, mode, 1000).map_err(|error| error.to_string())
    }

    #[test]
    fn only_root_and_the_user_are_trusted() {
        let writable =
            Err("users other than the owner can write to `/p`; fix this with `chmod go-w /p`".to_owned());
        assert_eq!(check_mode(1000, 0o100_644), Ok(()));
        assert_eq!(check_mode(0, 0o040_755), Ok(()));
        assert_eq!(check_mode(1000, 0o100_664), writable);
        assert_eq!(check_mode(0, 0o041_777), writable);
        assert_eq!(
            check_mode(1001, 0o100_600),
            Err("`/p` belongs to the user with the ID 1001, not to root or the current user".to_owned())
        );
    }

    #[test]
    fn a_folder_of_this_process_is_trusted() {
        use std::{fs, os::unix::fs::PermissionsExt};

        let folder = tempfile::tempdir().unwrap();
        // Independent of the umask.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        check(folder.path()).unwrap();
        assert_eq!(
            check(Path::new("/nowhere/at/all")).unwrap_err().to_string(),
            "cannot find out who owns `/nowhere/at/all`"
        );
    }
}
