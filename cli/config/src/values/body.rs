//! Bodies of requests.

use std::{fmt, fs, path::PathBuf};

use figment::value::Dict;
use longhaul_core::json::ExactValue;
use serde::{
    Deserialize, Deserializer,
    de::{self, value::MapAccessDeserializer},
};
use serde_json::{Map, Value};

use crate::{error::ConfigError, origin::Origin, values::described::described};

/// The body of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Body {
    /// A file with JSON; the path is absolute.
    File(PathBuf),
    /// JSON, written as a table or as text. Numbers in text keep their digits.
    Json(ExactValue),
}

described!(Body, {
    "x-kind": "body",
    "x-value": "body",
    "anyOf": [{ "type": "string" }, { "type": "object" }],
});

/// Whether `table` names the file with the body, rather than being the body.
pub(crate) fn is_form(table: &Dict) -> bool {
    table.len() == 1 && table.get("file").is_some_and(|path| path.as_str().is_some())
}

impl Body {
    /// Reads the JSON. Errors name `key`, whose value comes from `origin`.
    pub fn read(&self, key: &str, origin: &Origin) -> Result<ExactValue, ConfigError> {
        let path = match self {
            Self::File(path) => path,
            Self::Json(value) => return Ok(value.clone()),
        };
        let error = |clause: String| ConfigError::new(format!("`{key}`: {clause}")).at(key, origin.clone());
        let text = fs::read(path)
            .map_err(|problem| error(format!("cannot read `{}`", path.display())).because(problem))?;
        serde_json::from_slice(&text)
            .map_err(|problem| error(format!("`{}` is not JSON", path.display())).because(problem))
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Body;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table, or JSON as text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Body, E> {
        ExactValue::parse(text)
            .map(Body::Json)
            .map_err(|problem| E::custom(format!("this is not JSON: {problem}")))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Body, A::Error> {
        let members = Map::deserialize(MapAccessDeserializer::new(map))?;
        match members.get("file") {
            Some(Value::String(path)) if members.len() == 1 => Ok(Body::File(path.into())),
            _ => Ok(Body::Json(Value::Object(members).into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_is_a_table_or_json_or_in_a_file() {
        let read = |value| Body::deserialize::<Value>(value).unwrap();
        assert_eq!(read(json!({ "order": "asc" })), Body::Json(json!({ "order": "asc" }).into()));
        assert_eq!(read(json!("[1, {\"a\": null}]")), Body::Json(json!([1, { "a": null }]).into()));
        assert_eq!(read(json!({ "file": "q.json" })), Body::File("q.json".into()));
        let both = json!({ "file": "q.json", "size": 1 });
        assert_eq!(read(both.clone()), Body::Json(both.into()));
    }

    #[test]
    fn numbers_in_text_keep_their_digits() {
        let json = r#"{"max":1.50,"id":12345678901234567890123}"#;
        let Body::Json(body) = Body::deserialize(json!(json)).unwrap() else { panic!() };
        assert_eq!(ExactValue::parse(&body.to_string()).unwrap(), ExactValue::parse(json).unwrap());
        assert!(body.to_string().contains("1.50") && body.to_string().contains("12345678901234567890123"));
    }

    #[test]
    fn invalid_json_is_refused_with_its_position() {
        let refusal = Body::deserialize(json!("{\"a\": }")).unwrap_err().to_string();
        assert_eq!(refusal, "this is not JSON: expected value at line 1 column 7");
    }

    #[test]
    fn a_file_without_json_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("q.json");
        let refusal =
            |key: &str| Body::File(path.clone()).read(key, &Origin::Default).unwrap_err().to_string();
        assert_eq!(refusal("body"), format!("`body`: cannot read `{}`", path.display()));
        fs::write(&path, "{").unwrap();
        assert_eq!(refusal("body"), format!("`body`: `{}` is not JSON", path.display()));
        fs::write(&path, "{\"a\":1}").unwrap();
        assert_eq!(Body::File(path).read("body", &Origin::Default).unwrap(), json!({ "a": 1 }).into());
    }
}
