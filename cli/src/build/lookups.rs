//! Columns with names: `{ at = "/queueId", lookup = "queues", by = "/id", to = "/name" }`.

use longhaul_core::{
    Pointer,
    pull::lookup::Place,
    sink::{Keys, Options, SinkError},
};
use serde_json::{Map, Value};

use super::columns::from_record;

/// The names of another stream.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct NameSource {
    /// The stream.
    pub(crate) stream: String,
    /// Where its records have the ids.
    pub(crate) by: String,
    /// Where they have the names.
    pub(crate) to: String,
}

/// A column with names.
#[derive(Clone, Debug)]
pub(crate) struct NamedColumn {
    /// Where the names are from.
    pub(crate) source: NameSource,
    /// Where the ids are, and the member that holds the names.
    pub(crate) place: Place,
}

/// The keys of a column with names.
const KEYS: [&str; 3] = ["lookup", "by", "to"];

/// Takes the columns with names out of `options`: a sink has columns of the members that hold the names.
pub(super) fn take(options: &mut Options) -> Result<Vec<NamedColumn>, SinkError> {
    let rows = options.get("rows").and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(columns) = options.get_mut("columns").and_then(Value::as_array_mut) else {
        return Ok(Vec::new());
    };
    let mut named = Vec::new();
    for (index, column) in columns.iter_mut().enumerate() {
        let Some(table) =
            column.as_object_mut().filter(|table| KEYS.iter().any(|key| table.contains_key(*key)))
        else {
            continue;
        };
        let invalid =
            |message: String| SinkError::config("columns", format!("column {}: {message}", index + 1));
        named.push(of_column(table, &rows).map_err(|error| invalid(error.to_string()))?);
    }
    check_others(columns, &rows, &named)?;
    Ok(named)
}

/// The options without what is looked up: the columns have the ids.
pub(crate) fn without_lookups(mut options: Options) -> Options {
    for column in options.get_mut("columns").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(table) = column.as_object_mut() {
            for key in KEYS {
                table.remove(key);
            }
        }
    }
    options
}

fn of_column(table: &mut Map<String, Value>, rows: &str) -> Result<NamedColumn, SinkError> {
    let invalid = |message: String| SinkError::config("columns", message);
    let known: Vec<_> = table.keys().cloned().collect();
    let keys = Keys::new(table, &known)?;
    let (at, stream) = (keys.required_text("at")?.to_owned(), keys.required_text("lookup")?.to_owned());
    let (by, to) = (keys.required_text("by")?.to_owned(), keys.required_text("to")?.to_owned());
    let pointer = |text: &str| text.parse::<Pointer>().map_err(|error| invalid(error.to_string()));
    pointer(&by)?;
    pointer(&to)?;
    let relative = pointer(at.trim_start_matches('^'))?;
    let Some(last) = relative.tokens().last() else {
        return Err(invalid("`lookup` needs the place of an id, not of a whole record or row".into()));
    };
    let added = format!("{last}@{stream}{to}");
    let place = Place { at: pointer(&from_record(&at, rows))?, added: added.clone() };
    let above = &relative.tokens()[..relative.tokens().len() - 1];
    let beside = Pointer::from_tokens(above.iter().chain([&added]).cloned());
    let carets = &at[..at.len() - at.trim_start_matches('^').len()];
    let name = keys.text("name")?.map_or_else(|| relative.tokens().join("."), str::to_owned);
    for key in KEYS {
        table.remove(key);
    }
    table.insert("at".into(), format!("{carets}{beside}").into());
    table.insert("name".into(), name.into());
    Ok(NamedColumn { source: NameSource { stream, by, to }, place })
}

/// A column that contains the object of an id would contain its name, too, which the server did not send.
fn check_others(columns: &[Value], rows: &str, named: &[NamedColumn]) -> Result<(), SinkError> {
    for column in columns {
        let Some(at) = column.as_str().or_else(|| column.get("at")?.as_str()) else { continue };
        let Ok(other) = from_record(at, rows).parse::<Pointer>() else { continue };
        let contains = |named: &&NamedColumn| {
            let of_object = &named.place.at.tokens()[..named.place.at.tokens().len() - 1];
            other.tokens().len() <= of_object.len()
                && other
                    .tokens()
                    .iter()
                    .zip(of_object)
                    .all(|(one, two)| one == two || two == "*" || one == "*")
        };
        if let Some(named) = named.iter().find(contains) {
            let message = format!(
                "the column at `{at}` contains `{}`, whose name is looked up; leave one of them out, so that no record \
                 is changed",
                named.place.at
            );
            return Err(SinkError::config("columns", message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn taken(options: &Value) -> Result<(Value, Vec<NamedColumn>), String> {
        let mut options = options.as_object().unwrap().clone();
        let named = take(&mut options).map_err(|error| error.to_string())?;
        Ok((options.into(), named))
    }

    #[test]
    fn the_sink_has_a_column_of_the_member_that_holds_the_name() {
        let lookup = json!({"at": "^^/a/queueId", "lookup": "queues", "by": "/id", "to": "/name"});
        let (options, named) = taken(&json!({"rows": "/ps/*/ss/*", "columns": ["/x", lookup]})).unwrap();
        assert_eq!(
            options["columns"],
            json!(["/x", {"name": "a.queueId", "at": "^^/a/queueId@queues~1name"}])
        );
        assert_eq!((named[0].place.at.to_string().as_str(), named.len()), ("/ps/*/a/queueId", 1));
        assert_eq!(named[0].place.added, "queueId@queues/name");
        let source = NameSource { stream: "queues".into(), by: "/id".into(), to: "/name".into() };
        assert_eq!(named[0].source, source);
    }

    #[test]
    fn an_incomplete_lookup_is_an_error() {
        let error = |column: &Value| taken(&json!({ "columns": ["/x", column] })).unwrap_err();
        for (column, message) in [
            (json!({"at": "/q", "lookup": "queues", "by": "/id"}), "column 2: the key `to` is missing"),
            (json!({"at": "/q", "by": "/id"}), "column 2: the key `lookup` is missing"),
            (
                json!({"at": "/q", "lookup": "queues", "by": "id", "to": "/name"}),
                "column 2: `id` is not a JSON pointer: it must be empty or start with `/`",
            ),
            (
                json!({"at": "", "lookup": "queues", "by": "/id", "to": "/name"}),
                "column 2: `lookup` needs the place of an id, not of a whole record or row",
            ),
            (
                json!({"at": "/x/q", "lookup": "queues", "by": "/id", "to": "/name"}),
                "the column at `/x` contains `/x/q`, whose name is looked up; leave one of them out, so that no record is \
                 changed",
            ),
        ] {
            assert_eq!(error(&column), message);
        }
    }
}
