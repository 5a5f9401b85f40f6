//! Text that a server may have chosen, on one line.

use toml_edit::Value;

use crate::{commands::preview, terminal::table::controls_terminal};

/// `text` as TOML on one line, so that it can be part of a comment.
pub(super) fn quoted(text: &str) -> Value {
    // A basic string is always valid.
    preview::quoted(text).parse().unwrap_or_else(|_| Value::from(text))
}

/// `text` without what could end a comment or control a terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|char| if controls_terminal(char) { '\u{fffd}' } else { char }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_on_its_line() {
        let text = "/a\n[auth]\u{1b}[2J\"\\\u{202e}";
        let value = quoted(text);
        assert_eq!(value.to_string().lines().count(), 1);
        assert_eq!(value.as_str(), Some(text));
        assert_eq!(printable("a\nb\u{1b}[2J"), "a\u{fffd}b\u{fffd}[2J");
    }
}
