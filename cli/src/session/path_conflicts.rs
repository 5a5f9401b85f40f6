//! Which file belongs to whom, so that nothing is written over.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use longhaul_core::disk::followed;

/// The files of a run, under their owners' names.
#[derive(Debug)]
pub(crate) struct Claims {
    owners: HashMap<PathBuf, String>,
    /// Where several may write at once, such as to the tables of one database.
    shared: HashMap<PathBuf, String>,
    /// Which file each path is that was given away, and whose: hard links give one file several paths.
    files: HashMap<Identity, (PathBuf, String)>,
    state_folder: PathBuf,
}

impl Claims {
    /// What nobody may write to: the configuration, and everything in the state folder.
    pub(crate) fn new(configuration: impl IntoIterator<Item = PathBuf>, state_folder: &Path) -> Self {
        let mut owners = HashMap::new();
        let mut files = HashMap::new();
        for path in configuration {
            let (path, owner) = (followed(&path), "the configuration".to_owned());
            files.extend(identity(&path).map(|file| (file, (path.clone(), owner.clone()))));
            owners.insert(path, owner);
        }
        Self { owners, shared: HashMap::new(), files, state_folder: followed(state_folder) }
    }

    /// Gives `path` to `owner`, and the places beside it where a file grows until it is complete. The error is a clause
    /// that says who has it already.
    pub(crate) fn claim(&mut self, path: &Path, owner: &str) -> Result<(), String> {
        let path = self.outside_of_state(path, owner)?;
        let beside = |ending| {
            let mut path = path.clone().into_os_string();
            path.push(ending);
            PathBuf::from(path)
        };
        for path in [path.clone(), beside(".part"), beside(".spool")] {
            if let Some(other) = self.owners.get(&path).or_else(|| self.shared.get(&path)) {
                return Err(both(other, owner, &path));
            }
            self.owners.insert(path, owner.to_owned());
        }
        if let Some(file) = identity(&path) {
            if let Some((link, other)) = self.files.get(&file) {
                let [link, path] = [link.display(), path.display()];
                return Err(format!("{other} and {owner} both write to one file, `{link}` and `{path}`"));
            }
            self.files.insert(file, (path, owner.to_owned()));
        }
        Ok(())
    }

    /// Gives `path` to `owner` beside others that share it, unless somebody has it alone.
    pub(crate) fn share(&mut self, path: &Path, owner: &str) -> Result<(), String> {
        let path = self.outside_of_state(path, owner)?;
        if let Some(other) = self.owners.get(&path) {
            return Err(both(other, owner, &path));
        }
        self.shared.insert(path, owner.to_owned());
        Ok(())
    }

    fn outside_of_state(&self, path: &Path, owner: &str) -> Result<PathBuf, String> {
        let path = followed(path);
        if path.starts_with(&self.state_folder) {
            return Err(format!("{owner} would write into the state folder, to `{}`", path.display()));
        }
        Ok(path)
    }
}

fn both(other: &str, owner: &str, path: &Path) -> String {
    format!("{other} and {owner} both write to `{}`", path.display())
}

/// The device of a file, and its number there.
type Identity = (u64, u64);

/// What tells the file at `path` from every other, whatever their paths; nothing where there is none.
#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::{fs, os::unix::fs::MetadataExt};

    let file = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some((file.dev(), file.ino()))
}

/// Elsewhere, what a path leads to is not told.
#[cfg(not(unix))]
fn identity(_: &Path) -> Option<Identity> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_writes_over_anybody() {
        let mut claims = Claims::new([PathBuf::from("/w/longhaul.toml")], Path::new("/w/.longhaul"));
        claims.claim(Path::new("/w/a.csv"), "one").unwrap();
        claims.claim(Path::new("/w/b.csv"), "two").unwrap();
        let mut refused = |path| claims.claim(Path::new(path), "three").unwrap_err();
        assert_eq!(refused("/w/a.csv"), "one and three both write to `/w/a.csv`");
        assert_eq!(refused("/w/a.csv.part"), "one and three both write to `/w/a.csv.part`");
        assert_eq!(refused("/w/b.csv.spool"), "two and three both write to `/w/b.csv.spool`");
        assert_eq!(
            refused("/w/longhaul.toml"),
            "the configuration and three both write to `/w/longhaul.toml`"
        );
        assert_eq!(
            refused("/w/.longhaul/lock"),
            "three would write into the state folder, to `/w/.longhaul/lock`"
        );
    }

    #[test]
    fn what_is_shared_is_nobodys_own() {
        let mut claims = Claims::new([], Path::new("/w/.longhaul"));
        claims.share(Path::new("/w/data.db"), "one").unwrap();
        claims.share(Path::new("/w/data.db"), "two").unwrap();
        claims.claim(Path::new("/w/a.csv"), "three").unwrap();
        assert_eq!(
            claims.claim(Path::new("/w/data.db"), "four").unwrap_err(),
            "two and four both write to `/w/data.db`"
        );
        assert_eq!(
            claims.share(Path::new("/w/a.csv"), "four").unwrap_err(),
            "three and four both write to `/w/a.csv`"
        );
        assert_eq!(
            claims.share(Path::new("/w/.longhaul/x.db"), "four").unwrap_err(),
            "four would write into the state folder, to `/w/.longhaul/x.db`"
        );
    }
}
