//! Places: names for values in a response.

mod comparison;
mod link;
mod regex;

use std::{fmt, str::FromStr};

use http::{HeaderMap, HeaderName};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use serde_json_path::JsonPath;

pub(crate) use self::link::all as links;
pub use self::{comparison::Comparison, link::MalformedLink};
use crate::json::{ExactValue, PointerTree, pointer::Pointer};

/// The name of a value in a response.
///
/// | form | refers to |
/// |---|---|
/// | `/a/b` | a JSON pointer into the body (RFC 6901) |
/// | `$.a[?@.b=='c'].d` | a `JSONPath` into the body (RFC 9535), which must select at most one value |
/// | `header:X-Next-Page` | a response header |
/// | `link:next` | the target of the `Link` header with this relation (RFC 8288) |
/// | `link:next;results` | a parameter of that link |
/// | `last:/id` | a JSON pointer into the last record of the page |
///
/// ```
/// use longhaul_core::http::place::Place;
///
/// for text in ["/a/b", "$.a[?@.b == 'c'].d", "header:x-next-page", "link:next", "link:next;results", "last:/id"] {
///     assert_eq!(text.parse::<Place>().unwrap().to_string(), text);
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// A JSON pointer into the body.
    Body(Pointer),
    /// A `JSONPath` into the body, without the records.
    Path {
        /// The path as it was written.
        text: String,
        /// The path.
        path: Box<JsonPath>,
    },
    /// The value of a header.
    Header(HeaderName),
    /// The target of a link, or one of its parameters.
    Link {
        /// The relation.
        rel: String,
        /// The parameter. Without one, the target is meant.
        parameter: Option<String>,
    },
    /// A JSON pointer into the last record.
    Last(Pointer),
}

/// Places for one value. The first one that the response has is used.
#[derive(Clone, Debug, PartialEq)]
pub struct Places(Vec<Place>);

/// A response, for places to be found in.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body, if it is JSON. The body of a page lacks its records.
    pub body: Option<&'a ExactValue>,
    /// The last record of the page.
    pub last: Option<&'a [u8]>,
}

impl Place {
    /// The name of the member that it refers to, if it is a pointer into the body.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Body(pointer) => pointer.tokens().last().map(String::as_str),
            _ => None,
        }
    }

    /// The value at this place, if the response has it.
    ///
    /// # Errors
    /// The place is ambiguous, or a `Link` header is malformed.
    pub fn find(&self, response: &Found<'_>) -> Result<Option<ExactValue>, PlaceError> {
        match self {
            Self::Body(pointer) => Ok(response.body.and_then(|body| body.at(pointer))),
            Self::Path { text, path } => {
                let Some(body) = response.body else { return Ok(None) };
                let found = path.query_located(body.value());
                let ambiguous = PlaceError::Ambiguous { path: text.clone(), values: found.len() };
                let found = found.at_most_one().map_err(|_| ambiguous)?;
                let pointer = found.and_then(|found| found.location().to_json_pointer().parse().ok());
                Ok(pointer.and_then(|pointer| body.at(&pointer)))
            }
            Self::Header(name) => Ok(header(response.headers, name).map(ExactValue::from)),
            Self::Link { rel, parameter } => {
                let link = link::find(response.headers, rel)?;
                Ok(match parameter {
                    None => link.map(|link| link.target.into()),
                    Some(name) => link.and_then(|link| link.parameter(name)).map(ExactValue::from),
                })
            }
            Self::Last(pointer) => Ok(response.last.and_then(|record| in_record(record, pointer))),
        }
    }
}

/// The value of a header, in which bytes that are not UTF-8 are replaced.
fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
}

fn in_record(record: &[u8], pointer: &Pointer) -> Option<ExactValue> {
    let mut cells = [None];
    PointerTree::of([pointer]).find(str::from_utf8(record).ok()?, &mut cells).ok()?;
    ExactValue::parse(cells[0]?).ok()
}

impl Places {
    /// The places, in the order in which they are tried.
    pub fn iter(&self) -> impl Iterator<Item = &Place> {
        self.0.iter()
    }

    /// The first value that the response has, and where.
    ///
    /// # Errors
    /// A place is ambiguous, or a `Link` header is malformed.
    pub fn find(&self, response: &Found<'_>) -> Result<Option<ExactValue>, PlaceError> {
        for place in &self.0 {
            if let Some(value) = place.find(response)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }
}

impl FromIterator<Place> for Places {
    fn from_iter<I: IntoIterator<Item = Place>>(places: I) -> Self {
        Self(places.into_iter().collect())
    }
}

impl From<Place> for Places {
    fn from(place: Place) -> Self {
        Self(vec![place])
    }
}

impl From<Pointer> for Places {
    fn from(pointer: Pointer) -> Self {
        Place::Body(pointer).into()
    }
}

/// A place that does not name one value of a response.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// A `JSONPath` selects several values.
    #[error("`{path}` selects {values} values, not one")]
    Ambiguous {
        /// The path.
        path: String,
        /// How many values it selects.
        values: usize,
    },
    /// A `Link` header is malformed.
    #[error(transparent)]
    Link(#[from] MalformedLink),
}

/// Text that does not name a place.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{text}` is not a place: {problem}")]
pub struct InvalidPlace {
    text: String,
    problem: String,
}

/// Whether a path ends within an escape of a character. The library that reads paths panics then.
fn ends_in_escape(path: &str) -> bool {
    let digits = path.rsplit_once("\\u").map(|(_, digits)| digits);
    digits.is_some_and(|digits| digits.len() < 4 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let invalid = |problem: &str| InvalidPlace { text: text.to_owned(), problem: problem.to_owned() };
        if text.starts_with('$') {
            if ends_in_escape(text) {
                return Err(invalid("`\\u` needs four hexadecimal digits"));
            }
            let path = JsonPath::parse(text);
            let place = |path| Self::Path { text: text.to_owned(), path: Box::new(path) };
            return path.map(place).map_err(|error| invalid(&error.to_string()));
        }
        if let Some(name) = text.strip_prefix("header:") {
            let name = name.trim().parse();
            return name.map(Self::Header).map_err(|_| invalid("a header has no such name"));
        }
        if let Some(link) = text.strip_prefix("link:") {
            let (rel, parameter) = match link.split_once(';') {
                Some((rel, parameter)) => (rel.trim(), Some(parameter.trim().to_ascii_lowercase())),
                None => (link.trim(), None),
            };
            if rel.is_empty() || parameter.as_ref().is_some_and(String::is_empty) {
                return Err(invalid("write `link:next`, or `link:next;results` for a parameter"));
            }
            return Ok(Self::Link { rel: rel.to_owned(), parameter });
        }
        let (place, pointer): (fn(Pointer) -> Self, &str) = match text.strip_prefix("last:") {
            Some(pointer) => (Self::Last, pointer),
            None => (Self::Body, text),
        };
        let pointer = pointer.parse::<Pointer>().map_err(|error| invalid(error.problem()))?;
        for token in pointer.tokens() {
            match token.as_str() {
                "*" => {
                    return Err(invalid(
                        "`*` selects several values; a JSONPath such as `$.a[0].b` selects one",
                    ));
                }
                "-" => return Err(invalid("`-` is the element after the last; `$.a[-1]` is the last one")),
                _ if token.strip_prefix('-').is_some_and(|digits| Pointer::index(digits).is_some()) => {
                    return Err(invalid("an index cannot be negative; `$.a[-1]` is the last element"));
                }
                _ => {}
            }
        }
        Ok(place(pointer))
    }
}

impl FromStr for Places {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        text.parse::<Place>().map(Self::from)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(pointer) => write!(f, "{pointer}"),
            Self::Path { text, .. } => f.write_str(text),
            Self::Header(name) => write!(f, "header:{name}"),
            Self::Link { rel, parameter: None } => write!(f, "link:{rel}"),
            Self::Link { rel, parameter: Some(parameter) } => write!(f, "link:{rel};{parameter}"),
            Self::Last(pointer) => write!(f, "last:{pointer}"),
        }
    }
}

/// The places in backticks, for messages: `` `/a` or `/b` ``.
impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(index, place)| {
            let separator = if index == 0 { "" } else { " or " };
            write!(f, "{separator}`{place}`")
        })
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// One place as text, or a list of them.
impl<'de> Deserialize<'de> for Places {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let places = match Value::deserialize(deserializer)? {
            Value::String(text) => vec![text.parse().map_err(de::Error::custom)?],
            Value::Array(list) if !list.is_empty() => {
                let place = |value: Value| match value {
                    Value::String(text) => text.parse::<Place>().map_err(de::Error::custom),
                    _ => Err(de::Error::custom("a place is text, such as `/a/b` or `header:X-Next`")),
                };
                list.into_iter().map(place).collect::<Result<_, _>>()?
            }
            _ => return Err(de::Error::custom("expected a place such as `/a/b`, or a list of places")),
        };
        Ok(Self(places))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn find(place: &str, body: &Value, links: &[&str]) -> Result<Option<Value>, PlaceError> {
        let mut headers = HeaderMap::new();
        headers.insert("x-next", "p2".parse().unwrap());
        for link in links {
            headers.append("link", http::HeaderValue::from_bytes(link.as_bytes()).unwrap());
        }
        let body = body.clone().into();
        let found = Found { headers: &headers, body: Some(&body), last: Some(br#"{"id":"r9"}"#) };
        Ok(place.parse::<Place>().unwrap().find(&found)?.map(|found| found.value().clone()))
    }

    #[test]
    fn every_form_finds_its_value() {
        let body = json!({ "next": "p2", "link": [{ "relation": "self", "url": "a" }, { "relation": "next", "url": "b" }] });
        let links = ["<https://api.example/x?page=2>; rel=\"next\"; results=\"true\""];
        let at = |place: &str| find(place, &body, &links).unwrap();
        assert_eq!(at("/next"), Some(json!("p2")));
        assert_eq!(at("$.link[?@.relation=='next'].url"), Some(json!("b")));
        assert_eq!(at("header:X-Next"), Some(json!("p2")));
        assert_eq!(at("link:next"), Some(json!("https://api.example/x?page=2")));
        assert_eq!(at("link:next;results"), Some(json!("true")));
        assert_eq!(at("last:/id"), Some(json!("r9")));
        for absent in ["/none", "$.none", "header:x-none", "link:prev", "link:next;none", "last:/none"] {
            assert_eq!(at(absent), None, "{absent}");
        }
        let several = find("$.link[*].url", &body, &links).unwrap_err();
        assert_eq!(several.to_string(), "`$.link[*].url` selects 2 values, not one");
    }

    #[test]
    fn the_first_place_that_exists_counts() {
        let places: Places = serde_json::from_value(json!(["/a", "/b"])).unwrap();
        let headers = HeaderMap::new();
        let body = json!({ "b": 1 }).into();
        let found = Found { headers: &headers, body: Some(&body), last: None };
        assert_eq!(places.find(&found).unwrap(), Some(json!(1).into()));
        assert_eq!(places.to_string(), "`/a` or `/b`");
    }

    #[test]
    fn what_is_not_a_place_is_refused_with_the_right_form() {
        let refusal = |text: &str| text.parse::<Place>().unwrap_err().to_string();
        assert_eq!(refusal("next"), "`next` is not a place: it must be empty or start with `/`");
        assert_eq!(
            refusal("/a/-"),
            "`/a/-` is not a place: `-` is the element after the last; `$.a[-1]` is the last one"
        );
        assert_eq!(
            refusal("/a/-1"),
            "`/a/-1` is not a place: an index cannot be negative; `$.a[-1]` is the last element"
        );
        assert_eq!(
            refusal("/a/*"),
            "`/a/*` is not a place: `*` selects several values; a JSONPath such as `$.a[0].b` selects one"
        );
        assert_eq!(refusal("header:a b"), "`header:a b` is not a place: a header has no such name");
        assert_eq!(
            refusal("link:"),
            "`link:` is not a place: write `link:next`, or `link:next;results` for a parameter"
        );
        assert!(refusal("$.a[").starts_with("`$.a[` is not a place: "));
        for escape in ["\\u", "\\u00e", "\\uD", "\\uD800\\u", "\\uD800\\uD"] {
            let path = format!("$.a[?@=='{escape}");
            assert_eq!(
                refusal(&path),
                format!("`{path}` is not a place: `\\u` needs four hexadecimal digits")
            );
        }
    }
}
