//! The path to the parts of a record that become rows, and the places of the values of a row.

use std::{fmt, str::FromStr};

use super::pointer::{InvalidPointer, Pointer};

/// A path from a record to the values that become rows: a JSON pointer in which `*` matches every element of an array
/// and every member of an object. The empty path matches the record itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RowPath {
    /// The tokens from the record to the value that the first `*` is applied to.
    pub(super) first: Vec<String>,
    /// For each `*`, the tokens after it.
    pub(super) after: Vec<Vec<String>>,
}

impl RowPath {
    /// The number of levels: the record and each `*`.
    pub fn levels(&self) -> usize {
        1 + self.after.len()
    }

    /// Checks that the level at which `place` starts exists.
    ///
    /// # Errors
    /// It does not.
    pub fn check(&self, place: &RowPlace) -> Result<(), InvalidRows> {
        let (carets, levels) = (place.carets(), self.levels());
        if carets > 0 && levels == 1 {
            return Err(InvalidRows::NoRows(place.to_string()));
        }
        if carets > levels {
            return Err(InvalidRows::TooManyCarets { place: place.to_string(), carets, levels });
        }
        Ok(())
    }
}

impl FromStr for RowPath {
    type Err = InvalidRows;

    fn from_str(text: &str) -> Result<Self, InvalidRows> {
        let pointer = text.parse::<Pointer>()?;
        let mut parts = pointer.tokens().split(|token| token == "*").map(<[String]>::to_vec);
        let first = parts.next().unwrap_or_default();
        let after = parts.collect::<Vec<_>>();
        if after.is_empty() {
            return Err(InvalidRows::NoStar(text.to_owned()));
        }
        Ok(Self { first, after })
    }
}

/// The place of a value of a row: a pointer that starts at the match of a [`RowPath`]. With a leading `^` it starts at the
/// record; each further `^` moves the start to what the next `*` of the path matches.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RowPlace {
    /// The level at which the pointer starts: 0 is the record, 1 is what the first `*` matches. `None` is the match.
    pub(super) level: Option<usize>,
    at: Pointer,
}

impl RowPlace {
    /// The pointer, without the level at which it starts.
    pub fn pointer(&self) -> &Pointer {
        &self.at
    }

    fn carets(&self) -> usize {
        self.level.map_or(0, |level| level + 1)
    }
}

impl From<Pointer> for RowPlace {
    fn from(at: Pointer) -> Self {
        Self { level: None, at }
    }
}

impl FromStr for RowPlace {
    type Err = InvalidRows;

    fn from_str(text: &str) -> Result<Self, InvalidRows> {
        let pointer = text.trim_start_matches('^');
        let level = (text.len() - pointer.len()).checked_sub(1);
        let at = pointer.parse::<Pointer>()?;
        if at.tokens().iter().any(|token| token == "*") {
            return Err(InvalidRows::Star(text.to_owned()));
        }
        Ok(Self { level, at })
    }
}

impl fmt::Display for RowPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", "^".repeat(self.carets()), self.at)
    }
}

/// Why a text is no path to rows, or no place of a value of them.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidRows {
    /// It is not a JSON pointer.
    #[error(transparent)]
    Pointer(#[from] InvalidPointer),
    /// The path leads to a single value.
    #[error("`{0}` has no `*`, which matches every element of an array")]
    NoStar(String),
    /// The place of a value could be that of several.
    #[error("`{0}` contains `*`, which is only allowed in `rows`")]
    Star(String),
    /// The place starts above a match, but the record is the row.
    #[error("`{0}` starts above a match of `rows`, but `rows` is not set")]
    NoRows(String),
    /// The place starts at a level that the path does not have.
    #[error(
        "`{place}` has {carets} `^`, but there are only {levels} levels: the record and each `*` of `rows`"
    )]
    TooManyCarets {
        /// The place.
        place: String,
        /// How many `^` it has.
        carets: usize,
        /// How many levels the path has.
        levels: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_needs_a_star() {
        let error = |text: &str| text.parse::<RowPath>().unwrap_err().to_string();
        let none = "has no `*`, which matches every element of an array";
        assert_eq!(error("/participants"), format!("`/participants` {none}"));
        assert_eq!(error(""), format!("`` {none}"));
        assert_eq!(error("a/*"), "`a/*` is not a JSON pointer: it must be empty or start with `/`");
        assert_eq!(error("/a*"), format!("`/a*` {none}"));
        assert_eq!("/a/*/b/*".parse::<RowPath>().unwrap().levels(), 3);
    }

    #[test]
    fn carets_select_the_level_at_which_a_place_starts() {
        for (text, level, pointer) in
            [("/a/0", None, "/a/0"), ("", None, ""), ("^/a", Some(0), "/a"), ("^^^", Some(2), "")]
        {
            let place: RowPlace = text.parse().unwrap();
            assert_eq!((place.level, place.pointer().to_string().as_str()), (level, pointer));
            assert_eq!(place.to_string(), text);
        }
        let error = |text: &str| text.parse::<RowPlace>().unwrap_err().to_string();
        assert_eq!(error("^id"), "`id` is not a JSON pointer: it must be empty or start with `/`");
        assert_eq!(error("^/a/*"), "`^/a/*` contains `*`, which is only allowed in `rows`");
    }

    #[test]
    fn a_path_has_a_level_for_the_record_and_each_star() {
        let check = |path: &str, place: &str| {
            let path = if path.is_empty() { RowPath::default() } else { path.parse().unwrap() };
            path.check(&place.parse().unwrap()).map_err(|error| error.to_string())
        };
        for (path, place) in [("", "/a"), ("/a/*", "/b"), ("/a/*", "^/b"), ("/a/*", "^^/b")] {
            assert_eq!(check(path, place), Ok(()));
        }
        assert_eq!(
            check("", "^/id").unwrap_err(),
            "`^/id` starts above a match of `rows`, but `rows` is not set"
        );
        assert_eq!(
            check("/a/*", "^^^/id").unwrap_err(),
            "`^^^/id` has 3 `^`, but there are only 2 levels: the record and each `*` of `rows`"
        );
    }
}
