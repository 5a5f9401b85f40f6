//! JSON text with exact control over how values are written.

use serde::{Serialize, Serializer, ser};
use serde_json::value::RawValue;

/// JSON text that is written unchanged: numbers keep trailing zeros, and strings keep their escapes.
#[derive(Clone, Debug)]
pub(crate) struct Literal(pub(crate) String);

impl Literal {
    /// A string with all non-ASCII characters and slashes escaped.
    pub(crate) fn escaped(text: &str) -> Self {
        let escape = |unit: u16| match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
            _ => format!("\\u{unit:04x}"),
        };
        Self(self::text(text).replace('/', "\\/").encode_utf16().map(escape).collect())
    }
}

impl Serialize for Literal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.clone()).map_err(ser::Error::custom)?.serialize(serializer)
    }
}

/// `value` as compact JSON, or `null` if it cannot be serialized, such as a [`Literal`] that is not JSON.
pub(crate) fn text<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

/// An array of elements that are already JSON text.
pub(crate) fn array(elements: impl IntoIterator<Item = String>) -> String {
    let mut array = String::from("[");
    for element in elements {
        if array.len() > 1 {
            array.push(',');
        }
        array.push_str(&element);
    }
    array.push(']');
    array
}

#[cfg(test)]
mod tests {
    use super::{Literal, array, text};

    #[test]
    fn literals_keep_their_letters() {
        assert_eq!(
            text(&[Literal("4.90".into()), Literal::escaped("Zoë/🚀")]),
            r#"[4.90,"Zo\u00eb\/\ud83d\ude80"]"#
        );
        assert_eq!(text(&Literal("{".into())), "null");
    }

    #[test]
    fn an_array_of_texts_is_an_array() {
        assert_eq!(array([]), "[]");
        assert_eq!(array(["1".to_owned(), "{}".to_owned()]), "[1,{}]");
    }
}
