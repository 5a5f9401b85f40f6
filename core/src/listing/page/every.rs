//! Finds the records at a pointer with `*`, which stands for every element of an array and every value of an object.

use std::borrow::Cow;

use super::{
    Records,
    decode::{Search, name},
};
use crate::json::pointer::Pointer;

impl Search<'_> {
    /// Reads every record at `records`. The scan is where its first `*` is.
    pub(super) fn every_record(&mut self, records: &Pointer) -> Option<()> {
        let (plain, below) = records.split_at_star();
        if self.scan.peek()? == b'n' {
            // `null` counts as absent.
            return self.skip();
        }
        if self.found.records.replace(Records::Found).is_some() {
            return None;
        }
        self.matches(below, &mut plain.to_vec())
    }

    /// Reads every record at `below`, from the value that is next. `at` is where that is.
    fn matches(&mut self, below: &[String], at: &mut Vec<String>) -> Option<()> {
        let Some((token, rest)) = below.split_first() else { return self.in_range(Self::record) };
        match (self.scan.peek()?, token.as_str()) {
            (b'[', "*") if rest.is_empty() => {
                self.in_range(|search| search.each(b']', |search, _| search.record()))
            }
            (b'{', "*") if rest.is_empty() => self.in_range(|search| {
                search.each(b'}', |search, _| {
                    search.name()?;
                    search.record()
                })
            }),
            (b'[', "*") => self.each(b']', |search, index| search.deeper(rest, at, index.to_string())),
            (b'{', "*") => self.each(b'}', |search, _| {
                let name = search.name()?;
                search.deeper(rest, at, name)
            }),
            (b'[', token) => {
                let wanted = Pointer::index(token);
                let mut found = 0;
                self.each(b']', |search, index| {
                    if Some(index) != wanted {
                        return search.skip();
                    }
                    found += 1;
                    search.deeper(rest, at, token.to_owned())
                })?;
                self.check_found(found, at, token)
            }
            (b'{', token) => {
                let mut found = 0;
                self.each(b'}', |search, _| {
                    if search.name()? != token {
                        return search.skip();
                    }
                    found += 1;
                    search.deeper(rest, at, token.to_owned())
                })?;
                self.check_found(found, at, token)
            }
            (b'n', token) => {
                let path = at.iter().map(String::as_str).chain((token != "*").then_some(token));
                self.note(Records::Gap { at: Pointer::from_tokens(path) });
                self.skip()
            }
            (first, _) => {
                let found = match first {
                    b'"' => "text",
                    b't' | b'f' => "a boolean",
                    _ => "a number",
                };
                self.note(Records::Scalar { at: Pointer::from_tokens(at.iter()), found });
                self.skip()
            }
        }
    }

    fn deeper(&mut self, rest: &[String], at: &mut Vec<String>, token: String) -> Option<()> {
        at.push(token);
        self.matches(rest, at)?;
        at.pop();
        Some(())
    }

    /// Checks that a value had `token`, and only once: the records of the other would be lost or doubled.
    fn check_found(&mut self, found: usize, at: &[String], token: &str) -> Option<()> {
        if found == 0 {
            let path = at.iter().map(String::as_str).chain([token]);
            self.note(Records::Gap { at: Pointer::from_tokens(path) });
        }
        (found <= 1).then_some(())
    }

    /// Notes what is wrong with the page. A value of the wrong kind is worse than a missing one.
    fn note(&mut self, problem: Records) {
        let is_worse = matches!(problem, Records::Scalar { .. });
        match self.found.records {
            Some(Records::Scalar { .. }) => {}
            Some(Records::Gap { .. }) if !is_worse => {}
            _ => self.found.records = Some(problem),
        }
    }

    /// Passes the name of a member and its colon. A name that is not valid text is empty.
    fn name(&mut self) -> Option<String> {
        let name = name(self.scan.string()?).map(Cow::into_owned).unwrap_or_default();
        (self.scan.take()? == b':').then_some(name)
    }
}
