//! JSON values that keep every digit.

use std::{borrow::Cow, collections::BTreeMap, fmt, ops::Bound};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::{Number, Value, value::RawValue};

use super::{
    pointer::Pointer,
    scan::{NotJson, Scan},
};

/// A JSON value whose numbers are sent and stored as they came. A [`Value`] alone would make 1.5 of 1.50.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ExactValue {
    value: Value,
    /// The numbers that a [`Value`] would write in another way, and where they are, in the order of their places.
    numbers: Vec<(Pointer, String)>,
}

impl ExactValue {
    /// The value of `json`.
    ///
    /// # Errors
    /// It is not JSON.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let (mut value, mut numbers) = (serde_json::from_str(json)?, BTreeMap::new());
        let scanned = collect_numbers(&mut Scan::new(json), &mut Vec::new(), &mut numbers);
        scanned.map_err(de::Error::custom)?;
        let numbers: Vec<_> =
            numbers.into_iter().map(|(tokens, digits)| (Pointer::from_tokens(tokens), digits)).collect();
        for (place, digits) in numbers.iter().filter(|(_, digits)| is_rounded(digits)) {
            if let Some(number) = value_at(&mut value, place) {
                *number = Value::from(digits.as_str());
            }
        }
        Ok(Self { value, numbers })
    }

    /// The number with these digits.
    pub fn number(digits: &str) -> Self {
        Self::parse(digits).unwrap_or_else(|_| Value::from(digits).into())
    }

    /// The value, in which each number that a [`Number`] would round is text: its digits.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The text, or else the JSON.
    pub fn text(&self) -> Cow<'_, str> {
        match &self.value {
            Value::String(text) => Cow::Borrowed(text),
            _ => Cow::Owned(self.to_string()),
        }
    }

    /// The value at `place`, if there is one.
    pub(crate) fn at(&self, place: &Pointer) -> Option<Self> {
        let value = place.find(&self.value)?.clone();
        let below = self.numbers.iter().filter_map(|(number, digits)| {
            let below = number.tokens().strip_prefix(place.tokens())?;
            Some((Pointer::from_tokens(below), digits.clone()))
        });
        Some(Self { value, numbers: below.collect() })
    }

    /// The same value with `filled` in place of each text that contains a brace.
    pub(crate) fn fill(&self, filled: impl Fn(&str) -> Self) -> Self {
        let (mut whole, mut places) = (self.clone(), Vec::new());
        collect_templates(&self.value, &mut Vec::new(), &mut places);
        for (place, template) in places {
            whole.replace(&place, &filled(template), |value| value_at(value, &place));
        }
        whole
    }

    /// Replaces the value at `place`, which `find` finds. Returns whether it did.
    pub(crate) fn replace(
        &mut self,
        place: &Pointer,
        by: &Self,
        find: impl FnOnce(&mut Value) -> Option<&mut Value>,
    ) -> bool {
        let Some(value) = find(&mut self.value) else { return false };
        *value = by.value.clone();
        let is_before = |(number, _): &(Pointer, String)| number < place;
        let is_below = |(number, _): &&(Pointer, String)| number.tokens().starts_with(place.tokens());
        let from = self.numbers.partition_point(is_before);
        let until = from + self.numbers[from..].iter().take_while(is_below).count();
        let new = by.numbers.iter().map(|(number, digits)| {
            (Pointer::from_tokens(place.tokens().iter().chain(number.tokens())), digits.clone())
        });
        self.numbers.splice(from..until, new);
        true
    }
}

impl From<String> for ExactValue {
    fn from(text: String) -> Self {
        Value::String(text).into()
    }
}

impl From<Value> for ExactValue {
    fn from(value: Value) -> Self {
        Self { value, numbers: Vec::new() }
    }
}

/// The JSON.
impl fmt::Display for ExactValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for ExactValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Part { value: &self.value, numbers: &self.numbers, depth: 0 }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ExactValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(Box::<RawValue>::deserialize(deserializer)?.get()).map_err(de::Error::custom)
    }
}

/// A part of an [`ExactValue`], with the numbers in it.
struct Part<'a> {
    value: &'a Value,
    /// In the order of their places, which begin with that of the value.
    numbers: &'a [(Pointer, String)],
    /// The number of tokens in the place of the value.
    depth: usize,
}

impl<'a> Part<'a> {
    fn below(&self, name: &str, value: &'a Value) -> Self {
        let token_is = |(place, _): &(Pointer, String), is: fn(&str, &str) -> bool| {
            place.tokens().get(self.depth).is_some_and(|token| is(token, name))
        };
        let from = self.numbers.partition_point(|number| token_is(number, |token, name| token < name));
        let numbers = &self.numbers[from..];
        let until = numbers.partition_point(|number| token_is(number, |token, name| token == name));
        Self { value, numbers: &numbers[..until], depth: self.depth + 1 }
    }
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.value, self.numbers) {
            (value, []) => value.serialize(serializer),
            (_, [(place, digits), ..]) if place.tokens().len() == self.depth => {
                let number = RawValue::from_string(digits.clone());
                number.map_err(ser::Error::custom)?.serialize(serializer)
            }
            (Value::Object(members), _) => {
                serializer.collect_map(members.iter().map(|(name, value)| (name, self.below(name, value))))
            }
            (Value::Array(elements), _) => {
                let elements = elements.iter().enumerate();
                serializer.collect_seq(elements.map(|(index, value)| self.below(&index.to_string(), value)))
            }
            (value, _) => value.serialize(serializer),
        }
    }
}

/// Collects the numbers of the next value that a [`Number`] writes in another way. If members have the same name, the last
/// one counts.
fn collect_numbers(
    scan: &mut Scan<'_>,
    at: &mut Vec<String>,
    numbers: &mut BTreeMap<Vec<String>, String>,
) -> Result<(), NotJson> {
    let from = (Bound::Included(at.as_slice()), Bound::Unbounded);
    let earlier = numbers.range::<[String], _>(from).map(|(place, _)| place);
    let earlier: Vec<_> = earlier.take_while(|place| place.starts_with(at)).cloned().collect();
    for place in earlier {
        numbers.remove(&place);
    }
    match scan.peek() {
        Some(b'{') => scan.members(|name, scan| {
            at.push(name.text().into_owned());
            collect_numbers(scan, at, numbers)?;
            at.pop();
            Ok(())
        }),
        Some(b'[') => {
            let mut index = 0_usize;
            scan.elements(|scan| {
                at.push(index.to_string());
                index += 1;
                collect_numbers(scan, at, numbers)?;
                at.pop();
                Ok(())
            })
        }
        Some(b'-' | b'0'..=b'9') => {
            let digits = scan.value()?;
            if digits.parse::<Number>().is_ok_and(|kept| kept.to_string() != digits) {
                numbers.insert(at.clone(), digits.to_owned());
            }
            Ok(())
        }
        _ => scan.skip(),
    }
}

/// Collects the texts that contain a brace.
fn collect_templates<'v>(value: &'v Value, at: &mut Vec<String>, found: &mut Vec<(Pointer, &'v str)>) {
    let mut below = |name: String, value: &'v Value| {
        at.push(name);
        collect_templates(value, at, found);
        at.pop();
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| below(name.clone(), member)),
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(index, element)| below(index.to_string(), element));
        }
        Value::String(text) if text.contains('{') => found.push((Pointer::from_tokens(at.iter()), text)),
        _ => {}
    }
}

/// The value at `place`.
fn value_at<'v>(value: &'v mut Value, place: &Pointer) -> Option<&'v mut Value> {
    place.tokens().iter().try_fold(value, |value, token| match value {
        Value::Object(members) => members.get_mut(token),
        Value::Array(elements) => elements.get_mut(Pointer::index(token)?),
        _ => None,
    })
}

fn is_rounded(number: &str) -> bool {
    number.parse::<Number>().is_ok_and(|kept| Digits::of(&kept.to_string()) != Digits::of(number))
}

/// A number as its digits, without zeros at either end, and the power of ten of the last one.
#[derive(Debug, Eq, PartialEq)]
struct Digits {
    is_negative: bool,
    significant: String,
    exponent: i64,
}

impl Digits {
    /// `None` if the exponent is out of range.
    fn of(number: &str) -> Option<Self> {
        let (is_negative, number) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
        let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_end_matches('0');
        let scale = i64::try_from(all.len() - digits.len()).ok()? - i64::try_from(fraction.len()).ok()?;
        let digits = digits.trim_start_matches('0').to_owned();
        let exponent = exponent.parse::<i64>().ok()?.checked_add(scale)?;
        // Zero has no last digit.
        let exponent = if digits.is_empty() { 0 } else { exponent };
        Some(Self { is_negative, significant: digits, exponent })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(json: &str) -> Result<Value, serde_json::Error> {
        ExactValue::parse(json).map(|exact| exact.value)
    }

    #[test]
    fn every_number_is_written_as_it_came() {
        for json in [
            "1.50",
            "12345678901234567890123",
            "1e-400",
            "-0",
            "1E5",
            r#"[1.50,"1.50",7,{"a/b":[0.10,{"~":100000000000000000000}]}]"#,
            r#"{"a":"x","b":{"c":1.0e1}}"#,
        ] {
            let exact = ExactValue::parse(json).unwrap();
            assert_eq!(exact.to_string(), json);
            assert_eq!(serde_json::from_str::<ExactValue>(&format!(" {json} ")).unwrap(), exact);
        }
        assert_eq!(ExactValue::parse(r#"{"a":1.50,"a":2}"#).unwrap().to_string(), r#"{"a":2}"#);
        assert_eq!(ExactValue::number("1.50").text(), "1.50");
        assert_eq!(ExactValue::from(json!("1.50")).to_string(), "\"1.50\"");
    }

    #[test]
    fn parts_keep_their_digits() {
        let place = |text: &str| text.parse::<Pointer>().unwrap();
        let exact = ExactValue::parse(r#"{"a":[1.10,{"b":2.20}],"ab":3.30}"#).unwrap();
        assert_eq!(exact.at(&place("/a/1")).unwrap().to_string(), r#"{"b":2.20}"#);
        assert_eq!(exact.at(&place("/ab")).unwrap().to_string(), "3.30");
        assert_eq!(exact.at(&place("/c")), None);
        let mut changed = exact.clone();
        assert!(changed.replace(&place("/a"), &exact, |value| value.get_mut("a")));
        assert_eq!(changed.to_string(), r#"{"a":{"a":[1.10,{"b":2.20}],"ab":3.30},"ab":3.30}"#);
        assert!(!changed.replace(&place("/c"), &json!(1).into(), |value| value.get_mut("c")));
    }

    #[test]
    fn numbers_are_found_among_many_places_in_any_order() {
        let json = r#"{"b":1.50,"a":[0.10,1,2,3,4,5,6,7,8,9,{"x":2.20},11.0],"ab":{"b":3.30},"a/b":4.40,"":5.50,"10":6.60}"#;
        let mut exact = ExactValue::parse(json).unwrap();
        assert_eq!(exact.to_string().len(), json.len());
        assert_eq!(ExactValue::parse(&exact.to_string()).unwrap(), exact);
        for (at, number) in
            [("/a/10", "7.70"), ("/ab", "8.80"), ("/a/0", "0"), ("/", "9.90"), ("/b", "[1.0,0.0]")]
        {
            let at: Pointer = at.parse().unwrap();
            let number = ExactValue::parse(number).unwrap();
            assert!(exact.replace(&at, &number, |value| value_at(value, &at)));
            assert_eq!(exact.at(&at), Some(number));
            assert_eq!(ExactValue::parse(&exact.to_string()).unwrap(), exact);
        }
        let expected =
            r#"{"b":[1.0,0.0],"a":[0,1,2,3,4,5,6,7,8,9,7.70,11.0],"ab":8.80,"a/b":4.40,"":9.90,"10":6.60}"#;
        assert_eq!(ExactValue::parse(expected).unwrap(), exact);
    }

    #[test]
    fn many_numbers_are_written_as_they_came() {
        let numbers = vec!["[1.50,{\"a\":0.10}]"; 10_000].join(",");
        let json = format!("[{numbers}]");
        assert_eq!(ExactValue::parse(&json).unwrap().to_string(), json);
    }

    #[test]
    fn a_number_that_would_be_rounded_is_text() {
        for number in [
            "12345678901234567890123",
            "18446744073709551616",
            "-9223372036854775809",
            "0.12345678901234567890123",
            "1764460800.12345678901",
            "1.00000000000000000001e3",
            "1e-400",
        ] {
            assert_eq!(value(number).unwrap(), json!(number));
            let nested = format!(r#"{{ "1.{number}" : [ 7, {number} , "\"{number}" ] }}"#);
            let expected = json!({ format!("1.{number}"): [7, number, format!("\"{number}")] });
            assert_eq!(value(&nested).unwrap(), expected);
        }
    }

    #[test]
    fn other_numbers_keep_their_kind() {
        for number in ["0", "-1", "18446744073709551615", "-9223372036854775808", "0.1", "123456789012345678"]
        {
            assert_eq!(value(number).unwrap().to_string(), number);
        }
        for (number, same) in
            [("1.10", "1.1"), ("1E5", "100000.0"), ("-0", "-0.0"), ("0.000e9", "0.0"), ("12.50e-1", "1.25")]
        {
            assert_eq!(value(number).unwrap().to_string(), same);
        }
    }

    #[test]
    fn what_is_not_json_stays_an_error() {
        for text in ["", "012345678901234567890", "[1234567890123456789012", "1e400", "\"a"] {
            assert!(value(text).is_err(), "{text}");
        }
    }
}
