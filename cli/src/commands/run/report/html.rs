//! Text in HTML.

use std::{
    borrow::Cow,
    fmt::{self, Write},
};

/// A text in HTML, with all characters escaped that have a meaning there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            '\n' | '\t' => f.write_char(char),
            // HTML has no control characters.
            control if control.is_control() => f.write_char('\u{fffd}'),
            other => f.write_char(other),
        })
    }
}

/// How many bytes a cell has at most.
const MOST_IN_CELL: usize = 250;

/// At most `most` bytes of `text`.
pub(super) fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return text.into();
    }
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", &text[..end]).into()
}

/// A table. The first column is text, the others are numbers unless `texts` has them.
pub(super) fn table(head: &[&str], texts: &[usize], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let class = |column: usize| if column == 0 || texts.contains(&column) { "" } else { " class=\"n\"" };
    let mut out = "<div class=\"wide\"><table><thead><tr>".to_owned();
    for (column, name) in head.iter().enumerate() {
        // Writing to a string does not fail.
        let _ = write!(out, "<th{}>{}</th>", class(column), Escaped(name));
    }
    out.push_str("</tr></thead><tbody>");
    for row in rows {
        out.push_str("<tr>");
        for (column, cell) in row.iter().enumerate() {
            let _ = write!(out, "<td{}>{}</td>", class(column), Escaped(&shortened(cell, MOST_IN_CELL)));
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!([3, 2].map(|most| shortened("aéb", most).into_owned()), ["aé…", "a…"]);
        assert_eq!(shortened("aéb", 4), "aéb");
    }

    #[test]
    fn text_cannot_become_markup() {
        let escaped = Escaped("<script>\"a\" & 'b'\u{1b}[31m\n").to_string();
        assert_eq!(escaped, "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;\u{fffd}[31m\n");
        let table = table(&["a", "b"], &[], [vec!["<x>".to_owned(), "1".to_owned()]]);
        assert_eq!(
            table,
            "<div class=\"wide\"><table><thead><tr><th>a</th><th class=\"n\">b</th></tr></thead><tbody>\
             <tr><td>&lt;x&gt;</td><td class=\"n\">1</td></tr></tbody></table></div>"
        );
    }
}
