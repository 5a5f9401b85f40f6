//! Where a configuration is read from.

use std::{ffi::OsString, fmt, path::PathBuf};

use crate::config::{error::ConfigError, load::file::ENDINGS};

/// What a configuration is read from. `Debug` does not show the environment, nor the values of `--set`.
#[derive(Clone, Default)]
pub struct Sources {
    /// The working directory, absolute.
    pub cwd: PathBuf,
    /// The variables of the environment; `HOME` and `XDG_CONFIG_HOME` say where the user's file is.
    pub environment: Vec<(OsString, OsString)>,
    /// The files named on the command line, the last one on top. If there are any, `longhaul.toml` is not
    /// read.
    pub files: Vec<PathBuf>,
    /// The machine's file: `/etc/longhaul/config.toml`.
    pub machine_file: Option<PathBuf>,
    /// What `--set` was given, the last one on top.
    pub set: Vec<String>,
}

impl Sources {
    /// The user's file, in the folder that the XDG base directory specification gives; a relative one is
    /// ignored as it says.
    pub(in crate::config) fn user_file(&self) -> Option<PathBuf> {
        let folder = |name: &str| {
            let (_, value) = self.environment.iter().find(|(candidate, _)| candidate == name)?;
            Some(PathBuf::from(value)).filter(|folder| folder.is_absolute())
        };
        let configuration = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")))?;
        Some(configuration.join("longhaul/config.toml"))
    }

    /// The file in the working directory, where none is named on the command line.
    pub(in crate::config) fn found_file(&self) -> Result<Option<PathBuf>, ConfigError> {
        if !self.files.is_empty() {
            return Ok(None);
        }
        let candidates = ENDINGS.map(|ending| PathBuf::from(format!("longhaul.{ending}")));
        let mut found = candidates.into_iter().filter(|name| self.cwd.join(name).exists());
        match (found.next(), found.next()) {
            (Some(one), Some(other)) => {
                let message = format!("found both `{}` and `{}`", one.display(), other.display());
                Err(ConfigError::new(message).with_hint("remove one of them, or choose one with `-c`"))
            }
            (found, _) => Ok(found),
        }
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cwd, files, machine_file, .. } = self;
        let mut shown = f.debug_struct("Sources");
        shown.field("cwd", cwd).field("files", files).field("machine_file", machine_file);
        shown.finish_non_exhaustive()
    }
}
