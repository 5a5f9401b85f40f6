//! A table for the terminal.

use std::fmt::Write;

/// How many characters of a cell are shown.
const WIDEST_CELL: usize = 36;

/// How many characters a line has, at most.
const WIDEST_LINE: usize = 160;

/// The rows under their names, in columns. What does not fit is cut, and said to be.
pub(super) fn draw(names: &[String], rows: &[Vec<String>]) -> String {
    let names: Vec<_> = names.iter().map(|name| fitted(name)).collect();
    let rows: Vec<Vec<_>> = rows.iter().map(|row| row.iter().map(|cell| fitted(cell)).collect()).collect();
    let widths = (0..names.len()).map(|column| {
        let cells = rows.iter().filter_map(|row| row.get(column)).chain(names.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    });
    let mut line = 0;
    let widths: Vec<_> = widths
        .take_while(|width| {
            line += width + 2;
            line <= WIDEST_LINE + 2
        })
        .collect();
    let rule: Vec<_> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let mut text = String::new();
    for row in [&names, &rule].into_iter().chain(&rows) {
        let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    let hidden = names.len() - widths.len();
    if hidden > 0 {
        // Writing to a string does not fail.
        let _ = writeln!(text, "({hidden} more of {} columns: --format csv shows all)", names.len());
    }
    text
}

/// `text` on one line, without anything that a terminal would obey.
fn fitted(text: &str) -> String {
    let mut fitted = String::new();
    let mut shown = text.chars().flat_map(|char| {
        let escaped = char.is_control().then(|| char.escape_default());
        let plain = if char.is_control() { None } else { Some(char) };
        plain.into_iter().chain(escaped.into_iter().flatten())
    });
    fitted.extend(shown.by_ref().take(WIDEST_CELL));
    if shown.next().is_some() {
        fitted.pop();
        fitted.push('…');
    }
    fitted
}

#[cfg(test)]
mod tests {
    use super::draw;

    fn drawn(names: &[&str], rows: &[&[&str]]) -> String {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        draw(&owned(names), &rows.iter().map(|row| owned(row)).collect::<Vec<_>>())
    }

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        assert_eq!(
            drawn(&["id", "name"], &[&["1", "é"], &["1.10", ""], &["", "Müller"]]),
            "id    name\n----  ------\n1     é\n1.10\n      Müller\n"
        );
        assert_eq!(drawn(&[], &[]), "\n\n");
    }

    #[test]
    fn what_does_not_fit_is_cut_and_a_terminal_obeys_nothing() {
        let long = "x".repeat(37);
        let cut = format!("{}…", "x".repeat(35));
        assert_eq!(drawn(&["a"], &[&[&long]]), format!("a\n{}\n{cut}\n", "-".repeat(36)));
        assert_eq!(drawn(&["a"], &[&["\u{1b}[2J\r\n"]]), "a\n-------------\n\\u{1b}[2J\\r\\n\n");
        let wide = "y".repeat(36);
        let all = [wide.as_str(); 6];
        let line = [wide.as_str(); 4].join("  ");
        assert_eq!(
            drawn(&all, &[]),
            format!("{line}\n{}\n(2 more of 6 columns: --format csv shows all)\n", line.replace('y', "-"))
        );
    }
}
