//! How published records are read back.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, OnceLock},
};

use longhaul_core::sink::{Destination, OpenSink};

use super::sink::{Reconfigured, unusable, variables};
use crate::{
    args::{Reading, SinkCheckArguments},
    terminal::failure::Failure,
};

/// The number of bytes that show whether a file is text.
const START: usize = 512;

/// How published records are read back.
#[derive(Clone, Debug)]
pub(super) enum Reader {
    /// As lines of a file. Whether it is text is decided when it first has any content.
    Lines { is_text: Arc<OnceLock<bool>> },
    /// With this shell command.
    Command(String),
    /// Not at all.
    Nothing,
}

impl Reader {
    /// Chooses how to read, and makes sure that the sink can be configured.
    pub(super) fn choose(
        arguments: &SinkCheckArguments,
        sink: &Reconfigured,
        folder: &Path,
    ) -> Result<Self, Failure> {
        let destination = sink.destination(&variables(0, folder)).map_err(|error| unusable(sink, error))?;
        let is_file = match &destination {
            Destination::File(path) if !path.starts_with(folder) => {
                let error = format!("`{}` would be shared by all cases", path.display());
                return Err(Failure::usage(error).hint("use a relative path: each case has its own folder"));
            }
            destination => matches!(destination, Destination::File(_)),
        };
        Ok(match (&arguments.read_with, arguments.read) {
            (Some(command), _) => Self::Command(command.clone()),
            (None, Some(Reading::Lines)) if !is_file => {
                return Err(Failure::usage(
                    "the sink does not write to a file, so its records cannot be read as lines",
                )
                .hint("use `--read-with` or `--read nothing`"));
            }
            (None, None | Some(Reading::Lines)) if is_file => Self::Lines { is_text: Arc::default() },
            (None, _) => Self::Nothing,
        })
    }

    /// The records published at this destination; `None` if nothing is published.
    pub(super) fn read(&self, folder: &Path, destination: &Destination) -> Option<Vec<String>> {
        let text = match (self, destination) {
            (Self::Lines { is_text }, Destination::File(path)) => {
                let content = fs::read(path).ok()?;
                if !content.is_empty() {
                    is_text.get_or_init(|| looks_like_text(&content));
                }
                content
            }
            (Self::Command(command), _) => {
                let place = match destination {
                    Destination::File(path) => path.clone().into_os_string(),
                    Destination::Object(words) | Destination::Elsewhere(words) => words.into(),
                    Destination::Stdout => "stdout".into(),
                };
                let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
                let mut command_line = Command::new(shell);
                command_line.arg(flag).arg(command).current_dir(folder).env("LONGHAUL_DESTINATION", place);
                let output = command_line.stdin(Stdio::null()).stderr(Stdio::inherit()).output().ok()?;
                output.status.success().then_some(output.stdout)?
            }
            _ => return None,
        };
        let text = String::from_utf8_lossy(&text);
        Some(text.split_terminator('\n').map(str::to_owned).collect())
    }

    /// Whether the file has no lines to read.
    pub(super) fn is_binary(&self) -> bool {
        matches!(self, Self::Lines { is_text } if is_text.get() == Some(&false))
    }
}

/// JSON contains no control characters, and every common binary format has some at its start.
fn looks_like_text(content: &[u8]) -> bool {
    let start = &content[..content.len().min(START)];
    !start.iter().any(|byte| byte.is_ascii_control() && !b"\t\n\r".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::looks_like_text;

    #[test]
    fn binary_formats_are_recognized_by_their_start() {
        for start in [
            &b"PAR1\x15\x04\x15"[..],
            b"PK\x03\x04\x14",
            b"SQLite format 3\0",
            b"\x1f\x8b\x08\0",
            b"Obj\x01\x04",
            b"\x28\xb5\x2f\xfd\x04\0",
        ] {
            assert!(!looks_like_text(start), "{start:?}");
        }
        for start in [&b"{\"a\":1}\r\n"[..], b"a,b\tc\n", "é\n".as_bytes(), b"latin \xe9\n", b"\n"] {
            assert!(looks_like_text(start), "{start:?}");
        }
    }
}
