//! Deserializes options, with errors that name the key.

use std::fmt;

use longhaul_core::{
    sink::{Options, SinkError, SinkErrorKind},
    suggest::closest,
};
use serde::{
    Deserializer,
    de::{
        self, DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess, Visitor,
        value::StringDeserializer,
    },
    forward_to_deserialize_any,
};
use serde_json::Value;

/// Deserializes the options. An error names the invalid option.
pub(crate) fn from_options<T: DeserializeOwned>(options: Options) -> Result<T, SinkError> {
    T::deserialize(Table(options)).map_err(|OptionsError { key, message }| match key {
        Some(key) => SinkError::config(key, message),
        None => SinkError::new(SinkErrorKind::Config, message),
    })
}

/// An error and the option that it is about. `serde`'s own errors only mention the key in their text.
#[derive(Debug)]
struct OptionsError {
    key: Option<String>,
    message: String,
}

impl de::Error for OptionsError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { key: None, message: message.to_string() }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let message = format!("`{field}` is not an option of this sink{}", closest(field, expected));
        Self { key: Some(field.to_owned()), message }
    }

    fn missing_field(field: &'static str) -> Self {
        Self { key: Some(field.to_owned()), message: format!("`{field}` is missing") }
    }
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for OptionsError {}

struct Table(Options);

impl<'de> Deserializer<'de> for Table {
    type Error = OptionsError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, OptionsError> {
        visitor.visit_map(Entries { rest: self.0.into_iter(), current: None })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Entries {
    rest: serde_json::map::IntoIter,
    current: Option<(String, Value)>,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = OptionsError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, OptionsError> {
        self.current = self.rest.next();
        let Some((key, _)) = &self.current else { return Ok(None) };
        let key: StringDeserializer<OptionsError> = key.clone().into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, OptionsError> {
        let (key, value) = self.current.take().unwrap_or_default();
        seed.deserialize(value).map_err(|error| {
            let message = with_key(&key, error.to_string());
            OptionsError { key: Some(key), message }
        })
    }
}

/// Adds the option to `message`, because `serde`'s errors about a value do not name it.
fn with_key(key: &str, message: String) -> String {
    let quoted = format!("`{key}`");
    if message.contains(&quoted) { message } else { format!("{quoted}: {message}") }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Target {
        path: String,
        batch: Option<u8>,
        #[serde(default)]
        columns: Vec<String>,
    }

    fn read(options: Value) -> Result<Target, SinkError> {
        from_options(serde_json::from_value(options).unwrap())
    }

    fn error(options: Value) -> (Option<String>, String) {
        let error = read(options).unwrap_err();
        assert_eq!(error.kind(), SinkErrorKind::Config);
        (error.key().map(str::to_owned), error.to_string())
    }

    #[test]
    fn options_become_fields() {
        let target = read(json!({ "columns": ["a"], "path": "out" })).unwrap();
        assert_eq!(target, Target { path: "out".into(), batch: None, columns: vec!["a".into()] });
        assert_eq!(read(json!({ "path": "out", "batch": 3 })).unwrap().batch, Some(3));
    }

    #[test]
    fn an_error_names_its_option() {
        let cases = [
            (json!({ "pth": "x" }), "pth", "`pth` is not an option of this sink (did you mean `path`?)"),
            (json!({}), "path", "`path` is missing"),
            (json!({ "path": 1 }), "path", "`path`: invalid type: integer `1`, expected a string"),
            (
                json!({ "path": "x", "batch": 300 }),
                "batch",
                "`batch`: invalid value: integer `300`, expected u8",
            ),
            (
                json!({ "path": "x", "columns": [1] }),
                "columns",
                "`columns`: invalid type: integer `1`, expected a string",
            ),
        ];
        for (options, key, message) in cases {
            assert_eq!(error(options), (Some(key.to_owned()), message.to_owned()));
        }
    }

    #[test]
    fn an_error_about_several_options_names_none() {
        #[derive(Debug, Deserialize)]
        #[serde(try_from = "Target")]
        struct Never;

        impl TryFrom<Target> for Never {
            type Error = &'static str;

            fn try_from(_: Target) -> Result<Self, &'static str> {
                Err("either `path` or `columns`, not both")
            }
        }

        let options = serde_json::from_value(json!({ "path": "out" })).unwrap();
        let error = from_options::<Never>(options).unwrap_err();
        assert_eq!((error.key(), error.to_string()), (None, "either `path` or `columns`, not both".into()));
    }
}
