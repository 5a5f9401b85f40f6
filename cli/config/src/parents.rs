//! Checks the parents of streams.

use longhaul_core::suggest;

use crate::{
    error::ConfigError,
    load::stack::Stack,
    sections::{each::Each, root::Config},
    tree,
};

/// Checks `each` of the stream `name`.
pub(super) fn check(config: &Config, stack: &Stack, name: &str, each: &Each) -> Result<(), ConfigError> {
    let error = |below: &str, message: &dyn Fn(&str) -> String| {
        let path = ["streams", name, "each", below].map(str::to_owned);
        let path = &path[..if below.is_empty() { 3 } else { 4 }];
        let key = tree::dotted(path);
        ConfigError::new(message(&key)).at(&key, stack.origin(path))
    };
    let sources =
        [("stream", each.stream.is_some()), ("file", each.file.is_some()), ("list", !each.list.is_empty())];
    let given: Vec<_> = sources.into_iter().filter(|(_, given)| *given).map(|(key, _)| key).collect();
    match given.as_slice() {
        [] => {
            return Err(error("", &|key| format!("`{key}` has no parents"))
                .with_hint("set one of `stream`, `file` and `list`"));
        }
        [_] => {}
        [first, second, ..] => {
            return Err(error("", &|key| format!("`{key}` has both `{first}` and `{second}`"))
                .with_hint("set one of `stream`, `file` and `list`"));
        }
    }
    let mut errors = Vec::new();
    let is_list = !each.list.is_empty();
    if is_list && each.placeholder.is_none() {
        errors.push(
            error("as", &|key| format!("`{key}` is missing"))
                .with_hint("name the placeholder, for example `as = \"region\"` for `{each.region}`"),
        );
    }
    if is_list && !each.values.is_empty() {
        errors.push(error("values", &|key| {
            format!("`{key}` has no meaning for a list, whose placeholder is `as`")
        }));
    }
    if !is_list && each.placeholder.is_some() {
        errors.push(
            error("as", &|key| format!("`{key}` belongs to `list`"))
                .with_hint("name the placeholders in `values`, for example `values = { id = \"/id\" }`"),
        );
    }
    if !is_list && each.values.is_empty() {
        errors.push(error("values", &|key| format!("`{key}` is missing")).with_hint(
            "name a placeholder and where a parent has its value, for example `values = { id = \"/id\" }`",
        ));
    }
    let wrong = each.places().into_iter().filter(|(name, _)| !is_name(name));
    errors.extend(wrong.map(|(wrong, _)| {
        error(if is_list { "as" } else { "values" }, &|key| {
            format!("`{key}`: `{wrong}` is not a valid name for a placeholder")
        })
        .inside(std::slice::from_ref(&wrong))
        .with_hint("use lower-case letters, digits and underscores, and start with a letter")
    }));
    if let Some(file) = &each.file
        && !matches!(file.extension().and_then(|ending| ending.to_str()), Some("csv" | "ndjson" | "jsonl"))
    {
        let shown = file.display();
        errors.push(
            error("file", &|key| format!("`{key}`: the format of `{shown}` is unknown"))
                .with_hint("use a file that ends in `.csv`, `.ndjson` or `.jsonl`"),
        );
    }
    if let Some(parent) = &each.stream {
        if !config.streams.contains_key(parent) {
            let suggestion = suggest::closest(parent, config.streams.keys());
            errors.push(
                error("stream", &|key| format!("`{key}`: unknown stream `{parent}`{suggestion}"))
                    .with_hint("longhaul streams lists the configured streams"),
            );
        } else if let Some(cycle) = cycle(config, name) {
            let names = cycle.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" -> ");
            let message = |key: &str| format!("`{key}`: streams cannot be their own parents: {names}");
            errors.push(error("stream", &message));
        }
    }
    ConfigError::all(errors.into_iter().map(Err))
}

/// The streams from `name` to its parents and theirs, if they come back to `name`.
fn cycle<'c>(config: &'c Config, name: &'c str) -> Option<Vec<&'c str>> {
    let parent = |name: &str| config.streams.get(name)?.each.as_ref()?.stream.as_deref();
    let mut chain = vec![name];
    while let Some(next) = parent(chain[chain.len() - 1]) {
        if next == name {
            chain.push(next);
            return Some(chain);
        }
        if chain.contains(&next) {
            // Another stream has the cycle, and its own error.
            return None;
        }
        chain.push(next);
    }
    None
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}
