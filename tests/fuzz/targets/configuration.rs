//! Configurations. What is accepted in TOML is accepted in JSON, with the same values, and no secret is ever shown.
//!
//! Input: the file. Its secrets are `hunter2hunter2`.

use std::{fs, path::Path};

use longhaul_config::{Loaded, Sources, load};
use serde_json::Value;
use toml_edit::{DocumentMut, Item};

const SECRET: &str = "hunter2hunter2";

/// The keys whose values are secrets in each of the seeds.
const SECRET_KEYS: [&str; 4] = ["client_secret = ", "password = ", "token = ", "secret_key = "];

pub(super) fn run(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let folder = tempfile::tempdir().unwrap();
    let loaded = loaded(folder.path(), "longhaul.toml", text);
    if are_secret(text) {
        let shown = match &loaded {
            Ok(loaded) => loaded.listing() + &loaded.warnings.join("\n"),
            Err(error) => error.clone(),
        };
        assert!(!shown.contains(SECRET), "a secret is shown: {shown}");
    }
    let (Ok(loaded), Some(json)) = (loaded, json(text)) else { return };
    fs::remove_file(folder.path().join("longhaul.toml")).unwrap();
    let other = self::loaded(folder.path(), "longhaul.json", &json.to_string());
    let other = other.unwrap_or_else(|error| panic!("as JSON, it is refused: {error}"));
    assert_eq!(values(&other), values(&loaded));
}

fn loaded(folder: &Path, name: &str, text: &str) -> Result<Loaded, String> {
    fs::write(folder.join(name), text).unwrap();
    let sources = Sources { cwd: folder.to_owned(), ..Sources::default() };
    load(&sources).map_err(|error| format!("{error}\n{error:?}"))
}

/// Whether each secret in `text` is the value of a key for secrets.
fn are_secret(text: &str) -> bool {
    text.lines().filter(|line| line.contains(SECRET)).all(|line| {
        SECRET_KEYS
            .iter()
            .any(|key| line.strip_prefix(key).is_some_and(|value| value.starts_with(['"', '\''])))
            && line.matches(SECRET).count() == 1
    })
}

/// The values of a configuration, one on each line, without their origins.
fn values(loaded: &Loaded) -> Vec<String> {
    let listing = loaded.listing();
    listing.lines().map(|line| line.split("  # ").next().unwrap().to_owned()).collect()
}

/// A file as JSON. `None` if it has a value that JSON does not have.
fn json(text: &str) -> Option<Value> {
    let document: DocumentMut = text.parse().ok()?;
    value(document.as_item())
}

fn value(item: &Item) -> Option<Value> {
    let table = |table: &dyn toml_edit::TableLike| {
        table.iter().map(|(name, item)| Some((name.to_owned(), value(item)?))).collect::<Option<_>>()
    };
    Some(match item {
        Item::Table(of) => Value::Object(table(of)?),
        Item::ArrayOfTables(tables) => {
            Value::Array(tables.iter().map(|of| table(of).map(Value::Object)).collect::<Option<_>>()?)
        }
        Item::Value(toml_edit::Value::String(text)) => text.value().clone().into(),
        Item::Value(toml_edit::Value::Integer(number)) => (*number.value()).into(),
        Item::Value(toml_edit::Value::Boolean(is)) => (*is.value()).into(),
        Item::Value(toml_edit::Value::Array(array)) => {
            Value::Array(array.iter().map(|one| value(&Item::Value(one.clone()))).collect::<Option<_>>()?)
        }
        Item::Value(toml_edit::Value::InlineTable(of)) => Value::Object(table(of)?),
        // A number or time is text in places, as it is written, and JSON may write it in another way.
        Item::None | Item::Value(toml_edit::Value::Float(_) | toml_edit::Value::Datetime(_)) => return None,
    })
}
