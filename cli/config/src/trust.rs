//! Whether another user could have written a file that names commands to run.

use std::{
    fs::Metadata,
    io,
    os::unix::fs::{MetadataExt, PermissionsExt},
};

/// Who owns a file, and who can write to it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Ownership {
    owner: u32,
    mode: u32,
}

impl From<&Metadata> for Ownership {
    fn from(metadata: &Metadata) -> Self {
        Self { owner: metadata.uid(), mode: metadata.permissions().mode() }
    }
}

impl Ownership {
    /// Why another user could have written the file; nothing if none could.
    pub(super) fn problem(self) -> io::Result<Option<&'static str>> {
        let this_user = tempfile::tempfile()?.metadata()?.uid();
        Ok(self.problem_for(this_user))
    }

    fn problem_for(self, this_user: u32) -> Option<&'static str> {
        const ROOT: u32 = 0;
        const GROUP_OR_OTHERS_WRITE: u32 = 0o022;
        if self.owner != this_user && self.owner != ROOT {
            Some("another user owns it")
        } else if self.mode & GROUP_OR_OTHERS_WRITE != 0 {
            Some("other users can write to it")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Ownership;

    #[test]
    fn only_root_and_this_user_are_trusted() {
        let problem = |owner, mode| Ownership { owner, mode }.problem_for(1000);
        assert_eq!(problem(1000, 0o100_644), None);
        assert_eq!(problem(0, 0o100_644), None);
        assert_eq!(problem(1001, 0o100_600), Some("another user owns it"));
        assert_eq!(problem(1000, 0o100_664), Some("other users can write to it"));
        assert_eq!(problem(0, 0o100_646), Some("other users can write to it"));
    }
}
