//! Reads JSON text piece by piece.

use std::borrow::Cow;

use super::{
    skip::after_value,
    string::{Spelling, string_end, text},
};

/// A position in JSON text, from which a scan continues.
///
/// A page is validated before its records get to a sink, so a scan only finds the ends of the values that it skips. That
/// takes half the time of a parser, and accepts numbers of any size and unpaired surrogates.
#[derive(Clone, Debug)]
pub struct Scan<'r> {
    text: &'r str,
    at: usize,
}

/// The name of a member, as it is written but without its quotes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Name<'r> {
    pub(super) written: &'r str,
    pub(super) spelling: Spelling,
}

/// Text that is not JSON, with the position at which this was noticed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it is cut off or invalid at byte {}", at + 1)]
pub struct NotJson {
    at: usize,
}

impl<'r> Name<'r> {
    /// The decoded name.
    pub fn text(self) -> Cow<'r, str> {
        match self.spelling {
            Spelling::Plain => Cow::Borrowed(self.written),
            Spelling::Escaped => Cow::Owned(text(&format!("\"{}\"", self.written)).into_owned()),
        }
    }
}

impl<'r> Scan<'r> {
    /// Starts at the beginning of `text`.
    pub fn new(text: &'r str) -> Self {
        Self { text, at: 0 }
    }

    /// The first byte of the next value or other token, without passing it. `None` at the end of the text.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            let byte = *bytes.get(self.at)?;
            if byte > b' ' || !byte.is_ascii_whitespace() {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// The kind of a value that starts with the byte `first`, with its article: `an object`.
    pub fn kind(first: u8) -> &'static str {
        match first {
            b'{' => "an object",
            b'[' => "an array",
            b'"' => "text",
            b't' | b'f' => "a boolean",
            b'n' => "null",
            _ => "a number",
        }
    }

    /// The position, in bytes from the beginning of the text.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The text from `start`, an earlier position, to the current one.
    pub fn since(&self, start: usize) -> &'r str {
        &self.text[start..self.at]
    }

    /// Passes the next value and returns its text.
    ///
    /// # Errors
    /// [`NotJson`] if there is no value, or if it does not end. In an object or array only the brackets are checked, not
    /// the text between them.
    #[inline]
    pub fn value(&mut self) -> Result<&'r str, NotJson> {
        self.peek();
        let start = self.at;
        self.skip()?;
        Ok(self.since(start))
    }

    /// Passes the next value.
    ///
    /// # Errors
    /// The same as those of [`value`](Self::value).
    pub fn skip(&mut self) -> Result<(), NotJson> {
        self.peek();
        self.at = after_value(self.text.as_bytes(), self.at).ok_or_else(|| self.error())?;
        Ok(())
    }

    /// Calls `each` with every member of the next value, an object. `each` must pass the value of the member.
    ///
    /// # Errors
    /// [`NotJson`] if the next value is not a well-formed object, and the errors of `each`.
    pub fn members<E: From<NotJson>>(
        &mut self,
        mut each: impl FnMut(Name<'r>, &mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.expect(b'{')?;
        if self.take_if(b'}') {
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.error().into());
            }
            let start = self.at + 1;
            let (end, spelling) = string_end(self.text.as_bytes(), start).ok_or_else(|| self.error())?;
            self.at = end;
            self.expect(b':')?;
            each(Name { written: &self.text[start..end - 1], spelling }, self)?;
            if !self.has_next(b'}')? {
                return Ok(());
            }
        }
    }

    /// Calls `each` before every element of the next value, an array. `each` must pass the element.
    ///
    /// # Errors
    /// [`NotJson`] if the next value is not a well-formed array, and the errors of `each`.
    pub fn elements(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), NotJson>,
    ) -> Result<(), NotJson> {
        self.expect(b'[')?;
        if self.take_if(b']') {
            return Ok(());
        }
        loop {
            each(self)?;
            if !self.has_next(b']')? {
                return Ok(());
            }
        }
    }

    /// Checks that only white space follows.
    ///
    /// # Errors
    /// [`NotJson`] if anything else does.
    pub fn end(&mut self) -> Result<(), NotJson> {
        if self.peek().is_none() { Ok(()) } else { Err(self.error()) }
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Result<(), NotJson> {
        if self.take_if(byte) { Ok(()) } else { Err(self.error()) }
    }

    #[inline]
    fn take_if(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Passes a comma, or `close` after the last member or element. Returns whether it was a comma.
    #[inline]
    fn has_next(&mut self, close: u8) -> Result<bool, NotJson> {
        let byte = self.peek();
        if byte != Some(b',') && byte != Some(close) {
            return Err(self.error());
        }
        self.at += 1;
        Ok(byte == Some(b','))
    }

    fn error(&self) -> NotJson {
        NotJson { at: self.at }
    }
}

#[cfg(test)]
mod tests {
    use super::{Name, NotJson, Scan, Spelling};

    #[test]
    fn values_are_passed_as_a_whole() {
        for value in [
            r#""plain""#,
            r#""a \" quote and a \\""#,
            r#"{"a":"}","b":[{"c":"]\\"}]}"#,
            r#"[[],{},"[",-1.5E+300,null]"#,
            "1e999",
            "true",
            r#""\ud800""#,
        ] {
            for around in ["", " ", ",", "]", "}"] {
                let text = format!(" {value}{around}");
                assert_eq!(Scan::new(&text).value(), Ok(value), "{text}");
            }
        }
    }

    #[test]
    fn members_and_elements_come_one_by_one() {
        let mut seen = Vec::new();
        let mut scan = Scan::new(r#" { "a" : [ 1 , [2] ] , "\u0062":{} } "#);
        let members = scan.members(|name, scan| {
            seen.push((name, Vec::new()));
            match scan.peek() {
                Some(b'[') => scan.elements(|scan| {
                    seen.last_mut().unwrap().1.push(scan.value()?);
                    Ok(())
                }),
                _ => scan.skip(),
            }
        });
        members.and_then(|()| scan.end()).unwrap();
        let plain = Name { written: "a", spelling: Spelling::Plain };
        let escaped = Name { written: r"\u0062", spelling: Spelling::Escaped };
        assert_eq!(seen, [(plain, vec!["1", "[2]"]), (escaped, vec![])]);
        Scan::new("[ ]").elements(|_| panic!("there is none")).unwrap();
        Scan::new("{ }").members::<NotJson>(|_, _| panic!("there is none")).unwrap();
    }

    #[test]
    fn text_that_is_cut_off_or_malformed_is_an_error() {
        for text in ["", "\"", "\"\\\"", "{", "[1", "{\"a\"", "{\"a\":[}", "]", "\\"] {
            assert!(Scan::new(text).value().is_err(), "{text}");
        }
        for text in ["{1:2}", "{\"a\" 2}", "{\"a\":2 \"b\":3}", "{\"a\":2", "[]", "{\"a\":}", "{\"a\":1,}"] {
            assert!(Scan::new(text).members(|_, scan| scan.skip()).is_err(), "{text}");
        }
        for text in ["[1 2]", "[1", "{}", "[,]"] {
            assert!(Scan::new(text).elements(Scan::skip).is_err(), "{text}");
        }
        let error = Scan::new("[1,").elements(Scan::skip).unwrap_err();
        assert_eq!(error.to_string(), "it is cut off or invalid at byte 4");
        assert!(Scan::new(" x").end().is_err());
    }
}
