//! Compares the header of an existing file.

use super::style::{BYTE_ORDER_MARK, Style};

/// The first difference between the header in `head`, the start of a file, and `names` in this style. Returns `None`
/// if rows can be appended.
pub(crate) fn difference<'n>(
    head: &[u8],
    names: impl IntoIterator<Item = &'n str>,
    style: &Style,
) -> Option<String> {
    let head = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
    let (found, rest) = first_row(head, style.delimiter);
    let names = names.into_iter().map(|name| style.escape_formula(name.into()));
    let (mut found, mut names) = (found.into_iter(), names);
    for column in 1.. {
        match (found.next(), names.next()) {
            (Some(found), Some(name)) if found == name => {}
            (Some(found), Some(name)) => {
                return Some(format!("its column {column} is `{found}`, not `{name}`"));
            }
            (Some(found), None) => return Some(format!("it has one more column, `{found}`")),
            (None, Some(name)) => return Some(format!("it has no column `{name}`")),
            (None, None) => break,
        }
    }
    let same_end = rest.starts_with(style.line_end.as_bytes());
    let name = if style.line_end == "\n" { "LF" } else { "CRLF" };
    (!same_end).then(|| format!("its lines do not end in {name}"))
}

/// The fields of the first row, and the bytes after it.
fn first_row(text: &[u8], delimiter: u8) -> (Vec<String>, &[u8]) {
    let (mut fields, mut field) = (Vec::new(), Vec::new());
    let mut quoted = false;
    let mut end = text.len();
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'"' => {
                // Two quotes inside quotes stand for one.
                if !quoted && at > 0 && text[at - 1] == b'"' {
                    field.push(byte);
                }
                quoted = !quoted;
            }
            b'\r' | b'\n' if !quoted => {
                end = at;
                break;
            }
            _ if byte == delimiter && !quoted => fields.push(std::mem::take(&mut field)),
            _ => field.push(byte),
        }
    }
    fields.push(field);
    let fields = fields.iter().map(|field| String::from_utf8_lossy(field).into_owned());
    (fields.collect(), &text[end..])
}

#[cfg(test)]
mod tests {
    use super::{Style, difference};

    fn compare(head: &str) -> Option<String> {
        difference(head.as_bytes(), ["a", "say \"b\"", ""], &Style::PLAIN)
    }

    #[test]
    fn the_same_names_may_have_other_quotes_and_a_byte_order_mark() {
        assert_eq!(compare("a,\"say \"\"b\"\"\",\"\"\r\nrow"), None);
        assert_eq!(compare("\u{FEFF}\"a\",\"say \"\"b\"\"\",\r\n"), None);
    }

    #[test]
    fn the_first_difference_is_described() {
        let message = |head| compare(head).unwrap();
        assert_eq!(message("a,c,d\r\n"), "its column 2 is `c`, not `say \"b\"`");
        assert_eq!(message("a;b\r\n"), "its column 1 is `a;b`, not `a`");
        assert_eq!(message("a\r\n"), "it has no column `say \"b\"`");
        assert_eq!(message("a,\"say \"\"b\"\"\",,\"x\ny\"\r\n"), "it has one more column, `x\ny`");
        assert_eq!(message("a,\"say \"\"b\"\"\",\n"), "its lines do not end in CRLF");
    }
}
