//! How far the complete pulls of a stream have come.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is kept of a stream between runs: one small file in the state folder, readable by a person.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    stream: String,
    /// Everything before this time has been pulled.
    watermark: Timestamp,
}

/// The version of the file that this program writes, and the only one that it reads.
const VERSION: u32 = 1;

/// The time up to which everything of `stream` has been pulled, where a pull was complete before.
pub(crate) fn read(folder: &Path, stream: &str) -> Result<Option<Timestamp>, WatermarkError> {
    let path = file(folder, stream);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(WatermarkError::Unreadable { path, source }),
    };
    let kept: Kept = match serde_json::from_slice(&text) {
        Ok(kept) => kept,
        Err(source) => return Err(WatermarkError::Damaged { path, source }),
    };
    if kept.version != VERSION || kept.stream != stream {
        return Err(WatermarkError::Foreign { path });
    }
    Ok(Some(kept.watermark))
}

/// Keeps the watermark of `stream`. It is on disk, whole, when this returns.
pub(crate) fn write(folder: &Path, stream: &str, watermark: Timestamp) -> Result<(), WatermarkError> {
    let path = file(folder, stream);
    let kept = Kept { version: VERSION, stream: stream.to_owned(), watermark };
    replace(folder, &path, &kept).map_err(|source| WatermarkError::Unwritable { path, source })
}

fn replace(folder: &Path, path: &Path, kept: &Kept) -> io::Result<()> {
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer_pretty(&mut temporary, kept)?;
    temporary.write_all(b"\n")?;
    temporary.as_file().sync_all()?;
    temporary.persist(path)?;
    sync_folder(folder)
}

/// A rename is durable once its folder is.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

fn file(folder: &Path, stream: &str) -> PathBuf {
    folder.join(format!("{stream}.json"))
}

/// A watermark that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WatermarkError {
    /// The file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not what was written.
    #[error("`{}` is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The file is of another stream or another version of longhaul.
    #[error("`{}` is not of this stream, or of another version of longhaul", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("cannot write `{}`", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watermark_is_kept_for_each_stream() {
        let folder = tempfile::tempdir().unwrap();
        let time: Timestamp = "2026-01-02T03:04:05.678Z".parse().unwrap();
        assert_eq!(read(folder.path(), "calls").unwrap(), None);
        write(folder.path(), "calls", time).unwrap();
        assert_eq!(read(folder.path(), "calls").unwrap(), Some(time));
        assert_eq!(read(folder.path(), "users").unwrap(), None);
    }

    #[test]
    fn what_was_not_written_here_is_never_guessed_at() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.json");
        let refusal = |text: &str| {
            fs::write(&path, text).unwrap();
            read(folder.path(), "calls").unwrap_err().to_string().replace(&*path.to_string_lossy(), "FILE")
        };
        assert_eq!(refusal("{\"version\":1,\"str"), "`FILE` is damaged");
        assert_eq!(
            refusal(r#"{"version":2,"stream":"calls","watermark":"2026-01-02T03:04:05Z"}"#),
            "`FILE` is not of this stream, or of another version of longhaul"
        );
    }
}
