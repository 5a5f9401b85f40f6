//! JSON pointers (RFC 6901).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A JSON pointer (RFC 6901): the place of a value in a document. `""` is the whole document, and `/results/0/a~1b` a
/// value inside it.
///
/// ```
/// let pointer: longhaul_core::Pointer = "/a~1b/0".parse().unwrap();
/// assert_eq!(pointer.tokens(), ["a/b", "0"]);
/// assert_eq!(pointer.to_string(), "/a~1b/0");
/// ```
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Pointer(Vec<String>);

impl Pointer {
    /// The pointer with these reference tokens: unescaped, outermost first.
    pub fn from_tokens<T: Into<String>>(tokens: impl IntoIterator<Item = T>) -> Self {
        Self(tokens.into_iter().map(Into::into).collect())
    }

    /// The reference tokens, unescaped, outermost first.
    pub fn tokens(&self) -> &[String] {
        &self.0
    }

    /// The tokens before the first `*`, and the others.
    pub(crate) fn split_at_star(&self) -> (&[String], &[String]) {
        self.0.split_at(self.0.iter().position(|token| token == "*").unwrap_or(self.0.len()))
    }

    /// The array index that `token` names, or `None` if it is not one. An index has only digits and no leading zero (RFC
    /// 6901 §4).
    pub fn index(token: &str) -> Option<usize> {
        let plain =
            token.bytes().all(|byte| byte.is_ascii_digit()) && (token == "0" || !token.starts_with('0'));
        if plain { token.parse().ok() } else { None }
    }

    /// The value at this place in `document`, if there is one.
    pub fn find<'v>(&self, document: &'v serde_json::Value) -> Option<&'v serde_json::Value> {
        self.0.iter().try_fold(document, |value, token| match value {
            serde_json::Value::Object(members) => members.get(token),
            serde_json::Value::Array(elements) => elements.get(Self::index(token)?),
            _ => None,
        })
    }
}

/// Text that is not a JSON pointer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{text}` is not a JSON pointer: {problem}")]
pub struct InvalidPointer {
    text: String,
    problem: &'static str,
}

impl InvalidPointer {
    /// What is wrong with the text.
    pub(crate) fn problem(&self) -> &'static str {
        self.problem
    }
}

impl FromStr for Pointer {
    type Err = InvalidPointer;

    fn from_str(text: &str) -> Result<Self, InvalidPointer> {
        let invalid = |problem| InvalidPointer { text: text.to_owned(), problem };
        if text.is_empty() {
            return Ok(Self::default());
        }
        let Some(rest) = text.strip_prefix('/') else {
            return Err(invalid("it must be empty or start with `/`"));
        };
        let unescape = |token: &str| {
            // RFC 6901 §3: `~` is only allowed before 0 or 1. §4: `~1` is replaced before `~0`, so that `~01` becomes `~1`.
            let escapes = token.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
            escapes.then(|| token.replace("~1", "/").replace("~0", "~"))
        };
        let tokens = rest.split('/').map(unescape).collect::<Option<_>>();
        tokens.map(Self).ok_or_else(|| invalid("`~` must be written `~0`, and `/` inside a name `~1`"))
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|token| write!(f, "/{}", token.replace('~', "~0").replace('/', "~1")))
    }
}

impl<'de> Deserialize<'de> for Pointer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Pointer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Pointer;

    /// The document and the expected values of RFC 6901 §5.
    #[test]
    fn the_examples_of_the_rfc_resolve() {
        let document = serde_json::json!({
            "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8
        });
        let at = |text: &str| text.parse::<Pointer>().unwrap().find(&document).cloned();
        assert_eq!(at(""), Some(document.clone()));
        assert_eq!(at("/foo"), Some(serde_json::json!(["bar", "baz"])));
        assert_eq!(at("/foo/0"), Some(serde_json::json!("bar")));
        let numbered = ["/", "/a~1b", "/c%d", "/e^f", "/g|h", "/i\\j", "/k\"l", "/ ", "/m~0n"];
        for (value, text) in numbered.iter().enumerate() {
            assert_eq!(at(text), Some(serde_json::json!(value)), "{text}");
        }
        assert_eq!(at("/foo/00"), None);
        assert_eq!(at("/foo/-"), None);
    }

    #[test]
    fn what_is_not_a_pointer_is_refused_with_the_reason() {
        let refusal = |text: &str| text.parse::<Pointer>().unwrap_err().to_string();
        assert_eq!(refusal("results"), "`results` is not a JSON pointer: it must be empty or start with `/`");
        assert_eq!(
            refusal("/a~2"),
            "`/a~2` is not a JSON pointer: `~` must be written `~0`, and `/` inside a name `~1`"
        );
    }
}
