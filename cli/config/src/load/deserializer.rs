//! Reads merged values into types.
//!
//! figment has a deserializer of its own, but compiles everything that it reads six times: a table may also be one of
//! its special values. This one compiles it once, and the build of this crate takes half the time.

use std::{collections::btree_map, iter::Enumerate, slice};

use figment::{
    Error,
    error::{Actual, Kind},
    value::{Dict, Num, Value},
};
use serde::{
    Deserializer,
    de::{DeserializeSeed, Expected, IntoDeserializer, MapAccess, SeqAccess, Visitor},
    forward_to_deserialize_any,
};

/// A value to read. Text is also read as the number or the boolean that it spells, because environment variables are
/// text. The path of an error leads to the value that it is about.
pub(super) struct Merged<'v>(pub(super) &'v Value);

/// Reads numbers of any type: the visitor refuses those that do not fit.
macro_rules! read_numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.0.to_num_lossy() {
                Some(number) => visit_number(number, visitor),
                None => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Merged<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(_, items) => visitor.visit_seq(Items(items.iter().enumerate())),
            Value::Bool(_, value) => visitor.visit_bool(*value),
            Value::Char(_, value) => visitor.visit_char(*value),
            Value::Dict(_, table) => visitor.visit_map(Entries::of(table)),
            Value::Empty(..) => visitor.visit_unit(),
            Value::Num(_, number) => visit_number(*number, visitor),
            Value::String(_, text) => visitor.visit_str(text),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.to_bool_lossy() {
            Some(value) => visitor.visit_bool(value),
            None => self.deserialize_any(visitor),
        }
    }

    read_numbers! {
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_f32 deserialize_f64
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Empty(..) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// Reads a word. No key has variants with values.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(_, word) => visitor.visit_enum(word.as_str().into_deserializer()),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Dict(_, table) => visitor.visit_map(Entries::of(table)),
            other => Err(invalid_type(other.to_actual(), &visitor)),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(_, items) => visitor.visit_seq(Items(items.iter().enumerate())),
            other => Err(invalid_type(other.to_actual(), &visitor)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(_, text) => visitor.visit_str(text),
            other => Err(invalid_type(other.to_actual(), &visitor)),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

/// The width of a number decides nothing, so visitors see few widths, and fewer functions are compiled.
#[expect(clippy::result_large_err, reason = "the deserializer has this error")]
fn visit_number<'de, V: Visitor<'de>>(number: Num, visitor: V) -> Result<V::Value, Error> {
    match number.to_actual() {
        Actual::Signed(number) => match i64::try_from(number) {
            Ok(number) => visitor.visit_i64(number),
            Err(_) => visitor.visit_i128(number),
        },
        Actual::Unsigned(number) => match u64::try_from(number) {
            Ok(number) => visitor.visit_u64(number),
            Err(_) => visitor.visit_u128(number),
        },
        Actual::Float(number) => visitor.visit_f64(number),
        other => Err(invalid_type(other, &visitor)),
    }
}

/// The entries of a table.
struct Entries<'v> {
    rest: btree_map::Iter<'v, String, Value>,
    entry: Option<(&'v String, &'v Value)>,
}

impl<'v> Entries<'v> {
    fn of(table: &'v Dict) -> Self {
        Self { rest: table.iter(), entry: None }
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        self.entry = self.rest.next();
        let Some((key, _)) = self.entry else { return Ok(None) };
        match seed.deserialize(key.as_str().into_deserializer()) {
            Ok(read) => Ok(Some(read)),
            Err(error) => Err(below(error, key)),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let (key, value) = self.entry.take().expect("serde asks for a value after its key");
        match seed.deserialize(Merged(value)) {
            Ok(read) => Ok(read),
            Err(error) => Err(below(error, key)),
        }
    }
}

/// The items of a list.
struct Items<'v>(Enumerate<slice::Iter<'v, Value>>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some((index, item)) = self.0.next() else { return Ok(None) };
        match seed.deserialize(Merged(item)) {
            Ok(read) => Ok(Some(read)),
            Err(error) => Err(below(error, &index.to_string())),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// `error`, which occurred in the value `name` of a table or list.
fn below(mut error: Error, name: &str) -> Error {
    error.path.insert(0, name.to_owned());
    error
}

/// The error for `found` where `expected` says what is right.
fn invalid_type(found: Actual, expected: &dyn Expected) -> Error {
    Kind::InvalidType(found, expected.to_string()).into()
}
