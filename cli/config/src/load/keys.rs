//! What must be known about keys before serde reads them.
//!
//! An environment variable is text and its name has no case. How it is read, and whether it may be shown, depends on
//! its key.

use std::{slice, sync::OnceLock};

use figment::value::Dict;
use longhaul_core::http::secret::sounds_secret;

use crate::{
    schema::{
        self,
        node::{Node, Others},
    },
    tree,
    values::kind::Kind,
};

/// The prefix of the names of environment variables.
pub(crate) const PREFIX: &str = "LONGHAUL_";
/// The separator between the levels of a key in the name of a variable.
pub(crate) const BETWEEN_LEVELS: &str = "__";

/// The maximum number of levels of a key. Only an environment variable could have more.
const DEEPEST: usize = 200;

/// A key and its kind. `*` stands for a name that the user chooses, `**` for one or more names.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) path: Vec<&'static str>,
    pub(crate) kind: Kind,
}

/// Every key of the schema.
pub(crate) fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| rows_of(&[], schema::root()))
}

/// The key that `typed` means in any case, and its kind. A name that the user chooses gets the case that it has in
/// `existing`, or lower case if it is new.
pub(crate) fn find(typed: &[String], existing: &Dict) -> Option<(Vec<String>, Kind)> {
    rows().iter().find_map(|row| Some((spell(&row.path, typed, existing)?, row.kind)))
}

/// The kind of the key at `path`; nothing for a table or an unknown key.
pub(crate) fn find_kind(path: &[String]) -> Option<Kind> {
    find(path, &Dict::new()).map(|(_, kind)| kind)
}

/// The keys besides `type` that the table at `path` can have if it is of the type `kind`; nothing if every type has the
/// same keys.
pub(crate) fn of_type(path: &[&str], kind: &str) -> Option<Vec<&'static str>> {
    let table = path.iter().try_fold(schema::root(), |table, name| table.inside(name))?;
    let is_known = table.property("type")?.words().iter().any(|(word, _)| *word == kind);
    let keys = || table.properties().filter(|(name, key)| *name != "type" && key.belongs(Some(kind)));
    is_known.then(|| keys().map(|(name, _)| name).collect())
}

/// The tables in `values` whose keys depend on their `type`.
pub(crate) fn typed_tables(values: &Dict) -> Vec<Vec<String>> {
    fn below(node: Node, values: &Dict) -> Vec<Vec<String>> {
        let tables =
            values.iter().filter_map(|(name, value)| Some((name, node.inside(name)?, value.as_dict()?)));
        let found = tables.flat_map(|(name, node, table)| {
            let is_typed = node.property("type").is_some_and(|kind| !kind.words().is_empty());
            let here = is_typed.then(Vec::new).into_iter();
            here.chain(below(node, table))
                .map(|path| [slice::from_ref(name), &path].concat())
                .collect::<Vec<_>>()
        });
        found.collect()
    }
    below(schema::root(), values)
}

/// Whether `path` is a table in the schema.
pub(crate) fn is_table(path: &[String]) -> bool {
    let is_above = |row: &Row| {
        row.path.len() > path.len() && spell(&row.path[..path.len()], path, &Dict::new()).is_some()
    };
    find_kind(path).is_none() && rows().iter().any(is_above)
}

/// The environment variable that sets the key at `path`.
pub(crate) fn variable(path: &[String]) -> String {
    format!("{PREFIX}{}", path.join(BETWEEN_LEVELS).to_ascii_uppercase())
}

/// A hint how to set a key that each of `variables` sets.
pub(crate) fn set_one_of(variables: &[String]) -> String {
    let list = variables.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let one =
        if variables.len() > 1 { "one of the environment variables" } else { "the environment variable" };
    format!("add it to a configuration file, or set {one} {list}")
}

/// Whether the value at `path` is a secret.
pub(crate) fn is_secret(path: &[String]) -> bool {
    match find_kind(path) {
        Some(Kind::Secret) => true,
        // The place of a secret is none.
        Some(Kind::Text)
            if path
                .first()
                .zip(path.get(1))
                .is_some_and(|(table, name)| table == "auth" && name == "response") =>
        {
            false
        }
        Some(Kind::Free | Kind::Text) => path.last().is_some_and(|name| sounds_secret(name)),
        _ => false,
    }
}

fn rows_of(path: &[&'static str], node: Node) -> Vec<Row> {
    let below = |name| [path, &[name]].concat();
    let mut rows: Vec<_> = node.kind().map(|kind| Row { path: path.to_vec(), kind }).into_iter().collect();
    for table in node.tables() {
        rows.extend(table.properties().flat_map(|(name, node)| rows_of(&below(name), node)));
        match table.others() {
            Others::None => {}
            Others::Named(node) => rows.extend(rows_of(&below("*"), node)),
            Others::Free => rows.push(Row { path: below("**"), kind: Kind::Free }),
        }
    }
    rows
}

/// `typed` in the spelling of `row`, if it names that key.
fn spell(row: &[&str], typed: &[String], existing: &Dict) -> Option<Vec<String>> {
    let is_open = row.last() == Some(&"**") && (row.len()..=DEEPEST).contains(&typed.len());
    if row.len() != typed.len() && !is_open {
        return None;
    }
    let mut spelled: Vec<String> = Vec::new();
    for (expected, name) in row.iter().chain(std::iter::repeat(&"**")).zip(typed) {
        spelled.push(match *expected {
            "*" | "**" => like_existing(&spelled, name, existing),
            expected if expected.eq_ignore_ascii_case(name) => expected.to_owned(),
            _ => return None,
        });
    }
    Some(spelled)
}

fn like_existing(above: &[String], name: &str, existing: &Dict) -> String {
    let siblings =
        if above.is_empty() { Some(existing) } else { tree::at(existing, above).and_then(|v| v.as_dict()) };
    let mut alike = siblings.into_iter().flat_map(Dict::keys).filter(|key| key.eq_ignore_ascii_case(name));
    let exact = siblings.and_then(|siblings| siblings.get_key_value(name)).map(|(key, _)| key);
    exact.or_else(|| alike.next()).cloned().unwrap_or_else(|| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use figment::value::Value;

    use super::*;

    fn path(dotted: &str) -> Vec<String> {
        dotted.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn names_take_the_case_of_the_schema_or_of_existing_names() {
        let existing = tree::nest(&["streams", "users", "query", "pageSize"], Value::from("1"));
        let find = |typed: &str| find(&path(typed), &existing).map(|(path, kind)| (path.join("."), kind));
        assert_eq!(find("AUTH.CLIENT_ID"), Some(("auth.client_id".into(), Kind::Text)));
        assert_eq!(
            find("STREAMS.USERS.QUERY.PAGESIZE"),
            Some(("streams.users.query.pageSize".into(), Kind::Text))
        );
        assert_eq!(find("STREAMS.USERS.QUERY.NEW"), Some(("streams.users.query.new".into(), Kind::Text)));
        assert_eq!(find("SINKS.OUT.A.B.C"), Some(("sinks.out.a.b.c".into(), Kind::Free)));
        assert_eq!(find("SINKS.OUT.TYPE"), Some(("sinks.out.type".into(), Kind::Text)));
        assert_eq!(find("AUTH.TOKEN.FILE"), Some(("auth.token.file".into(), Kind::Path)));
        assert_eq!(find("AUTH.CLIENT_ID.FILE"), None);
        assert_eq!(find("STREAMS.USERS"), None);
        assert!(is_table(&path("STREAMS.USERS")) && !is_table(&path("streams.users.path")));
    }

    #[test]
    fn secrets_are_recognized_by_their_key() {
        for key in [
            "auth.client_secret",
            "auth.extra.x",
            "api.headers.x-a",
            "sinks.db.Password",
            "sinks.db.pool.token",
        ] {
            assert!(is_secret(&path(key)), "{key}");
        }
        for key in [
            "auth.client_id",
            "auth.token.env",
            "auth.response.token",
            "environment.X_SECRET",
            "streams.u.query.pageToken",
            "sinks.db.table",
        ] {
            assert!(!is_secret(&path(key)), "{key}");
        }
    }
}
