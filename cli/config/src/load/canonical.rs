//! The canonical form of values, in which layers are merged and read.

use std::path::Path;

use figment::{
    providers::{Format, Toml},
    value::{Dict, Value},
};

use crate::{
    load::keys,
    values::{body, kind::Kind},
};

/// `table` in its canonical form: lists that were written as text are lists, paths that longhaul reads are absolute
/// (they are relative to `folder`), and TOML's dates are text.
pub(crate) fn table(table: Dict, folder: &Path) -> Dict {
    below(&[], table, folder)
}

/// `text` as a TOML value, if it is one.
pub(crate) fn toml(text: &str) -> Option<Value> {
    let mut table: Dict = Toml::from_str(&format!("value = {text}")).ok()?;
    // Text with a line break could add other keys.
    if table.len() == 1 { table.remove("value") } else { None }
}

fn below(path: &[String], table: Dict, folder: &Path) -> Dict {
    let inside = |(name, inner): (String, Value)| {
        let path = [path, std::slice::from_ref(&name)].concat();
        (name, value(&path, inner, folder))
    };
    table.into_iter().map(inside).collect()
}

fn value(path: &[String], written: Value, folder: &Path) -> Value {
    match (keys::find_kind(path), written) {
        (Some(Kind::Body), Value::Dict(tag, table)) if body::is_form(&table) => {
            Value::Dict(tag, table.into_iter().map(|(name, file)| (name, absolute(file, folder))).collect())
        }
        (Some(Kind::Command), command) => self::command(command, folder),
        (Some(Kind::List), Value::String(_, text)) => list(&text),
        (Some(Kind::List), values) => with_dates_as_text(values),
        (Some(Kind::Path), file) => absolute(file, folder),
        (Some(Kind::Paths), Value::Array(tag, files)) => {
            Value::Array(tag, files.into_iter().map(|file| absolute(file, folder)).collect())
        }
        (_, Value::Dict(tag, table)) => match date(&table) {
            Some(date) => date,
            None => Value::Dict(tag, below(path, table, folder)),
        },
        (_, Value::Array(tag, values)) => {
            Value::Array(tag, values.into_iter().map(|inner| value(path, inner, folder)).collect())
        }
        (_, other) => other,
    }
}

/// A program with a slash is a path relative to the file; one without is searched in `PATH`.
fn command(command: Value, folder: &Path) -> Value {
    let command = match command {
        Value::String(_, text) if text.starts_with('[') => toml(&text).unwrap_or(Value::from(text)),
        other => other,
    };
    match command {
        Value::Array(tag, mut line) => {
            if let Some(program) =
                line.first_mut().filter(|program| program.as_str().is_some_and(|p| p.contains('/')))
            {
                *program = absolute(program.clone(), folder);
            }
            Value::Array(tag, line)
        }
        other => other,
    }
}

fn absolute(path: Value, folder: &Path) -> Value {
    match path.as_str().map(|path| folder.join(path)) {
        Some(path) => Value::from(path.to_string_lossy().into_owned()),
        None => path,
    }
}

fn list(text: &str) -> Value {
    let array =
        if text.starts_with('[') { toml(text).filter(|value| value.as_array().is_some()) } else { None };
    let separated = || text.split(|c: char| c == ',' || c.is_whitespace()).filter(|item| !item.is_empty());
    array.unwrap_or_else(|| Value::from(separated().collect::<Vec<_>>()))
}

fn with_dates_as_text(value: Value) -> Value {
    match value {
        Value::Dict(tag, table) => date(&table).unwrap_or_else(|| {
            Value::Dict(
                tag,
                table.into_iter().map(|(name, inner)| (name, with_dates_as_text(inner))).collect(),
            )
        }),
        Value::Array(tag, values) => Value::Array(tag, values.into_iter().map(with_dates_as_text).collect()),
        other => other,
    }
}

/// The text of a TOML date, which the parser represents as a table with a special key.
fn date(table: &Dict) -> Option<Value> {
    let text = table.get("$__toml_private_datetime").filter(|_| table.len() == 1)?;
    Some(Value::from(text.as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Dict {
        table(Toml::from_str(text).unwrap(), Path::new("/etc/longhaul"))
    }

    #[test]
    fn dates_in_conditions_are_text() {
        for (date, text) in [
            ("streams.a.window.from = 2026-01-01", "streams.a.window.from = '2026-01-01'"),
            (
                "streams.a.where = [{ at = '/d', is = 2026-01-01 }]",
                "streams.a.where = [{ at = '/d', is = '2026-01-01' }]",
            ),
            ("streams.a.where = [{ is = [2026-01-01] }]", "streams.a.where = [{ is = ['2026-01-01'] }]"),
            (
                "streams.a.answers = [{ when = { is = 2026-01-01 } }]",
                "streams.a.answers = [{ when = { is = '2026-01-01' } }]",
            ),
        ] {
            assert_eq!(canonical(date), canonical(text), "{date}");
        }
    }

    #[test]
    fn lists_may_be_written_as_text() {
        for text in ["a:b,c", "a:b, c", " a:b\tc ", "['a:b', 'c']"] {
            let written = canonical(&format!("auth.scope = \"{}\"", text.replace('\t', "\\t")));
            assert_eq!(written, canonical("auth.scope = ['a:b', 'c']"), "{text}");
        }
        assert_eq!(canonical("auth.scope = ''"), canonical("auth.scope = []"));
        assert_eq!(canonical("auth.scope = '[a'"), canonical("auth.scope = ['[a']"));
    }

    #[test]
    fn paths_that_are_read_are_relative_to_their_file() {
        let written = canonical(
            "plugin_path = ['p', '/q']\n[api]\nca_file = 'ca.pem'\n[auth]\nclient_secret = { file = 's' }\n\
             password = { command = ['./pass', './x'] }\ntoken = { command = ['pass'] }\n\
             [streams.a]\nbody = { file = 'b.json' }\n[streams.b]\nbody = { file = 'b.json', size = 1 }\n\
             [sinks.out]\npath = 'out'",
        );
        let absolute = canonical(
            "plugin_path = ['/etc/longhaul/p', '/q']\n[api]\nca_file = '/etc/longhaul/ca.pem'\n\
             [auth]\nclient_secret = { file = '/etc/longhaul/s' }\n\
             password = { command = ['/etc/longhaul/./pass', './x'] }\ntoken = { command = ['pass'] }\n\
             [streams.a]\nbody = { file = '/etc/longhaul/b.json' }\n\
             [streams.b]\nbody = { file = 'b.json', size = 1 }\n\
             [sinks.out]\npath = 'out'",
        );
        assert_eq!(written, absolute);
    }

    #[test]
    fn dates_are_text() {
        let written = canonical("streams.a.body = { from = 2026-01-01, all = [2026-01-02T00:00:00Z] }");
        let text = canonical("streams.a.body = { from = '2026-01-01', all = ['2026-01-02T00:00:00Z'] }");
        assert_eq!(written, text);
    }
}
