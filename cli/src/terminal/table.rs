//! A table for the terminal.

use std::fmt::Write;

use console::{Term, measure_text_width};

/// How wide a cell is, at most.
const WIDEST_CELL: usize = 36;

/// How wide a line is where there is no terminal, at most.
const WIDEST_LINE: usize = 160;

/// How wide a line is on this terminal; what is piped has the same width each time.
pub(crate) fn width() -> usize {
    Term::stdout().size_checked().map_or(WIDEST_LINE, |(_, columns)| columns.into())
}

/// The rows under their names, in columns, on lines no wider than `width`. What does not fit is cut, and said to be.
pub(crate) fn draw(names: &[String], rows: &[Vec<String>], width: usize) -> String {
    if names.is_empty() {
        return String::new();
    }
    let widest = WIDEST_CELL.min(width.max(1));
    let fit = |row: &[String]| row.iter().map(|cell| fitted(cell, widest)).collect::<Vec<_>>();
    let (names, rows) = (fit(names), rows.iter().map(|row| fit(row)).collect::<Vec<_>>());
    let widths = (0..names.len()).map(|column| {
        let cells = rows.iter().filter_map(|row| row.get(column)).chain(names.get(column));
        cells.map(|cell| measure_text_width(cell)).max().unwrap_or_default()
    });
    let mut line = 0;
    let widths: Vec<_> = widths
        .take_while(|column| {
            line += column + 2;
            line <= width.max(widest) + 2
        })
        .collect();
    let rule: Vec<_> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let mut text = String::new();
    for row in [&names, &rule].into_iter().chain(&rows) {
        let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| padded(cell, *width)).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    let hidden = names.len() - widths.len();
    if hidden > 0 {
        // Writing to a string does not fail.
        let _ = writeln!(text, "({hidden} of {} columns not shown; --format csv shows all)", names.len());
    }
    text
}

fn padded(text: &str, width: usize) -> String {
    text.to_owned() + &" ".repeat(width.saturating_sub(measure_text_width(text)))
}

/// `text` on one line that is no wider than `widest`, without anything that a terminal would obey.
fn fitted(text: &str, widest: usize) -> String {
    let mut fitted = String::new();
    let shown = text.chars().flat_map(|char| {
        let escaped = is_obeyed(char).then(|| char.escape_default());
        let plain = if is_obeyed(char) { None } else { Some(char) };
        plain.into_iter().chain(escaped.into_iter().flatten())
    });
    for char in shown {
        fitted.push(char);
        if measure_text_width(&fitted) > widest {
            while measure_text_width(&fitted) >= widest && fitted.pop().is_some() {}
            fitted.push('…');
            break;
        }
    }
    fitted
}

/// Whether a terminal takes it for an order, such as to write from right to left.
pub(crate) fn is_obeyed(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::draw;

    fn drawn(names: &[&str], rows: &[&[&str]]) -> String {
        drawn_within(160, names, rows)
    }

    fn drawn_within(width: usize, names: &[&str], rows: &[&[&str]]) -> String {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        draw(&owned(names), &rows.iter().map(|row| owned(row)).collect::<Vec<_>>(), width)
    }

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        assert_eq!(
            drawn(&["id", "name"], &[&["1", "é"], &["1.10", ""], &["", "Müller"]]),
            "id    name\n----  ------\n1     é\n1.10\n      Müller\n"
        );
        assert_eq!(drawn(&[], &[]), "");
    }

    #[test]
    fn signs_that_are_twice_as_wide_as_others_count_twice() {
        assert_eq!(
            drawn(&["a", "b"], &[&["東京", "1"], &["x😀", "2"], &["e\u{301}", "3"]]),
            "a     b\n----  -\n東京  1\nx😀   2\ne\u{301}     3\n"
        );
        let cut = format!("a\n{}\n{}…\n", "-".repeat(35), "京".repeat(17));
        assert_eq!(drawn(&["a"], &[&[&"京".repeat(19)]]), cut);
    }

    #[test]
    fn a_narrow_terminal_shows_what_fits_and_one_column_at_least() {
        let rows: &[&[&str]] = &[&["0123456789", "ab"]];
        assert_eq!(drawn_within(14, &["a", "b"], rows), "a           b\n----------  --\n0123456789  ab\n");
        let one = "(1 of 2 columns not shown; --format csv shows all)\n";
        assert_eq!(drawn_within(13, &["a", "b"], rows), format!("a\n----------\n0123456789\n{one}"));
        assert_eq!(drawn_within(5, &["a", "b"], rows), format!("a\n-----\n0123…\n{one}"));
        assert_eq!(drawn_within(0, &["a", "b"], rows), format!("a\n-\n…\n{one}"));
    }

    #[test]
    fn what_does_not_fit_is_cut_and_a_terminal_obeys_nothing() {
        let long = "x".repeat(37);
        let cut = format!("{}…", "x".repeat(35));
        assert_eq!(drawn(&["a"], &[&[&long]]), format!("a\n{}\n{cut}\n", "-".repeat(36)));
        assert_eq!(drawn(&["a"], &[&["\u{202e}b"]]), "a\n---------\n\\u{202e}b\n");
        assert_eq!(drawn(&["a"], &[&["\u{1b}[2J\r\n"]]), "a\n-------------\n\\u{1b}[2J\\r\\n\n");
        let wide = "y".repeat(36);
        let all = [wide.as_str(); 6];
        let line = [wide.as_str(); 4].join("  ");
        assert_eq!(
            drawn(&all, &[]),
            format!(
                "{line}\n{}\n(2 of 6 columns not shown; --format csv shows all)\n",
                line.replace('y', "-")
            )
        );
    }
}
