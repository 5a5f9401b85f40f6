//! The built-in presets, for `longhaul systems`.

use toml_edit::{ImDocument, Item, TableLike};

use crate::load::preset::EMBEDDED;

/// What a built-in preset offers, in the order of its file.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct System {
    /// The name that `system` takes.
    pub name: &'static str,
    /// What the system is, in one line.
    pub summary: String,
    /// URL of the API's documentation.
    pub documentation: String,
    /// The keys that only the user can set, each with an example.
    pub needs: Vec<(String, String)>,
    /// The environment variables that it knows, each with its key.
    pub variables: Vec<(String, String)>,
    /// The names of the streams.
    pub streams: Vec<String>,
}

/// The built-in presets, sorted by name.
pub fn systems() -> Vec<System> {
    EMBEDDED.iter().map(|(name, text)| read(name, text)).collect()
}

fn read(name: &'static str, text: &str) -> System {
    // Tests parse every preset.
    let Ok(document) = ImDocument::parse(text) else { return System { name, ..System::default() } };
    let root = document.as_table() as &dyn TableLike;
    let about = table(root, "about");
    let text = |key: &str| {
        let value = about.and_then(|about| about.get(key)?.as_str());
        value.unwrap_or_default().to_owned()
    };
    System {
        name,
        summary: text("summary"),
        documentation: text("documentation"),
        needs: about.and_then(|about| table(about, "needs")).map(pairs).unwrap_or_default(),
        variables: table(root, "environment").map(pairs).unwrap_or_default(),
        streams: names(table(root, "streams")),
    }
}

fn table<'t>(above: &'t dyn TableLike, name: &str) -> Option<&'t dyn TableLike> {
    above.get(name).and_then(Item::as_table_like)
}

fn pairs(table: &dyn TableLike) -> Vec<(String, String)> {
    let texts = table.iter().filter_map(|(key, item)| Some((key.to_owned(), item.as_str()?.to_owned())));
    texts.collect()
}

fn names(table: Option<&dyn TableLike>) -> Vec<String> {
    table.into_iter().flat_map(TableLike::iter).map(|(name, _)| name.to_owned()).collect()
}
