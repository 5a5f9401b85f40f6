//! The text of the configuration, with a comment for each choice.

use std::fmt::Write;

use toml_edit::{Array, InlineTable, Key as TomlKey, Value};

use super::{
    paging::Paging,
    request::{Credential, FirstRequest, Goes},
    text::{printable, quoted},
};

/// A configuration that is written or tried.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    /// The first request.
    pub(super) request: &'a FirstRequest,
    /// Where the records are, and why.
    pub(super) records: Option<(String, String)>,
    /// The key of a record, if duplicates may arrive, and why.
    pub(super) unique: Option<(String, String)>,
    /// How to find the next page.
    pub(super) pages: Pages<'a>,
    /// What else is known about pages, as lines.
    pub(super) notes: Vec<String>,
}

/// How to find the next page.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pages<'a> {
    /// Nothing leads to another page.
    None,
    /// In this style.
    By(&'a Paging),
    /// Nobody knows, so the configuration must not be accepted. This style does not work.
    Unsettled(Option<&'a Paging>),
}

impl<'a> Draft<'a> {
    /// A configuration with nothing but the request.
    pub(super) fn new(request: &'a FirstRequest) -> Self {
        Self { request, records: None, unique: None, pages: Pages::None, notes: Vec::new() }
    }

    /// The text.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let FirstRequest { base_url, path, query, headers, credential, stream } = self.request;
        writeln!(text, "# Written by `longhaul init` for {base_url}{path}, from one look at a page.\n")?;
        writeln!(text, "[api]\nbase_url = {}", quoted(base_url))?;
        if !headers.is_empty() {
            writeln!(
                text,
                "headers = {}",
                table(headers.iter().map(|(name, value)| (name.as_str(), quoted(value))))
            )?;
        }
        write_auth(text, credential.as_ref())?;
        // Quoted if it is not a plain name, so that the check of the configuration can say so.
        let stream = TomlKey::new(stream);
        writeln!(text, "\n[streams.{stream}]\npath = {}", quoted(path))?;
        let replaced =
            |name: &String| matches!(self.pages, Pages::By(paging) if paging.replaces.contains(name));
        let query = merged(query.iter().filter(|(name, _)| !replaced(name)));
        if !query.is_empty() {
            writeln!(
                text,
                "query = {}",
                table(query.iter().map(|(name, value)| (name.as_str(), value.clone())))
            )?;
        }
        if let Some((at, why)) = &self.records {
            writeln!(text, "# {}\nrecords = {}", printable(why), quoted(at))?;
        }
        if let Some((at, why)) = &self.unique {
            writeln!(text, "# {}\nunique = {}", printable(why), quoted(at))?;
        }
        writeln!(text, "sinks = [\"lines\"]")?;
        let has_pages = !self.notes.is_empty() || !matches!(self.pages, Pages::None);
        text.push_str(if has_pages { "\n" } else { "" });
        for note in &self.notes {
            writeln!(text, "# {}", printable(note))?;
        }
        match self.pages {
            Pages::None => {}
            Pages::By(paging) => {
                writeln!(text, "[streams.{stream}.pages]")?;
                write_keys(text, "", paging)?;
            }
            Pages::Unsettled(rejected) => {
                writeln!(text, "[streams.{stream}.pages]\ntype = \"unknown\"")?;
                if let Some(paging) = rejected {
                    write_keys(text, "# ", paging)?;
                }
            }
        }
        text.push_str(SINK);
        Ok(())
    }
}

/// The sink of the configurations that `init` writes.
pub(super) const SINK: &str = "\n# One record per line, as the server wrote it.\n[sinks.lines]\ntype = \"ndjson\"\n\
                               path = \"out/{stream}.ndjson\"\n";

fn write_auth(text: &mut String, credential: Option<&Credential>) -> std::fmt::Result {
    writeln!(text, "\n[auth]")?;
    let Some(Credential { variable, goes }) = credential else {
        return writeln!(text, "# The API answered without credentials.\ntype = \"none\"");
    };
    writeln!(text, "# The token is in the environment variable {variable}, not in this file.")?;
    let secret = table([("env", quoted(variable))].into_iter());
    match goes {
        Goes::Bearer => writeln!(text, "type = \"token\"\ntoken = {secret}"),
        Goes::Header(name) => writeln!(text, "type = \"api_key\"\nkey = {secret}\nheader = {}", quoted(name)),
        Goes::Query(name) => writeln!(text, "type = \"api_key\"\nkey = {secret}\nquery = {}", quoted(name)),
    }
}

/// The keys of `pages`, each line after `mark`.
fn write_keys(text: &mut String, mark: &str, paging: &Paging) -> std::fmt::Result {
    for key in &paging.keys {
        if !key.why.is_empty() {
            writeln!(text, "{mark}# {}", printable(&key.why))?;
        }
        writeln!(text, "{mark}{} = {}", key.name, key.value)?;
    }
    Ok(())
}

/// The parameters, each once, with its value or the list of its values. A brace is doubled, because it could start a
/// placeholder.
fn merged<'q>(query: impl Iterator<Item = &'q (String, String)>) -> Vec<(String, Value)> {
    let mut merged: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in query {
        let value = value.replace('{', "{{");
        match merged.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(value),
            None => merged.push((name.clone(), vec![value])),
        }
    }
    let value = |values: Vec<String>| match &values[..] {
        [one] => quoted(one),
        _ => Value::Array(values.into_iter().collect::<Array>()),
    };
    merged.into_iter().map(|(name, values)| (name, value(values))).collect()
}

fn table<'n>(pairs: impl Iterator<Item = (&'n str, Value)>) -> InlineTable {
    pairs.map(|(name, value)| (TomlKey::new(name), value)).collect()
}
