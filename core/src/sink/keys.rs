//! Reads the options of a sink, key by key.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::{Options, SinkError};
use crate::suggest::closest;

/// The options of a sink, or a table in them. Every error is of the kind [`Config`](super::SinkErrorKind::Config) and
/// names its key.
#[derive(Debug)]
pub struct Keys<'o> {
    options: &'o Options,
}

impl<'o> Keys<'o> {
    /// Reads `options`, whose keys must all be in `known`.
    ///
    /// # Errors
    /// There is an unknown key. The message suggests the known key that is most similar.
    pub fn new(options: &'o Options, known: &[impl AsRef<str>]) -> Result<Self, SinkError> {
        let is_known = |key: &str| known.iter().any(|known| known.as_ref() == key);
        match options.keys().find(|key| !is_known(key)) {
            Some(key) => Err(SinkError::config(key, format!("unknown key `{key}`{}", closest(key, known)))),
            None => Ok(Self { options }),
        }
    }

    /// The value of `key`. `null` counts as absent.
    pub fn value(&self, key: &str) -> Option<&'o Value> {
        self.options.get(key).filter(|value| !value.is_null())
    }

    /// The value of `key`, which is required.
    ///
    /// # Errors
    /// It is absent.
    pub fn required(&self, key: &str) -> Result<&'o Value, SinkError> {
        self.value(key).ok_or_else(|| SinkError::config(key, format!("the key `{key}` is missing")))
    }

    /// The text under `key`, which is required.
    ///
    /// # Errors
    /// It is absent or not text.
    pub fn required_text(&self, key: &str) -> Result<&'o str, SinkError> {
        let value = self.required(key)?;
        value.as_str().ok_or_else(|| mistyped(key, "text", value))
    }

    /// The text under `key`, if any.
    ///
    /// # Errors
    /// It is not text.
    pub fn text(&self, key: &str) -> Result<Option<&'o str>, SinkError> {
        self.value(key).map(|_| self.required_text(key)).transpose()
    }

    /// The list under `key`, which is required.
    ///
    /// # Errors
    /// It is absent or not a list.
    pub fn required_list(&self, key: &str) -> Result<&'o [Value], SinkError> {
        let value = self.required(key)?;
        value.as_array().map(Vec::as_slice).ok_or_else(|| mistyped(key, "a list", value))
    }

    /// The columns in `listed`, each read by `read`. `repeated` says what is wrong with one that is like another.
    ///
    /// # Errors
    /// Everything that is wrong, so that nobody has to correct one column after another. The message is a clause.
    pub fn columns<C>(
        listed: &[Value],
        read: impl Fn(&Value) -> Result<C, SinkError>,
        repeated: impl Fn(&C, &[C]) -> Option<String>,
    ) -> Result<Vec<C>, String> {
        let (mut columns, mut problems) = (Vec::new(), Vec::new());
        for (number, value) in (1..).zip(listed) {
            match read(value) {
                Err(error) => problems.push(format!("column {number}: {error}")),
                Ok(column) => match repeated(&column, &columns) {
                    Some(problem) => problems.push(problem),
                    None => columns.push(column),
                },
            }
        }
        if listed.is_empty() {
            problems.push("`columns` is empty".to_owned());
        }
        if problems.is_empty() { Ok(columns) } else { Err(problems.join("; ")) }
    }

    /// Whether `key` is true. It is false by default. The texts `true` and `false` are accepted too, because environment
    /// variables are text.
    ///
    /// # Errors
    /// It is neither true nor false.
    pub fn is_true(&self, key: &str) -> Result<bool, SinkError> {
        match self.value(key) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(Value::String(text)) if text == "true" => Ok(true),
            Some(Value::String(text)) if text == "false" => Ok(false),
            Some(Value::String(text)) => {
                Err(SinkError::config(key, format!("`{key}` must be `true` or `false`, not `{text}`")))
            }
            Some(other) => Err(mistyped(key, "`true` or `false`", other)),
        }
    }

    /// The whole number under `key`, if any. It must be in `range`, and may be text.
    ///
    /// # Errors
    /// It is not a whole number, or not in `range`.
    pub fn whole_number(&self, key: &str, range: RangeInclusive<u8>) -> Result<Option<u8>, SinkError> {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let Some(value) = self.value(key) else { return Ok(None) };
        let (shown, number) = match value {
            Value::Number(number) => (number.to_string(), number.as_u64().and_then(|n| n.try_into().ok())),
            Value::String(text) => (text.clone(), text.parse().ok()),
            other => return Err(mistyped(key, &expected, other)),
        };
        let number = number.filter(|number| range.contains(number));
        let invalid = || SinkError::config(key, format!("`{key}` must be {expected}, not `{shown}`"));
        number.ok_or_else(invalid).map(Some)
    }

    /// The one of `choices` that is named under `key`. The first one is the default.
    ///
    /// # Errors
    /// It is not one of the names. The message suggests the one that is most similar.
    ///
    /// # Panics
    /// If there are no choices.
    pub fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Result<T, SinkError> {
        let names = || choices.iter().map(|(name, _)| name);
        let listed = || names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ");
        let Some(value) = self.value(key) else {
            return Ok(choices[0].1);
        };
        let name = value.as_str().ok_or_else(|| mistyped(key, &listed(), value))?;
        let chosen = choices.iter().find(|(known, _)| *known == name).map(|(_, choice)| *choice);
        chosen.ok_or_else(|| {
            let message = format!("`{key}` must be {}, not `{name}`{}", listed(), closest(name, names()));
            SinkError::config(key, message)
        })
    }

    /// The kind of `value`, in the words of the configuration: `a table`.
    pub fn kind(value: &Value) -> &'static str {
        match value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Array(_) => "a list",
            Value::Object(_) => "a table",
        }
    }
}

fn mistyped(key: &str, expected: &str, value: &Value) -> SinkError {
    SinkError::config(key, format!("`{key}` must be {expected}, not {}", Keys::kind(value)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Keys, Options, SinkError};
    use crate::sink::SinkErrorKind;

    fn with_keys<T>(
        options: serde_json::Value,
        read: impl Fn(&Keys<'_>) -> Result<T, SinkError>,
    ) -> Result<T, (String, String)> {
        let options: Options = serde_json::from_value(options).unwrap();
        let keys = Keys::new(&options, &["path", "mode", "bom", "columns"]);
        keys.and_then(|keys| read(&keys)).map_err(|error| {
            assert_eq!(error.kind(), SinkErrorKind::Config);
            (error.key().unwrap_or_default().to_owned(), error.to_string())
        })
    }

    fn complaint<T: std::fmt::Debug>(
        options: serde_json::Value,
        read: impl Fn(&Keys<'_>) -> Result<T, SinkError>,
    ) -> (String, String) {
        with_keys(options, read).unwrap_err()
    }

    #[test]
    fn errors_name_the_key_and_what_it_may_be() {
        let said = |key: &str, message: &str| (key.to_owned(), message.to_owned());
        let mode = |keys: &Keys<'_>| keys.choice("mode", &[("replace", 1), ("append", 2)]);
        assert_eq!(
            complaint(json!({"pth": "x"}), mode),
            said("pth", "unknown key `pth` (did you mean `path`?)")
        );
        assert_eq!(complaint(json!({"zzz": 1}), mode), said("zzz", "unknown key `zzz`"));
        assert_eq!(
            complaint(json!({"mode": "apend"}), mode),
            said("mode", "`mode` must be `replace` or `append`, not `apend` (did you mean `append`?)")
        );
        assert_eq!(
            complaint(json!({"mode": 7}), mode),
            said("mode", "`mode` must be `replace` or `append`, not a number")
        );
        let path = |keys: &Keys<'_>| keys.required_text("path").map(str::to_owned);
        assert_eq!(complaint(json!({}), path), said("path", "the key `path` is missing"));
        assert_eq!(complaint(json!({"path": null}), path), said("path", "the key `path` is missing"));
        assert_eq!(complaint(json!({"path": {}}), path), said("path", "`path` must be text, not a table"));
        let bom = |keys: &Keys<'_>| keys.is_true("bom");
        assert_eq!(
            complaint(json!({"bom": "yes"}), bom),
            said("bom", "`bom` must be `true` or `false`, not `yes`")
        );
        let level = |keys: &Keys<'_>| keys.whole_number("mode", 1..=9);
        for (value, shown) in [(json!(0), "0"), (json!(2.5), "2.5"), (json!(-1), "-1"), (json!("1e0"), "1e0")]
        {
            assert_eq!(
                complaint(json!({"mode": value}), level),
                said("mode", &format!("`mode` must be a whole number from 1 to 9, not `{shown}`"))
            );
        }
        assert_eq!(
            complaint(json!({"mode": true}), level),
            said("mode", "`mode` must be a whole number from 1 to 9, not a boolean")
        );
        let columns = |keys: &Keys<'_>| keys.required_list("columns").map(<[_]>::len);
        assert_eq!(
            complaint(json!({"columns": true}), columns),
            said("columns", "`columns` must be a list, not a boolean")
        );
    }

    #[test]
    fn absent_keys_have_defaults_and_booleans_and_numbers_may_be_text() {
        for (value, level) in [(json!(null), None), (json!(9), Some(9)), (json!("1"), Some(1))] {
            assert_eq!(with_keys(json!({"mode": value}), |keys| keys.whole_number("mode", 1..=9)), Ok(level));
        }
        let mode = |keys: &Keys<'_>| keys.choice("mode", &[("replace", 1), ("append", 2)]);
        assert_eq!(with_keys(json!({}), mode), Ok(1));
        assert_eq!(with_keys(json!({"mode": "append"}), mode), Ok(2));
        for (value, bom) in
            [(json!(null), false), (json!("true"), true), (json!("false"), false), (json!(true), true)]
        {
            assert_eq!(with_keys(json!({"bom": value}), |keys| keys.is_true("bom")), Ok(bom));
        }
    }
}
