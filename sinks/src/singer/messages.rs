//! The messages of Singer: `SCHEMA`, `RECORD` and `STATE`.

use std::sync::Arc;

use longhaul_core::{
    Pointer,
    json::NotJson,
    sink::{Batch, Keys, SinkError, SinkErrorKind},
};
use serde_json::Value;

use super::{
    columns::Columns,
    shape::{Kinds, Shape},
};

/// How the messages of every stream are made.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The fields that identify a record, for `key_properties`.
    key: Vec<String>,
    columns: Option<Columns>,
}

/// Makes the messages of one stream, in order.
#[derive(Debug)]
pub(crate) struct Messages {
    layout: Arc<Layout>,
    stream: String,
    shape: Shape,
    /// Whether a schema was sent.
    has_schema: bool,
}

impl Layout {
    /// The keys that [`new`](Self::new) reads.
    pub(crate) const KEYS: [&str; 2] = ["key", "columns"];

    /// Reads the layout from these keys.
    pub(crate) fn new(keys: &Keys<'_>) -> Result<Self, SinkError> {
        let columns = Columns::new(keys)?;
        let names = match keys.value("key") {
            None => Vec::new(),
            Some(Value::String(name)) => vec![name.as_str()],
            Some(_) => {
                let listed = keys.required_list("key")?.iter().map(Value::as_str).collect::<Option<_>>();
                listed.ok_or_else(|| SinkError::config("key", "`key` must be a list of names"))?
            }
        };
        let key =
            names.into_iter().map(|name| Self::field(name, columns.as_ref())).collect::<Result<_, _>>()?;
        Ok(Self { key, columns })
    }

    /// Whether the schema is known before the first record.
    pub(super) fn has_columns(&self) -> bool {
        self.columns.is_some()
    }

    /// The field of a record with this name, or at this pointer.
    fn field(name: &str, columns: Option<&Columns>) -> Result<String, SinkError> {
        let invalid = |message: String| SinkError::config("key", message);
        let pointer = name.starts_with('/').then(|| name.parse::<Pointer>());
        let pointer = pointer.transpose().map_err(|error| invalid(error.to_string()))?;
        match (pointer, columns) {
            (Some(at), Some(columns)) => columns
                .name_of(&at)
                .map(str::to_owned)
                .ok_or_else(|| invalid(format!("`key` contains `{name}`, which is not in `columns`"))),
            (Some(at), None) => match at.tokens() {
                [field] => Ok(field.clone()),
                _ => Err(invalid(format!(
                    "`key` contains `{name}`, but a key must be a field of the record itself"
                ))),
            },
            (None, Some(columns)) if !columns.names().any(|column| column == name) => {
                Err(invalid(format!("`key` contains `{name}`, which is not a column")))
            }
            (None, _) => Ok(name.to_owned()),
        }
    }
}

impl Messages {
    /// The messages of `stream`.
    pub(crate) fn new(layout: Arc<Layout>, stream: &str) -> Self {
        Self { layout, stream: Value::from(stream).to_string(), shape: Shape::default(), has_schema: false }
    }

    /// Appends a `RECORD` for each of these, after a `SCHEMA` if one of them does not fit the last one.
    ///
    /// # Errors
    /// A record is not an object.
    pub(crate) fn records(&mut self, batch: &Batch<'_>, out: &mut Vec<u8>) -> Result<(), SinkError> {
        let layout = Arc::clone(&self.layout);
        let mut has_changed = !self.has_schema;
        if layout.columns.is_none() {
            for (number, record) in (1..).zip(batch.records()) {
                let learned = self.shape.learn(text(record, number)?);
                has_changed |= learned.map_err(|error| not_an_object(number, error))?;
            }
        }
        if has_changed {
            self.schema(out);
        }
        for (number, record) in (1..).zip(batch.records()) {
            out.extend_from_slice(br#"{"type":"RECORD","stream":"#);
            out.extend_from_slice(self.stream.as_bytes());
            out.extend_from_slice(br#","record":"#);
            match &layout.columns {
                Some(columns) => {
                    columns
                        .write(text(record, number)?, out)
                        .map_err(|error| not_an_object(number, error))?;
                }
                None => out.extend_from_slice(record),
            }
            out.extend_from_slice(b"}\n");
        }
        Ok(())
    }

    /// Appends a `SCHEMA` if none was sent and the columns are known without any record.
    pub(crate) fn known_schema(&mut self, out: &mut Vec<u8>) {
        if !self.has_schema && self.layout.columns.is_some() {
            self.schema(out);
        }
    }

    /// Appends a `STATE`.
    pub(crate) fn state(&self, bookmark: &Value, out: &mut Vec<u8>) {
        let line = format!(r#"{{"type":"STATE","value":{{"bookmarks":{{{}:{bookmark}}}}}}}"#, self.stream);
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }

    fn schema(&mut self, out: &mut Vec<u8>) {
        self.has_schema = true;
        let mut properties: Vec<_> = match &self.layout.columns {
            Some(columns) => columns.properties().collect(),
            None => self.shape.properties().collect(),
        };
        for key in &self.layout.key {
            // Targets reject a key that is not a property.
            if !properties.iter().any(|(name, _)| name == key) {
                properties.push((key, Kinds::ANY.schema()));
            }
        }
        // Written by hand, so that the columns of a table are in this order.
        let properties: Vec<_> =
            properties.into_iter().map(|(name, schema)| format!("{}:{schema}", Value::from(name))).collect();
        let line = format!(
            r#"{{"type":"SCHEMA","stream":{},"schema":{{"type":"object","properties":{{{}}}}},"key_properties":{}}}"#,
            self.stream,
            properties.join(","),
            Value::from(self.layout.key.as_slice())
        );
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
}

fn text(record: &[u8], number: usize) -> Result<&str, SinkError> {
    std::str::from_utf8(record)
        .map_err(|error| rejected(format!("record {number} of the page is not UTF-8")).because(error))
}

fn not_an_object(number: usize, error: NotJson) -> SinkError {
    rejected(format!("record {number} of the page is not a JSON object, as Singer requires")).because(error)
}

fn rejected(message: String) -> SinkError {
    SinkError::new(SinkErrorKind::Rejected, message)
}

#[cfg(test)]
mod tests {
    use longhaul_core::sink::Options;
    use serde_json::json;

    use super::*;

    fn layout(options: Value) -> Result<Arc<Layout>, SinkError> {
        let options: Options = serde_json::from_value(options).unwrap();
        Layout::new(&Keys::new(&options, &Layout::KEYS)?).map(Arc::new)
    }

    fn add(messages: &mut Messages, page: &[&str], out: &mut Vec<u8>) -> Result<(), SinkError> {
        let text: String = page.iter().flat_map(|record| [record, "\n"]).collect();
        let ends: Vec<_> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        messages.records(&Batch::new(text.as_bytes(), &ends), out)
    }

    fn sent(layout: &Arc<Layout>, pages: &[&[&str]]) -> String {
        let (mut messages, mut out) = (Messages::new(Arc::clone(layout), "us\"ers"), Vec::new());
        for page in pages {
            add(&mut messages, page, &mut out).unwrap();
        }
        messages.state(&json!({ "page": 1 }), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn records_keep_their_bytes_and_follow_a_schema() {
        let layout = layout(json!({ "key": "/id" })).unwrap();
        let sent = sent(&layout, &[&[r#"{"id":1,"n":1.10}"#, r#"{ "id":2 }"#], &[], &[r#"{"id":"x"}"#]]);
        let expected = concat!(
            r#"{"type":"SCHEMA","stream":"us\"ers","schema":{"type":"object","properties":{"id":{"type":["null","integer"]},"#,
            r#""n":{"type":["null","number"]}}},"key_properties":["id"]}"#,
            "\n",
            r#"{"type":"RECORD","stream":"us\"ers","record":{"id":1,"n":1.10}}"#,
            "\n",
            r#"{"type":"RECORD","stream":"us\"ers","record":{ "id":2 }}"#,
            "\n",
            r#"{"type":"SCHEMA","stream":"us\"ers","schema":{"type":"object","properties":{"id":{"type":["null","string","integer"]},"#,
            r#""n":{"type":["null","number"]}}},"key_properties":["id"]}"#,
            "\n",
            r#"{"type":"RECORD","stream":"us\"ers","record":{"id":"x"}}"#,
            "\n",
            r#"{"type":"STATE","value":{"bookmarks":{"us\"ers":{"page":1}}}}"#,
            "\n",
        );
        assert_eq!(sent, expected);
    }

    #[test]
    fn columns_are_the_schema_and_the_record() {
        let layout = layout(
            json!({ "key": ["/a/id"], "columns": [{"name": "id", "at": "/a/id", "type": "integer"}] }),
        );
        let sent = sent(&layout.unwrap(), &[&[r#"{"a":{"id":1,"b":2}}"#, "{}"]]);
        let expected = concat!(
            r#"{"type":"SCHEMA","stream":"us\"ers","schema":{"type":"object","properties":{"id":{"type":["null","integer"]}}},"#,
            r#""key_properties":["id"]}"#,
            "\n",
            r#"{"type":"RECORD","stream":"us\"ers","record":{"id":1}}"#,
            "\n",
            r#"{"type":"RECORD","stream":"us\"ers","record":{"id":null}}"#,
            "\n",
            r#"{"type":"STATE","value":{"bookmarks":{"us\"ers":{"page":1}}}}"#,
            "\n",
        );
        assert_eq!(sent, expected);
    }

    #[test]
    fn only_objects_can_be_sent() {
        let layout = layout(json!({})).unwrap();
        let mut messages = Messages::new(layout, "x");
        let error = add(&mut messages, &["{}", "[1]"], &mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), SinkErrorKind::Rejected);
        assert_eq!(error.to_string(), "record 2 of the page is not a JSON object, as Singer requires");
    }

    #[test]
    fn a_key_must_be_a_field() {
        let cases = [
            (json!({"key": "/a/b"}), "`key` contains `/a/b`, but a key must be a field of the record itself"),
            (json!({"key": "b", "columns": ["/a"]}), "`key` contains `b`, which is not a column"),
            (json!({"key": "/b", "columns": ["/a"]}), "`key` contains `/b`, which is not in `columns`"),
            (json!({"key": [7]}), "`key` must be a list of names"),
            (json!({"key": 7}), "`key` must be a list, not a number"),
        ];
        for (options, message) in cases {
            assert_eq!(layout(options).unwrap_err().to_string(), message);
        }
    }
}
