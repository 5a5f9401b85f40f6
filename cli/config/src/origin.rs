//! Where a value comes from.

use std::{fmt, path::PathBuf};

use figment::{Metadata, Source};

/// Where a value of the configuration comes from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Origin {
    /// The default.
    #[default]
    Default,
    /// A configuration file.
    File {
        /// The file, as it was named.
        path: PathBuf,
        /// The line of the key, from 1, if it was found.
        line: Option<usize>,
    },
    /// A built-in preset.
    Preset {
        /// The name of the preset.
        name: String,
        /// The line of the key, from 1, if it was found.
        line: Option<usize>,
    },
    /// An environment variable.
    Environment {
        /// The name of the variable.
        name: String,
    },
    /// A flag of the command that stands for keys, such as `--last 7d`.
    Command {
        /// The flag and its value.
        flag: String,
    },
    /// A `--set` on the command line.
    Flag {
        /// The key, as it was typed. The value is left out so that no message can show a secret.
        text: String,
    },
}

impl Origin {
    /// The same origin with the line of a key.
    pub(super) fn on(self, line: Option<usize>) -> Self {
        match self {
            Self::File { path, .. } => Self::File { path, line },
            Self::Preset { name, .. } => Self::Preset { name, line },
            other => other,
        }
    }
}

const FILE: &str = "file";
const PRESET: &str = "preset";
const ENVIRONMENT: &str = "environment variable";
const FLAG: &str = "--set";
const COMMAND: &str = "command line";

/// The name of a layer in figment. It has no line, because each key has its own.
impl From<&Origin> for Metadata {
    fn from(origin: &Origin) -> Self {
        match origin {
            Origin::Default => Self::named("default"),
            Origin::File { path, .. } => Self::from(FILE, path.as_path()),
            Origin::Preset { name, .. } => Self::from(PRESET, Source::Custom(name.clone())),
            Origin::Environment { name } => Self::from(ENVIRONMENT, Source::Custom(name.clone())),
            Origin::Command { flag } => Self::from(COMMAND, Source::Custom(flag.clone())),
            Origin::Flag { text } => Self::from(FLAG, Source::Custom(text.clone())),
        }
    }
}

impl From<&Metadata> for Origin {
    fn from(metadata: &Metadata) -> Self {
        match &metadata.source {
            Some(Source::File(path)) => Self::File { path: path.clone(), line: None },
            Some(Source::Custom(name)) if metadata.name == ENVIRONMENT => {
                Self::Environment { name: name.clone() }
            }
            Some(Source::Custom(name)) if metadata.name == PRESET => {
                Self::Preset { name: name.clone(), line: None }
            }
            Some(Source::Custom(flag)) if metadata.name == COMMAND => Self::Command { flag: flag.clone() },
            Some(Source::Custom(text)) => Self::Flag { text: text.clone() },
            _ => Self::Default,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line: None } => write!(f, "{}", path.display()),
            Self::File { path, line: Some(line) } => write!(f, "{}:{line}", path.display()),
            Self::Preset { name, line: None } => write!(f, "{PRESET} {name}"),
            Self::Preset { name, line: Some(line) } => write!(f, "{PRESET} {name}:{line}"),
            Self::Environment { name } => write!(f, "{ENVIRONMENT} {name}"),
            Self::Command { flag } => f.write_str(flag),
            Self::Flag { text } if text.is_empty() => f.write_str(FLAG),
            Self::Flag { text } => write!(f, "{FLAG} {text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_survives_the_way_through_figment() {
        let origins = [
            (Origin::Default, "default"),
            (Origin::File { path: "a/b.toml".into(), line: None }, "a/b.toml"),
            (
                Origin::Environment { name: "LONGHAUL_STATE_DIR".into() },
                "environment variable LONGHAUL_STATE_DIR",
            ),
            (Origin::Preset { name: "crm".into(), line: None }, "preset crm"),
            (Origin::Flag { text: "api.timeout".into() }, "--set api.timeout"),
            (Origin::Command { flag: "--last 7d".into() }, "--last 7d"),
        ];
        for (origin, text) in origins {
            let metadata: Metadata = (&origin).into();
            assert_eq!(Origin::from(&metadata), origin);
            assert_eq!(origin.to_string(), text);
        }
        assert_eq!(Origin::File { path: "b.toml".into(), line: Some(7) }.to_string(), "b.toml:7");
        assert_eq!(Origin::Preset { name: "crm".into(), line: Some(7) }.to_string(), "preset crm:7");
    }
}
