//! A configuration file.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use figment::{
    providers::{Format, Json, Toml, Yaml},
    value::{Dict, Value},
};
use toml_edit::ImDocument;

use crate::{
    error::ConfigError,
    load::{duplicates::NoDuplicates, layer::Layer, lines::Lines},
    origin::Origin,
    trust::Ownership,
};

/// The endings of configuration files, in the order of the search.
pub(crate) const ENDINGS: [&str; 4] = ["toml", "yaml", "yml", "json"];

/// What is known about a file besides its values.
#[derive(Clone, Debug)]
pub(crate) struct ConfigFile {
    /// The file, without a line.
    pub(crate) origin: Origin,
    pub(crate) lines: Lines,
    /// Nothing for a built-in preset.
    pub(crate) ownership: Option<Ownership>,
}

impl ConfigFile {
    /// Reads the file `path`, relative to the folder `cwd`. Returns nothing if it does not exist.
    pub(crate) fn read(path: &Path, cwd: &Path) -> Result<Option<(Self, Layer)>, ConfigError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if !ENDINGS.contains(&ending) {
            let message = format!("`{}` does not end in `.toml`, `.yaml`, `.yml` or `.json`", path.display());
            return Err(ConfigError::new(message));
        }
        let (bytes, ownership) = match open(&cwd.join(path)) {
            Ok(opened) => opened,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(ConfigError::new(format!("cannot read `{}`", path.display())).because(error));
            }
        };
        let origin = Origin::File { path: path.to_owned(), line: None };
        let Ok(text) = String::from_utf8(bytes) else {
            return Err(ConfigError::new("the file is not UTF-8 text").written(origin));
        };
        let (values, lines) = Self::parse(&text, ending, &origin)?;
        let folder = cwd.join(path).parent().unwrap_or(cwd).to_owned();
        let layer = Layer { origin: origin.clone(), folder, values };
        Ok(Some((Self { origin, lines, ownership: Some(ownership) }, layer)))
    }

    /// Reads the built-in preset `name`, which is TOML.
    pub(crate) fn embedded(name: &str, text: &str) -> Result<(Self, Layer), ConfigError> {
        let origin = Origin::Preset { name: name.to_owned(), line: None };
        let (values, lines) = Self::parse(text, "toml", &origin)?;
        let layer = Layer { origin: origin.clone(), folder: PathBuf::new(), values };
        Ok((Self { origin, lines, ownership: None }, layer))
    }

    fn parse(text: &str, ending: &str, origin: &Origin) -> Result<(Dict, Lines), ConfigError> {
        let refuse = |message: &str, line| ConfigError::new(message).written(origin.clone().on(line));
        // Editors on Windows may write a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim().is_empty() {
            return Err(refuse("the file is empty", None));
        }
        let parsed = match ending {
            "toml" => parse_toml(text),
            "json" => parse_json(text),
            _ => parse_yaml(text),
        };
        match parsed {
            Ok((Value::Dict(_, values), lines)) => Ok((values, lines)),
            Ok((Value::Empty(..), _)) => Err(refuse("the file is empty", None)),
            Ok(_) => Err(refuse("the file has no keys", None)),
            Err(Syntax { format, message, place: Some((line, column)) }) => {
                let message = format!("the file is not {format} at line {line}, column {column}: {message}");
                Err(refuse(&message, Some(line)))
            }
            Err(Syntax { format, message, place: None }) => {
                Err(refuse(&format!("the file is not {format}: {message}"), None))
            }
        }
    }
}

/// A syntax error; `place` is line and column, from 1.
struct Syntax {
    format: &'static str,
    message: String,
    place: Option<(usize, usize)>,
}

type Parsed = Result<(Value, Lines), Syntax>;

/// The bytes of the file, and its ownership at the time of reading.
fn open(path: &Path) -> io::Result<(Vec<u8>, Ownership)> {
    let mut file = File::open(path)?;
    let ownership = Ownership::from(&file.metadata()?);
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok((bytes, ownership))
}

fn parse_toml(text: &str) -> Parsed {
    let document = ImDocument::parse(text).map_err(|error| {
        let place = error.span().and_then(|span| text.get(..span.start)).map(|before| {
            let line = before.rsplit('\n').next().unwrap_or_default();
            (before.matches('\n').count() + 1, line.chars().count() + 1)
        });
        Syntax { format: "TOML", message: error.message().trim().replace('\n', ", "), place }
    })?;
    let values = Toml::from_str::<Dict>(text).map_err(|error| Syntax {
        format: "TOML",
        message: error.message().to_owned(),
        place: None,
    })?;
    Ok((Value::from(values), Lines::of_toml(&document)))
}

fn parse_yaml(text: &str) -> Parsed {
    let value =
        Yaml::from_str::<NoDuplicates>(text).and_then(|_| Yaml::from_str(text)).map_err(|error| Syntax {
            format: "YAML",
            message: without_place(&error.to_string()),
            place: error.location().map(|place| (place.line(), place.column())),
        })?;
    Ok((value, Lines::of_outline(text)))
}

fn parse_json(text: &str) -> Parsed {
    let value =
        Json::from_str::<NoDuplicates>(text).and_then(|_| Json::from_str(text)).map_err(|error| Syntax {
            format: "JSON",
            message: without_place(&error.to_string()),
            place: Some((error.line(), error.column())),
        })?;
    Ok((value, Lines::of_outline(text)))
}

fn without_place(message: &str) -> String {
    message.split_once(" at line ").map_or(message, |(message, _)| message).to_owned()
}
