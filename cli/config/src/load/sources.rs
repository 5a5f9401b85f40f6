//! The sources of a configuration.

use std::{ffi::OsString, fmt, path::PathBuf};

use crate::{
    error::ConfigError,
    load::{file::ENDINGS, range::RangeFlags},
};

/// The sources of a configuration. `Debug` shows neither the environment nor the values of `--set`.
#[derive(Clone, Default)]
pub struct Sources {
    /// The working folder, absolute.
    pub cwd: PathBuf,
    /// The environment variables. `HOME` and `XDG_CONFIG_HOME` give the folder of the user's file.
    pub environment: Vec<(OsString, OsString)>,
    /// The files named on the command line; later files win. If there are any, `longhaul.toml` is not read.
    pub files: Vec<PathBuf>,
    /// The machine's file: `/etc/longhaul/config.toml`.
    pub machine_file: Option<PathBuf>,
    /// The range of time that the command line gives instead of the configured one.
    pub range: Option<RangeFlags>,
    /// The values of `--set`; later ones win.
    pub set: Vec<String>,
    /// The file of `--out`, with the name of its sink.
    pub out: Option<(String, String)>,
    /// The preset of `--system`.
    pub system: Option<String>,
    /// Whether credentials may be missing, because nothing is sent. A warning names them.
    pub may_lack_credentials: bool,
}

impl Sources {
    /// The user's file, in the folder of the XDG base directory specification, which requires relative folders to be
    /// ignored.
    pub(crate) fn user_file(&self) -> Option<PathBuf> {
        let folder = |name: &str| {
            let (_, value) = self.environment.iter().find(|(candidate, _)| candidate == name)?;
            Some(PathBuf::from(value)).filter(|folder| folder.is_absolute())
        };
        let configuration = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")))?;
        Some(configuration.join("longhaul/config.toml"))
    }

    /// The file in the working folder, unless files are named on the command line.
    pub(crate) fn found_file(&self) -> Result<Option<PathBuf>, ConfigError> {
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
