//! What is built in.

use figment::{
    providers::{Format, Toml},
    value::{Dict, Value},
};

use crate::config::{
    sections::{api, auth, job, pages::Pages, rate, retry, root, stream, window},
    tree,
};

/// What is built in for a configuration that says `written`: each stream, sink and grant has defaults of its
/// own.
pub(in crate::config) fn beneath(written: &Dict) -> Dict {
    let grant = match tree::at(written, &["auth", "type"]).and_then(Value::as_str) {
        Some("client_credentials" | "password") => auth::GRANT_DEFAULTS,
        _ => "",
    };
    let rate =
        if written.get("rate").is_some_and(|table| table.as_dict().is_some()) { rate::DEFAULTS } else { "" };
    let mut defaults = parse(&[root::DEFAULTS, api::DEFAULTS, grant, rate, retry::DEFAULTS].concat());
    defaults.insert("streams".to_owned(), each(written, "streams", |_, stream| beneath_stream(stream)));
    defaults.insert(
        "sinks".to_owned(),
        each(written, "sinks", |name, _| tree::nest(&["type"], Value::from(name))),
    );
    defaults
}

fn beneath_stream(written: &Dict) -> Dict {
    let optional: [(&[&str], &str); 4] = [
        (&["window"], window::DEFAULTS),
        (&["job"], job::DEFAULTS),
        (&["job", "submit"], job::SUBMIT_DEFAULTS),
        (&["job", "cancel"], job::CANCEL_DEFAULTS),
    ];
    let is_written = |path| tree::at(written, path).is_some_and(|table| table.as_dict().is_some());
    let tables = optional.into_iter().filter(|(path, _)| is_written(path)).map(|(_, text)| text);
    let mut defaults = parse(&std::iter::once(stream::DEFAULTS).chain(tables).collect::<String>());
    let kind = tree::at(written, &["pages", "type"]).and_then(Value::as_str);
    defaults.insert("pages".to_owned(), Value::from(parse(Pages::defaults(kind))));
    defaults
}

/// What `defaults` gives for each table in the table `above`.
fn each(written: &Dict, above: &str, defaults: impl Fn(&str, &Dict) -> Dict) -> Value {
    let tables = written.get(above).and_then(Value::as_dict).into_iter().flatten();
    let tables = tables.filter_map(|(name, value)| Some((name, value.as_dict()?)));
    Value::from(
        tables
            .map(|(name, table)| (name.clone(), defaults(name, table)))
            .collect::<figment::value::Map<_, _>>(),
    )
}

fn parse(text: &str) -> Dict {
    Toml::from_str(text).expect("what is built in is TOML")
}
