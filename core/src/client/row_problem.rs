//! What can be wrong with a row of CSV.

use std::fmt;

/// What is wrong with a row.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RowProblem {
    /// It has more or fewer values than the header.
    Length {
        /// How many it has.
        values: usize,
        /// How many the header has.
        names: usize,
    },
    /// A quote is not closed.
    UnclosedQuote,
    /// There is text between a closing quote and the delimiter.
    TextAfterQuote,
    /// It is a line such as `sep=;`, which names another delimiter than the configured one.
    OtherDelimiter {
        /// The delimiter that it names.
        named: char,
        /// The configured one.
        configured: char,
    },
    /// It is not UTF-8.
    NotUtf8,
    /// Two columns have this name.
    SameName(String),
    /// It repeats the configured names.
    IsHeader,
    /// It is an empty line, and there is one column.
    Empty,
}

/// As the rest of a sentence.
impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { values, names } => {
                let s = |count: &usize| if *count == 1 { "" } else { "s" };
                let are = if *names == 1 { "is" } else { "are" };
                write!(f, "has {values} value{}, but there {are} {names} column{}", s(values), s(names))
            }
            Self::UnclosedQuote => write!(f, "has a quote that is not closed"),
            Self::TextAfterQuote => write!(f, "has text after a closing quote"),
            Self::OtherDelimiter { named, configured } => {
                let [named, configured] = [named, configured].map(|delimiter| delimiter.escape_debug());
                write!(f, "says that the delimiter is `{named}`, not `{configured}`")
            }
            Self::NotUtf8 => write!(f, "is not UTF-8"),
            Self::SameName(name) => write!(f, "names two columns `{}`", name.escape_debug()),
            Self::IsHeader => write!(f, "is a header line, although the names are configured"),
            Self::Empty => {
                write!(f, "is an empty line, which could be a record whose only value is empty, or nothing")
            }
        }
    }
}
