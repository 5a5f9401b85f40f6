//! The parents of a stream's partitions, which are kept next to its state until it is complete.

use std::{
    collections::HashSet,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

use longhaul_core::{
    disk::SystemDisk,
    pull::{Each, ParentError, ParentsSink, differs_by},
    sink::{Batch, Destination, Mark, OpenSink, SinkError, Variables},
    state::{Parent, Parents, StateError},
};
use tempfile::TempDir;

use crate::{
    args::RunArguments,
    build,
    config::{self, ConfigError, Stream},
    exit::Exit,
    session::Session,
    terminal::{failure::Failure, numbers::counted, storage},
};

/// The parents of a stream's partitions. They are resolved once per run, so that a resumed run has the same ones.
#[derive(Debug)]
pub(crate) struct StreamParents<'s> {
    name: &'s str,
    config: &'s config::Each,
    each: Arc<Each>,
    path: PathBuf,
    /// The folder of the file, if the pull saves no state.
    _temporary: Option<TempDir>,
}

/// How many parents of a file or list are written at once.
const AT_ONCE: usize = 1000;

impl<'s> StreamParents<'s> {
    /// The parents of the stream `name`, in `folder`; without one, in a folder that is removed at the end.
    pub(crate) fn new(
        name: &'s str,
        id: &str,
        config: &'s config::Each,
        folder: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        let created = || tempfile::tempdir().map_err(|error| Failure::new(Exit::State, error));
        let temporary = if folder.is_some() { None } else { Some(created()?) };
        let folder = folder.or_else(|| temporary.as_ref().map(|folder| folder.path().to_owned()));
        let path = folder.unwrap_or_default().join(format!("{id}.parents"));
        Ok(Self { name, config, each: Arc::new(build::each(config)), path, _temporary: temporary })
    }

    /// The stream whose records are the parents, if they are from a stream.
    pub(crate) fn stream(&self) -> Option<&'s str> {
        self.config.stream.as_deref()
    }

    /// A sink that keeps the records of the parents' stream.
    pub(crate) fn sink(&self) -> Result<ParentsSink, Failure> {
        build::parents_sink(Arc::clone(&self.each), &self.path).map_err(Failure::usage)
    }

    /// The file that has the parents once they are known.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the parents are known.
    pub(crate) fn are_resolved(&self) -> bool {
        self.path.exists()
    }

    /// Forgets the parents, so that the next run has new ones.
    pub(crate) fn forget(&self) -> Result<(), Failure> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(self.unusable("remove", &error)),
            _ => Ok(()),
        }
    }

    /// Reads the parents from the file or list. Nothing is sent.
    pub(crate) fn resolve_listed(&self, session: &Session) -> Result<(), Failure> {
        let failed = |error: SinkError| self.unusable("write", &error);
        let sink = self.sink()?;
        let mut open = sink.open(&Variables::new(self.name, &session.folder), None).map_err(failed)?.sink;
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        let mut write = |bytes: &mut Vec<u8>, ends: &mut Vec<usize>| {
            let written = open.write(&Batch::new(bytes, ends));
            bytes.clear();
            ends.clear();
            written.map_err(|error| match parent_error(&error) {
                Some(error) => {
                    let key = format!("streams.{}.each", self.name);
                    session.loaded.error_at(&key, error.to_string()).into()
                }
                None => failed(error),
            })
        };
        build::each_listed(&session.loaded, self.name, self.config, |record| {
            bytes.extend(record.as_bytes());
            bytes.push(b'\n');
            ends.push(bytes.len());
            if ends.len() < AT_ONCE { Ok(()) } else { write(&mut bytes, &mut ends) }
        })?;
        write(&mut bytes, &mut ends)?;
        open.commit(Mark(1)).and_then(|_| open.finish()).map_err(failed)
    }

    /// The parents, if they are known.
    pub(crate) fn open(&self) -> Result<Option<Parents>, Failure> {
        Parents::open(&SystemDisk, &self.path).map_err(|error| Failure::of_state(self.name, error))
    }

    /// What suggests that the configuration of the parents is wrong, each as a clause.
    pub(crate) fn findings(&self, parents: &Parents) -> Vec<String> {
        let source = self.config.source();
        if parents.is_empty() {
            return vec![format!("{source} has no records, so there is nothing to pull")];
        }
        let repeated = (parents.repeated() > 0).then(|| {
            let (records, have) =
                (counted(parents.repeated(), "record"), if parents.repeated() == 1 { "has" } else { "have" });
            format!(
                "{records} of {source} {have} the values of an earlier one, so the same records arrive again"
            )
        });
        let absent = self.config.add.iter().filter(|(name, _)| !parents.has_field(name));
        let absent = absent
            .map(|(name, at)| format!("no record of {source} has a value at `{at}` for `each.add.{name}`"));
        absent.chain(repeated).collect()
    }

    /// Checks that each parent has a file of its own, if the sinks have a file for each partition.
    pub(crate) fn check_paths(
        &self,
        session: &Session,
        sinks: &[(&str, &dyn OpenSink)],
        variables: &Variables,
        parents: &Parents,
    ) -> Result<(), Failure> {
        let mut placeholders = self.config.placeholders();
        placeholders.push("partition".to_owned());
        // No two partitions have the same id.
        let filled =
            ["window.start", "window.end"].map(str::to_owned).into_iter().chain(self.config.placeholders());
        let filled = filled.fold(variables.clone(), |variables, name| variables.with(name, ""));
        let has_id = |sink: &dyn OpenSink| differs_by(&["partition".to_owned()], sink, &filled);
        let of_partition = sinks.iter().filter(|(_, sink)| differs_by(&placeholders, *sink, variables));
        for (name, sink) in of_partition.filter(|(_, sink)| !has_id(*sink)) {
            let alike = self.path_of_two(*sink, &filled, parents);
            let alike = alike.map_err(|error| Failure::of_state(self.name, error))?;
            if let Some(path) = alike {
                let key = format!("sinks.{name}.path");
                let source = self.config.source();
                let clause = format!(
                    "`{key}`: two records of {source} would write to the same file, `{}`",
                    path.display()
                );
                let exit = if self.stream().is_some() { Exit::Sink } else { Exit::Usage };
                let hint = "put a placeholder in the path whose values differ, or leave them all out";
                return Err(Failure { exit, ..session.loaded.error_at(&key, clause).with_hint(hint).into() });
            }
        }
        Ok(())
    }

    /// A path that two parents have; `None` if all have different ones. `filled` has values for all placeholders.
    fn path_of_two(
        &self,
        sink: &dyn OpenSink,
        filled: &Variables,
        parents: &Parents,
    ) -> Result<Option<PathBuf>, StateError> {
        let mut decisive = self.config.placeholders();
        decisive.retain(|name| differs_by(std::slice::from_ref(name), sink, filled));
        let path_of = |parent: &Parent| match sink.destination(&Each::in_file_names(filled.clone(), parent)) {
            Ok(Destination::File(path)) => Some(path),
            _ => None,
        };
        let mut seen = HashSet::with_capacity(usize::try_from(parents.len()).unwrap_or_default());
        let mut alike = None;
        parents.read_all(|parent| {
            if alike.is_none() {
                // If one value decides, different values have different paths. To resolve each path takes system calls.
                let of_value = |name: &String| {
                    let value = Each::in_file_names(Variables::default(), &parent);
                    value.get(name).map(PathBuf::from)
                };
                let told_apart = match &decisive[..] {
                    [name] => of_value(name),
                    _ => path_of(&parent),
                };
                if told_apart.is_some_and(|apart| !seen.insert(fingerprint_of(&apart))) {
                    alike = path_of(&parent);
                }
            }
            Ok::<_, StateError>(())
        })?;
        Ok(alike)
    }

    fn unusable(&self, what: &str, error: &(dyn std::error::Error + 'static)) -> Failure {
        let clause = format!("cannot {what} `{}`: {error}", self.path.display());
        Failure::new(Exit::State, clause).hint(storage::state_folder(error))
    }
}

/// A fingerprint of a path, because all paths together may be large.
pub(crate) fn fingerprint_of(path: &Path) -> (u64, u64) {
    let hash = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, path).hash(&mut hasher);
        hasher.finish()
    };
    (hash(0), hash(1))
}

/// Why a record makes no partition, if that is what the sink reports.
pub(crate) fn parent_error(error: &SinkError) -> Option<&ParentError> {
    std::error::Error::source(error)?.downcast_ref()
}

/// The streams to pull, in order: each after the stream of its parents, and those whose names it looks up. Those that are pulled for their own sake are marked:
/// if the user names no stream, one without sinks is only pulled for its children, if it has any.
pub(crate) fn with_parents<'s>(
    session: &'s Session,
    selected: &[(&'s str, &'s Stream)],
    arguments: &RunArguments,
    looked_up: &dyn Fn(&'s Stream) -> Vec<&'s str>,
) -> Result<Vec<(&'s str, &'s Stream, bool)>, ConfigError> {
    let has_sinks = |stream: &Stream| !stream.sinks.is_empty() || !arguments.sink.is_empty();
    let is_of = |name: &str, child: &'s Stream| {
        child.each.as_ref().is_some_and(|each| each.stream.as_deref() == Some(name))
            || looked_up(child).contains(&name)
    };
    let is_only_parent = |name: &str, stream: &Stream| {
        arguments.streams.is_empty()
            && !has_sinks(stream)
            && selected.iter().any(|(_, child)| is_of(name, child))
    };
    let mut all: Vec<(&str, &Stream, bool)> = Vec::new();
    let mut needed = Vec::new();
    for (name, stream) in selected {
        for other in looked_up(stream) {
            needed.push((other, session.loaded.stream(other)?));
        }
        needed.push((*name, *stream));
    }
    for (name, stream) in needed {
        let mut chain = vec![(name, stream)];
        while let Some(parent) = chain.last().and_then(|(_, stream)| stream.each.as_ref()?.stream.as_deref())
        {
            chain.push((parent, session.loaded.stream(parent)?));
        }
        for (name, stream) in chain.into_iter().rev() {
            if all.iter().all(|(known, ..)| *known != name) {
                let is_selected =
                    selected.iter().any(|(selected, _)| *selected == name) && !is_only_parent(name, stream);
                all.push((name, stream, is_selected));
            }
        }
    }
    Ok(all)
}
