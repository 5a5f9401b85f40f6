//! Which file belongs to whom, so that nothing is written over.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

/// The files of a run, under their owners' names.
#[derive(Debug)]
pub(crate) struct Claims {
    owners: HashMap<PathBuf, String>,
    state_folder: PathBuf,
}

impl Claims {
    /// What nobody may write to: the configuration, and everything in the state folder.
    pub(crate) fn new(configuration: impl IntoIterator<Item = PathBuf>, state_folder: &Path) -> Self {
        let owners = configuration.into_iter().map(|path| (real(&path), "the configuration".to_owned()));
        Self { owners: owners.collect(), state_folder: real(state_folder) }
    }

    /// Gives `path` to `owner`, and the places beside it where a file grows until it is complete. The error is a clause
    /// that says who has it already.
    pub(crate) fn claim(&mut self, path: &Path, owner: &str) -> Result<(), String> {
        let path = real(path);
        if path.starts_with(&self.state_folder) {
            return Err(format!("{owner} would write into the state folder, to `{}`", path.display()));
        }
        let beside = |ending| {
            let mut path = path.clone().into_os_string();
            path.push(ending);
            PathBuf::from(path)
        };
        for path in [path.clone(), beside(".part"), beside(".spool")] {
            if let Some(other) = self.owners.get(&path) {
                return Err(format!("{other} and {owner} both write to `{}`", path.display()));
            }
            self.owners.insert(path, owner.to_owned());
        }
        Ok(())
    }
}

/// The path without links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let folder = path.parent().and_then(|folder| fs::canonicalize(folder).ok());
    let named = folder.zip(path.file_name()).map(|(folder, name)| folder.join(name));
    fs::canonicalize(path).ok().or(named).unwrap_or_else(|| path.to_owned())
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
}
