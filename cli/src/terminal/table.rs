//! Tables for the terminal.

use console::{Term, measure_text_width};

use crate::terminal::screen::broken_between_words;

/// The maximum width of a cell.
const MAX_CELL: usize = 36;

/// The maximum width of a line if there is no terminal.
const MAX_LINE: usize = 160;

/// The width of the terminal. Piped output always has the same width.
pub(crate) fn width() -> usize {
    Term::stdout().size_checked().map_or(MAX_LINE, |(_, columns)| columns.into())
}

/// Draws a table whose lines are no wider than `width`. Cells and columns that do not fit are cut, visibly.
pub(crate) fn draw(names: &[String], rows: &[Vec<String>], width: usize) -> String {
    if names.is_empty() {
        return String::new();
    }
    let widest = MAX_CELL.min(width.max(1));
    let fit = |row: &[String]| row.iter().map(|cell| shortened(cell, widest)).collect::<Vec<_>>();
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
        let note = format!("({hidden} of {} columns not shown; --format csv shows all)", names.len());
        text.push_str(&(broken_between_words(&note, width) + "\n"));
    }
    text
}

fn padded(text: &str, width: usize) -> String {
    text.to_owned() + &" ".repeat(width.saturating_sub(measure_text_width(text)))
}

/// Shortens `text` to `widest`, on one line, and escapes what could control the terminal.
fn shortened(text: &str, widest: usize) -> String {
    let mut shortened = String::new();
    let shown = text.chars().flat_map(|char| {
        let escaped = controls_terminal(char).then(|| char.escape_default());
        let plain = if controls_terminal(char) { None } else { Some(char) };
        plain.into_iter().chain(escaped.into_iter().flatten())
    });
    for char in shown {
        shortened.push(char);
        if measure_text_width(&shortened) > widest {
            while measure_text_width(&shortened) >= widest && shortened.pop().is_some() {}
            shortened.push('…');
            break;
        }
    }
    shortened
}

/// Whether the character controls the terminal, for example makes it write from right to left.
pub(crate) fn controls_terminal(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{broken_between_words, draw};

    fn drawn(names: &[&str], rows: &[&[&str]]) -> String {
        drawn_within(160, names, rows)
    }

    fn drawn_within(width: usize, names: &[&str], rows: &[&[&str]]) -> String {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        draw(&owned(names), &rows.iter().map(|row| owned(row)).collect::<Vec<_>>(), width)
    }

    #[test]
    fn columns_are_as_wide_as_their_cells() {
        assert_eq!(
            drawn(&["id", "name"], &[&["1", "é"], &["1.10", ""], &["", "Müller"]]),
            "id    name\n----  ------\n1     é\n1.10\n      Müller\n"
        );
        assert_eq!(drawn(&[], &[]), "");
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(
            drawn(&["a", "b"], &[&["東京", "1"], &["x😀", "2"], &["e\u{301}", "3"]]),
            "a     b\n----  -\n東京  1\nx😀   2\ne\u{301}     3\n"
        );
        let cut = format!("a\n{}\n{}…\n", "-".repeat(35), "京".repeat(17));
        assert_eq!(drawn(&["a"], &[&[&"京".repeat(19)]]), cut);
    }

    #[test]
    fn a_narrow_terminal_shows_at_least_one_column() {
        let rows: &[&[&str]] = &[&["0123456789", "ab"]];
        assert_eq!(drawn_within(14, &["a", "b"], rows), "a           b\n----------  --\n0123456789  ab\n");
        let one =
            |width| broken_between_words("(1 of 2 columns not shown; --format csv shows all)", width) + "\n";
        assert_eq!(one(13), "(1 of 2\n  columns not\n  shown;\n  --format\n  csv shows\n  all)\n");
        assert_eq!(drawn_within(13, &["a", "b"], rows), format!("a\n----------\n0123456789\n{}", one(13)));
        assert_eq!(drawn_within(5, &["a", "b"], rows), format!("a\n-----\n0123…\n{}", one(5)));
        assert_eq!(drawn_within(0, &["a", "b"], rows), format!("a\n-\n…\n{}", one(0)));
    }

    #[test]
    fn long_cells_are_cut_and_control_characters_are_escaped() {
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
