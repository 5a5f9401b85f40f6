//! Who could have put a file where it is.

use std::{io, path::Path, path::PathBuf};

/// Refuses a file or folder that another user owns or may write to. Root and whoever runs this process may.
///
/// Only the place itself is looked at. A folder that was swapped in from above belongs to whoever put it there, and
/// is refused for that.
///
/// On systems without Unix permissions every place passes.
pub fn check(place: &Path) -> Result<(), Untrusted> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;

        let found =
            place.metadata().map_err(|source| Untrusted::Unknown { place: place.to_owned(), source })?;
        judge(place, found.uid(), found.mode(), geteuid())?;
    }
    #[cfg(not(unix))]
    let _ = place;
    Ok(())
}

/// Why a place is not trusted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Untrusted {
    /// It belongs to someone else.
    #[error("`{}` belongs to the user with the id {owner}, not to root or the user who runs this", place.display())]
    OtherOwner {
        /// The file or folder.
        place: PathBuf,
        /// Its owner's user id.
        owner: u32,
    },
    /// Its group or everyone may change it.
    #[error("`{0}` may be written to by others than its owner; `chmod go-w {0}` closes it", place.display())]
    Writable {
        /// The file or folder.
        place: PathBuf,
    },
    /// It cannot be said whose it is.
    #[error("it cannot be said who owns `{}`", place.display())]
    Unknown {
        /// The file or folder.
        place: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

#[cfg(unix)]
fn judge(place: &Path, owner: u32, mode: u32, user: u32) -> Result<(), Untrusted> {
    const ROOT: u32 = 0;
    /// Group and others, writing. The sticky bit is no excuse: it keeps others from replacing files, not from adding
    /// a link to one.
    const WRITABLE: u32 = 0o022;

    if owner != user && owner != ROOT {
        return Err(Untrusted::OtherOwner { place: place.to_owned(), owner });
    }
    if mode & WRITABLE != 0 {
        return Err(Untrusted::Writable { place: place.to_owned() });
    }
    Ok(())
}

#[cfg(unix)]
unsafe extern "C" {
    // POSIX: takes nothing, always succeeds. `uid_t` is 32 bits wide wherever `MetadataExt::uid` is.
    safe fn geteuid() -> u32;
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn verdict(owner: u32, mode: u32) -> Result<(), String> {
        judge(Path::new("/p"), owner, mode, 1000).map_err(|error| error.to_string())
    }

    #[test]
    fn only_root_and_the_user_may_have_a_hand_in_it() {
        let writable =
            Err("`/p` may be written to by others than its owner; `chmod go-w /p` closes it".to_owned());
        assert_eq!(verdict(1000, 0o100_644), Ok(()));
        assert_eq!(verdict(0, 0o040_755), Ok(()));
        assert_eq!(verdict(1000, 0o100_664), writable);
        assert_eq!(verdict(0, 0o041_777), writable);
        assert_eq!(
            verdict(1001, 0o100_600),
            Err("`/p` belongs to the user with the id 1001, not to root or the user who runs this".to_owned())
        );
    }

    #[test]
    fn what_this_process_makes_is_its_own() {
        use std::{fs, os::unix::fs::PermissionsExt};

        let folder = tempfile::tempdir().unwrap();
        // Whatever the umask grants to others.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        check(folder.path()).unwrap();
        assert_eq!(
            check(Path::new("/nowhere/at/all")).unwrap_err().to_string(),
            "it cannot be said who owns `/nowhere/at/all`"
        );
    }
}
