//! The columns of the messages, if they are configured.

use longhaul_core::{
    Pointer,
    json::{NotJson, PointerTree},
    sink::{Keys, SinkError},
};
use serde_json::{Map, Value, json};

use super::shape::Kinds;

/// The type of a column.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Type {
    Any,
    Text,
    Integer,
    Number,
    Boolean,
    Timestamp,
}

impl Type {
    /// The types with their names, which are those of the sinks for databases. Without a type, any value is accepted.
    const NAMED: [(&str, Self); 7] = [
        ("json", Self::Any),
        ("text", Self::Text),
        ("integer", Self::Integer),
        ("real", Self::Number),
        ("numeric", Self::Number),
        ("boolean", Self::Boolean),
        ("timestamp", Self::Timestamp),
    ];

    fn schema(self) -> Value {
        match self {
            Self::Any => Kinds::ANY.schema(),
            Self::Text => Kinds::TEXT.schema(),
            Self::Integer => Kinds::INTEGER.schema(),
            Self::Number => Kinds::NUMBER.schema(),
            Self::Boolean => Kinds::BOOLEAN.schema(),
            Self::Timestamp => json!({ "type": ["null", "string"], "format": "date-time" }),
        }
    }
}

/// A column.
#[derive(Debug)]
struct Column {
    name: String,
    /// The name as JSON, with a colon after it.
    member: String,
    at: Pointer,
    kind: Type,
}

/// The columns, in order.
#[derive(Debug)]
pub(crate) struct Columns {
    columns: Vec<Column>,
    tree: PointerTree,
}

impl Columns {
    /// Reads the key `columns`: a list of pointers, or of tables with `at`, `name` and `type`.
    pub(crate) fn new(keys: &Keys<'_>) -> Result<Option<Self>, SinkError> {
        if keys.value("columns").is_none() {
            return Ok(None);
        }
        let repeated = |column: &Column, others: &[Column]| {
            let is_taken = others.iter().any(|other| other.name == column.name);
            is_taken.then(|| format!("two columns are named `{}`", column.name))
        };
        let columns = Keys::columns(keys.required_list("columns")?, Column::new, repeated);
        let columns = columns.map_err(|problems| SinkError::config("columns", problems))?;
        let tree = PointerTree::of(columns.iter().map(|column| &column.at));
        Ok(Some(Self { columns, tree }))
    }

    /// The names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// The name of the column with the value at `at`.
    pub(super) fn name_of(&self, at: &Pointer) -> Option<&str> {
        self.columns.iter().find(|column| column.at == *at).map(|column| column.name.as_str())
    }

    /// Each column with its schema.
    pub(super) fn properties(&self) -> impl Iterator<Item = (&str, Value)> {
        self.columns.iter().map(|column| (column.name.as_str(), column.kind.schema()))
    }

    /// Appends an object with the value of each column, as the server wrote it. Missing values are null.
    pub(super) fn write(&self, record: &str, out: &mut Vec<u8>) -> Result<(), NotJson> {
        let mut values = vec![None; self.columns.len()];
        self.tree.find(record, &mut values)?;
        for (index, (column, value)) in self.columns.iter().zip(values).enumerate() {
            out.push(if index == 0 { b'{' } else { b',' });
            out.extend_from_slice(column.member.as_bytes());
            match value.unwrap_or("null") {
                // A column of text must not contain anything else.
                json if column.kind == Type::Text && !json.starts_with(['"', 'n']) => {
                    out.extend_from_slice(Value::from(json).to_string().as_bytes());
                }
                json => out.extend_from_slice(json.as_bytes()),
            }
        }
        out.push(b'}');
        Ok(())
    }
}

impl Column {
    fn new(value: &Value) -> Result<Self, SinkError> {
        let invalid = |message: String| SinkError::config("columns", message);
        let only_at;
        let table = match value {
            Value::String(_) => {
                only_at = Map::from_iter([("at".to_owned(), value.clone())]);
                &only_at
            }
            Value::Object(table) => table,
            other => return Err(invalid(format!("it must be text or a table, not {}", Keys::kind(other)))),
        };
        let keys = Keys::new(table, &["name", "at", "type"])?;
        let at = keys.required_text("at")?.parse::<Pointer>().map_err(|error| invalid(error.to_string()))?;
        let name = match keys.text("name")? {
            Some("") => return Err(invalid("`name` is empty".into())),
            Some(name) => name.to_owned(),
            None if at.tokens().concat().is_empty() => {
                return Err(invalid(format!("the pointer `{at}` needs a `name`")));
            }
            None => at.tokens().join("."),
        };
        let member = format!("{}:", Value::from(name.as_str()));
        Ok(Self { member, name, at, kind: keys.choice("type", &Type::NAMED)? })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn columns(value: Value) -> Result<Columns, SinkError> {
        let options = Map::from_iter([("columns".to_owned(), value)]);
        Columns::new(&Keys::new(&options, &["columns"])?).map(Option::unwrap)
    }

    #[test]
    fn values_keep_their_text() {
        let columns = columns(json!([
            "/id",
            {"name": "who \"x\"", "at": "/user/name", "type": "text"},
            {"at": "/n", "type": "numeric"},
            {"at": "/gone", "type": "timestamp"},
        ]))
        .unwrap();
        let mut out = Vec::new();
        columns.write(r#"{"n":1.10,"id":12345678901234567890,"user":{"name":7.0}}"#, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"id":12345678901234567890,"who \"x\"":"7.0","n":1.10,"gone":null}"#
        );
        assert_eq!(
            columns.properties().map(|(name, schema)| (name.to_owned(), schema)).collect::<Value>(),
            json!({
                "id": {"type": ["null", "string", "integer", "number", "boolean", "object", "array"]},
                "who \"x\"": {"type": ["null", "string"]},
                "n": {"type": ["null", "number"]},
                "gone": {"type": ["null", "string"], "format": "date-time"},
            })
        );
    }

    #[test]
    fn invalid_columns_are_rejected() {
        let cases = [
            (json!([]), "`columns` is empty"),
            (json!(["/a", "/a"]), "two columns are named `a`"),
            (json!([""]), "column 1: the pointer `` needs a `name`"),
            (json!(["/a", 7]), "column 2: it must be text or a table, not a number"),
            (json!([{"at": "/a", "name": ""}]), "column 1: `name` is empty"),
        ];
        for (value, message) in cases {
            let error = columns(value).unwrap_err();
            assert_eq!((error.key(), error.to_string().as_str()), (Some("columns"), message));
        }
    }
}
