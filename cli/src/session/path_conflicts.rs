//! Conflicts of paths: no sink overwrites the file of another one, the configuration or the saved state.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use longhaul_core::disk::followed;

use crate::build::split_at_ending;

/// Finds conflicts between the paths that a run writes to.
#[derive(Debug)]
pub(crate) struct PathConflicts {
    /// Who writes to each path alone.
    writers: HashMap<PathBuf, Writer>,
    /// Who writes to each path together with others, for example to the tables of one database.
    sharing: HashMap<PathBuf, Writer>,
    /// The files that exist, because hard links give one file several paths.
    files: HashMap<FileId, (PathBuf, Writer)>,
    /// Who writes to `x.2.csv`, `x.3.csv` and so on besides `x.csv`: the text before and after the number.
    numbered: Vec<(String, String, Writer)>,
    state_folder: PathBuf,
    /// The same as it is configured, because it may be in an object store.
    state_place: PathBuf,
}

/// Who writes to a path.
#[derive(Clone, Debug)]
enum Writer {
    /// The user: it is a configuration file.
    Configuration,
    /// The sink of a stream, in words.
    Sink(String),
}

impl PathConflicts {
    /// Nothing may write to the configuration files, or into the state folder.
    pub(crate) fn new(
        configuration: impl IntoIterator<Item = PathBuf>,
        state_folder: &Path,
        state_place: &Path,
    ) -> Self {
        let (mut writers, mut files) = (HashMap::new(), HashMap::new());
        for path in configuration {
            let path = followed(&path);
            files.extend(file_id(&path).map(|file| (file, (path.clone(), Writer::Configuration))));
            writers.insert(path, Writer::Configuration);
        }
        Self {
            writers,
            sharing: HashMap::new(),
            files,
            numbered: Vec::new(),
            state_folder: followed(state_folder),
            state_place: state_place.to_owned(),
        }
    }

    /// Adds a file that `sink` writes alone, and the files beside it that it writes until the pull is complete. The error
    /// is a clause.
    pub(crate) fn add(&mut self, path: &Path, sink: &str) -> Result<(), String> {
        let path = self.outside_of_state(path, sink)?;
        let beside = |ending| {
            let mut path = path.clone().into_os_string();
            path.push(ending);
            PathBuf::from(path)
        };
        for path in [path.clone(), beside(".part"), beside(".spool")] {
            let other = self.writers.get(&path).or_else(|| self.sharing.get(&path));
            if let Some(other) = other.or_else(|| self.numbering(&path)) {
                return Err(conflict(other, sink, &path));
            }
            self.writers.insert(path, Writer::Sink(sink.to_owned()));
        }
        if let Some(file) = file_id(&path) {
            if let Some((link, other)) = self.files.get(&file) {
                return Err(hard_link(other, link, sink, &path));
            }
            self.files.insert(file, (path, Writer::Sink(sink.to_owned())));
        }
        Ok(())
    }

    /// Adds the numbered files in which the file at `path` continues. The error is a clause.
    pub(crate) fn add_numbered(&mut self, path: &Path, sink: &str) -> Result<(), String> {
        let path = followed(path);
        let text = path.to_string_lossy();
        let (stem, ending) = split_at_ending(&text);
        let taken =
            self.writers.iter().chain(&self.sharing).find(|(path, _)| is_numbered(path, stem, ending));
        if let Some((path, other)) = taken {
            return Err(conflict(other, sink, path));
        }
        self.numbered.push((stem.to_owned(), ending.to_owned(), Writer::Sink(sink.to_owned())));
        Ok(())
    }

    /// Who writes to `path` as one of its numbered files.
    fn numbering(&self, path: &Path) -> Option<&Writer> {
        let (.., writer) = self.numbered.iter().find(|(stem, ending, _)| is_numbered(path, stem, ending))?;
        Some(writer)
    }

    /// Adds an object in a store that `sink` writes alone. The error is a clause.
    pub(crate) fn add_object(&mut self, address: &str, sink: &str) -> Result<(), String> {
        let path = PathBuf::from(address);
        if path.starts_with(&self.state_place) {
            return Err(format!("{sink} would write to `{address}`, in the state folder"));
        }
        match self.writers.insert(path.clone(), Writer::Sink(sink.to_owned())) {
            Some(other) => Err(conflict(&other, sink, &path)),
            None => Ok(()),
        }
    }

    /// Adds a path that `sink` shares with others. The error is a clause.
    pub(crate) fn add_shared(&mut self, path: &Path, sink: &str) -> Result<(), String> {
        let path = self.outside_of_state(path, sink)?;
        if let Some(other) = self.writers.get(&path).or_else(|| self.numbering(&path)) {
            return Err(conflict(other, sink, &path));
        }
        self.sharing.insert(path, Writer::Sink(sink.to_owned()));
        Ok(())
    }

    fn outside_of_state(&self, path: &Path, sink: &str) -> Result<PathBuf, String> {
        let path = followed(path);
        if path.starts_with(&self.state_folder) {
            return Err(format!("{sink} would write to `{}`, in the state folder", path.display()));
        }
        Ok(path)
    }
}

/// Whether `path` is a file with a number of at least 2 between `stem` and `ending`, or one beside it.
fn is_numbered(path: &Path, stem: &str, ending: &str) -> bool {
    let text = path.to_string_lossy();
    let text = [".part", ".spool"].iter().find_map(|beside| text.strip_suffix(beside)).unwrap_or(&text);
    let number = text.strip_prefix(stem).and_then(|rest| rest.strip_prefix('.')?.strip_suffix(ending));
    number.and_then(|number| number.parse::<u64>().ok()).is_some_and(|number| number >= 2)
}

fn conflict(other: &Writer, sink: &str, path: &Path) -> String {
    match other {
        Writer::Configuration => {
            format!("{sink} would overwrite the configuration file `{}`", path.display())
        }
        Writer::Sink(other) => format!("{other} and {sink} both write to `{}`", path.display()),
    }
}

fn hard_link(other: &Writer, link: &Path, sink: &str, path: &Path) -> String {
    let [link, path] = [link.display(), path.display()];
    match other {
        Writer::Configuration => {
            format!(
                "{sink} would overwrite the configuration file `{link}`, which is the same file as `{path}`"
            )
        }
        Writer::Sink(other) => {
            format!("{other} and {sink} both write to the same file: `{link}` and `{path}`")
        }
    }
}

/// The device of a file, and its number there.
type FileId = (u64, u64);

/// Identifies the file at `path`, whatever its paths; `None` if it does not exist.
#[cfg(unix)]
fn file_id(path: &Path) -> Option<FileId> {
    use std::{fs, os::unix::fs::MetadataExt};

    let file = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some((file.dev(), file.ino()))
}

/// The standard library identifies files on Unix only.
#[cfg(not(unix))]
fn file_id(_: &Path) -> Option<FileId> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sinks_never_write_to_the_same_file() {
        let mut paths = PathConflicts::new(
            [PathBuf::from("/w/longhaul.toml")],
            Path::new("/w/.longhaul"),
            Path::new(".longhaul"),
        );
        paths.add(Path::new("/w/a.csv"), "one").unwrap();
        paths.add(Path::new("/w/b.csv"), "two").unwrap();
        paths.add_object("s3://b/a", "one").unwrap();
        assert_eq!(paths.add_object("s3://b/a", "two").unwrap_err(), "one and two both write to `s3://b/a`");
        let mut error = |path| paths.add(Path::new(path), "three").unwrap_err();
        assert_eq!(error("/w/a.csv"), "one and three both write to `/w/a.csv`");
        assert_eq!(error("/w/a.csv.part"), "one and three both write to `/w/a.csv.part`");
        assert_eq!(error("/w/b.csv.spool"), "two and three both write to `/w/b.csv.spool`");
        assert_eq!(
            error("/w/longhaul.toml"),
            "three would overwrite the configuration file `/w/longhaul.toml`"
        );
        assert_eq!(
            error("/w/.longhaul/lock"),
            "three would write to `/w/.longhaul/lock`, in the state folder"
        );
    }

    #[test]
    fn no_sink_writes_to_a_numbered_file_of_another_one() {
        let mut paths = PathConflicts::new(
            [PathBuf::from("/w/x.7.csv")],
            Path::new("/w/.longhaul"),
            Path::new(".longhaul"),
        );
        paths.add(Path::new("/w/a.csv"), "one").unwrap();
        paths.add_numbered(Path::new("/w/a.csv"), "one").unwrap();
        for path in ["/w/a.1.csv", "/w/a.b.csv", "/w/a.2.ndjson", "/w/b.2.csv", "/w/a2.csv"] {
            paths.add(Path::new(path), "two").unwrap();
        }
        for path in ["/w/a.2.csv", "/w/a.12.csv.part"] {
            let expected = format!("one and two both write to `{path}`");
            assert_eq!(paths.add(Path::new(path), "two").unwrap_err(), expected);
        }
        assert_eq!(
            paths.add_shared(Path::new("/w/a.3.csv"), "two").unwrap_err(),
            "one and two both write to `/w/a.3.csv`"
        );
        let error =
            |paths: &mut PathConflicts, path| paths.add_numbered(Path::new(path), "three").unwrap_err();
        assert!(error(&mut paths, "/w/b.csv").starts_with("two and three both write to `/w/b.2.csv"));
        assert_eq!(
            error(&mut paths, "/w/x.csv"),
            "three would overwrite the configuration file `/w/x.7.csv`"
        );
    }

    #[test]
    fn several_sinks_may_share_a_database_but_not_a_file() {
        let mut paths = PathConflicts::new([], Path::new("/w/.longhaul"), Path::new(".longhaul"));
        paths.add_shared(Path::new("/w/data.db"), "one").unwrap();
        paths.add_shared(Path::new("/w/data.db"), "two").unwrap();
        paths.add(Path::new("/w/a.csv"), "three").unwrap();
        assert_eq!(
            paths.add(Path::new("/w/data.db"), "four").unwrap_err(),
            "two and four both write to `/w/data.db`"
        );
        assert_eq!(
            paths.add_shared(Path::new("/w/a.csv"), "four").unwrap_err(),
            "three and four both write to `/w/a.csv`"
        );
        assert_eq!(
            paths.add_shared(Path::new("/w/.longhaul/x.db"), "four").unwrap_err(),
            "four would write to `/w/.longhaul/x.db`, in the state folder"
        );
    }
}
