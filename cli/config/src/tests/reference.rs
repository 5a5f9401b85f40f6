//! The file of the schema is what the sections derive. The tables of keys in `cli/docs/configuration.md` are those of the
//! schema, and that of systems lists the presets.

use std::{env, fmt::Write, fs};

use serde_json::Value;

use super::systems;
use crate::schema::{
    self,
    node::{Node, Others},
};

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../longhaul.schema.json");
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");

/// Before the table of a section: `<!-- keys of streams.NAME.job -->`. The top level has no name.
const BEGIN: &str = "<!-- keys of ";
const END: &str = "<!-- end of keys -->";

/// Writes the files instead of comparing them.
const UPDATE: &str = "UPDATE_REFERENCE";

#[test]
fn the_reference_of_keys_is_up_to_date() {
    let page = fs::read_to_string(PAGE).unwrap();
    compare_or_update(PAGE, &systems::with_table(&with_tables(&page)));
}

#[test]
fn the_schema_file_is_up_to_date() {
    compare_or_update(SCHEMA, &format!("{:#}\n", schema::derived::derive()));
}

fn compare_or_update(path: &str, current: &str) {
    if env::var_os(UPDATE).is_some() {
        fs::write(path, current).unwrap();
    } else {
        let command = format!("{UPDATE}=1 cargo test -p longhaul-config reference");
        assert!(fs::read_to_string(path).unwrap() == current, "{path} is out of date; run `{command}`");
    }
}

/// `page` with the tables that the schema gives.
fn with_tables(page: &str) -> String {
    let mut sections = page.split(BEGIN);
    let mut current = sections.next().unwrap().to_owned();
    for section in sections {
        let (name, rest) = section.split_once(" -->\n").unwrap();
        let (_, after) = rest.split_once(END).unwrap();
        write!(current, "{BEGIN}{name} -->\n{}{END}{after}", table(page, name)).unwrap();
    }
    current
}

/// The table of the keys in the section `name`.
fn table(page: &str, name: &str) -> String {
    let path: Vec<_> = name.split('.').filter(|name| *name != "top level").collect();
    let node = path.iter().fold(schema::root(), |node, name| node.inside(name).unwrap());
    // A list of tables has the keys of its items.
    let node = node.get("items").map_or(node, Node::of);
    let mut groups = groups(page, &path, &[], node);
    // What a user must say comes first.
    groups.sort_by_key(|rows| (rows[0].name != "type", !rows[0].default.starts_with("required")));
    let rows = groups.concat();
    let has_types = rows.iter().any(|row| !row.types.is_empty());
    let types = |text: &str| if has_types { format!(" {text} |") } else { String::new() };
    let mut table = format!("| key | value | default | meaning |{}\n", types("types"));
    writeln!(table, "|---|---|---|---|{}", if has_types { "---|" } else { "" }).unwrap();
    for Row { name, value, default, meaning, types: of } in &rows {
        writeln!(table, "| `{name}` | {value} | {default} | {meaning} |{}", types(of)).unwrap();
    }
    table.replace("|  |", "| |").replace("|  |", "| |")
}

#[derive(Clone)]
struct Row {
    name: String,
    value: String,
    default: String,
    meaning: String,
    types: String,
}

/// The keys of the table `node`, each with the keys inside it.
fn groups(page: &str, section: &[&str], above: &[&str], node: Node) -> Vec<Vec<Row>> {
    let group = |(key, below): (&'static str, Node)| {
        let name = [above, &[key]].concat();
        let path = [section, &name].concat().join(".");
        let table = below.tables().next().filter(|_| below.kind().is_none());
        match table.map(|table| (table, table.others())) {
            None => vec![Row::new(&name, below, below, value(below))],
            Some((_, Others::Named(inner))) => {
                let path = format!("{path}.NAME");
                let shown = if is_section(page, &path) { link(&path) } else { value(inner) };
                vec![Row::new(&[&*name, &["NAME"]].concat(), below, inner, shown)]
            }
            Some(_) if is_section(page, &path) => vec![Row::new(&name, below, below, link(&path))],
            Some((table, _)) => {
                let mut rows = vec![Row::new(&name, below, below, "table".to_owned())];
                let mut inside = groups(page, section, &name, table).concat();
                if below.get("x-required").is_none() {
                    let required = |row: &&mut Row| row.default == "required";
                    inside.iter_mut().filter(required).for_each(|row| {
                        row.default = format!("required in `{key}`");
                    });
                }
                rows.append(&mut inside);
                rows
            }
        }
    };
    node.properties().map(group).collect()
}

fn is_section(page: &str, path: &str) -> bool {
    page.contains(&format!("{BEGIN}{path} -->"))
}

/// A link to the heading of the section `path`.
fn link(path: &str) -> String {
    let anchor: String = path.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    format!("[table](#{})", anchor.to_lowercase())
}

impl Row {
    /// The row of a key that is described by `key`, and whose value by `inside`.
    fn new(name: &[&str], key: Node, inside: Node, value: String) -> Self {
        let mut meaning = description(key).to_owned();
        for (word, node) in inside.words().iter().filter(|(_, node)| !description(*node).is_empty()) {
            write!(meaning, " `{word}`: {}", decapitalized(description(*node))).unwrap();
        }
        let types = key.get("x-types").map(words).unwrap_or_default();
        Self {
            name: name.join("."),
            value,
            default: default(key),
            meaning: meaning.replace('|', "\\|"),
            types,
        }
    }
}

fn description(node: Node) -> &'static str {
    node.get("description").and_then(Value::as_str).unwrap_or_default()
}

/// What values `node` takes.
fn value(node: Node) -> String {
    let choices = node.words();
    if !choices.is_empty() {
        return choices.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    }
    if let Some(name) = node.get("x-value").and_then(Value::as_str) {
        return name.to_owned();
    }
    let names = node.get("type").unwrap();
    match names.as_str().or_else(|| names[0].as_str()).unwrap() {
        "array" => match node.get("items").map(|items| value_of_item(Node::of(items))) {
            Some(item) if !item.is_empty() => format!("list of {item}"),
            _ => "list".to_owned(),
        },
        "boolean" => "`true`, `false`".to_owned(),
        "integer" => "number".to_owned(),
        "string" => "text".to_owned(),
        other => panic!("no word for {other}"),
    }
}

fn value_of_item(node: Node) -> String {
    let name = node.get("x-value").or_else(|| node.get("type")).and_then(Value::as_str);
    match name.unwrap_or_default() {
        "object" => "tables".to_owned(),
        "string" => "texts".to_owned(),
        "" => String::new(),
        other => format!("{other}s"),
    }
}

fn default(key: Node) -> String {
    if let Some(types) = key.get("x-defaults").and_then(Value::as_object) {
        let each = types.iter().map(|(name, value)| format!("`{value}` for `{name}`"));
        return each.collect::<Vec<_>>().join(", ");
    }
    match (key.get("default"), key.get("x-default"), key.get("x-required")) {
        (Some(Value::Object(_)), ..) | (None, None, None) => String::new(),
        (Some(list @ Value::Array(_)), ..) => format!("`{}`", list.to_string().replace(',', ", ")),
        (Some(value), ..) => format!("`{value}`"),
        (None, Some(text), _) => text.as_str().unwrap().to_owned(),
        (None, None, Some(Value::Bool(true))) => "required".to_owned(),
        (None, None, Some(types)) => format!("required for {}", words(types)),
    }
}

fn words(list: &Value) -> String {
    list.as_array()
        .unwrap()
        .iter()
        .map(|word| format!("`{}`", word.as_str().unwrap()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `text` as the continuation of a sentence, unless it begins with an abbreviation.
fn decapitalized(text: &str) -> String {
    let mut letters = text.chars();
    let (first, second) = (letters.next(), letters.next());
    if second.is_some_and(char::is_uppercase) {
        return text.to_owned();
    }
    first.into_iter().flat_map(char::to_lowercase).chain(text.chars().skip(1)).collect()
}
