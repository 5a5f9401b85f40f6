//! Samples: pulls with `--limit`. None may be taken for a complete pull.

use std::path::{Path, PathBuf};

use longhaul_core::sink::Destination;

use crate::{
    config::{ConfigError, Stream},
    session::Session,
};

/// Checks that a sample of the stream can be pulled.
pub(super) fn check_stream(name: &str, stream: &Stream) -> Result<(), ConfigError> {
    let preview = format!("see its first page instead: longhaul preview {name}");
    if stream.each.as_ref().is_some_and(|each| each.stream.is_some()) {
        let clause = format!("`--limit` does not apply to `{name}`: its parents would be pulled in full");
        return Err(ConfigError::new(clause).with_hint(preview));
    }
    if stream.is_incremental() {
        let clause =
            format!("`--limit` does not apply to `{name}`, which continues where the last run ended");
        let has_window = stream.window.is_some();
        let range = "give a range of time, for example with --last 1d";
        return Err(ConfigError::new(clause).with_hint(if has_window { range } else { &preview }));
    }
    Ok(())
}

/// Checks that a sample can go to this sink: to standard output, or to a file of its own that does not exist.
pub(super) fn check_sink(
    session: &Session,
    sink: &str,
    destination: &Destination,
    is_shared: bool,
) -> Result<(), ConfigError> {
    let elsewhere = "choose another file with --out, or standard output with --sink stdout";
    let refused = |clause: String, hint: &str| {
        let key = format!("sinks.{sink}.path");
        Err(ConfigError::new(clause).at(&key, session.loaded.origin_of(&key)).with_hint(hint))
    };
    match destination {
        Destination::Stdout => Ok(()),
        Destination::Elsewhere(place) | Destination::Object(place) => {
            let clause =
                format!("a sample does not go to `{place}`, where it could be taken for a complete pull");
            refused(clause, elsewhere)
        }
        Destination::File(_) if !is_shared => {
            refused(format!("`sinks.{sink}` has several files, and a sample has one"), elsewhere)
        }
        Destination::File(path) => match existing(path) {
            None => Ok(()),
            Some(file) => {
                let file = file.strip_prefix(&session.folder).unwrap_or(&file);
                let clause = format!("`{}` exists, and a sample does not replace it", file.display());
                refused(clause, elsewhere)
            }
        },
    }
}

/// The file at `path`, or one beside it that an unfinished pull needs, if it exists.
fn existing(path: &Path) -> Option<PathBuf> {
    let beside = |ending| {
        let mut path = path.to_owned().into_os_string();
        path.push(ending);
        PathBuf::from(path)
    };
    [path.to_owned(), beside(".part"), beside(".spool")]
        .into_iter()
        .find(|file| file.symlink_metadata().is_ok())
}
