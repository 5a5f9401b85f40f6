//! Writes JSON values as the fields of RFC 4180.

use longhaul_core::json::{Arrays, plain_run, text};

use super::style::{BYTE_ORDER_MARK, Formulas, Style};

impl Style {
    /// Appends a row of JSON values to `rows`. `None` is a value that the record does not have.
    pub(crate) fn row(&self, cells: &[Option<&str>], rows: &mut Vec<u8>) {
        let start = rows.len();
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                rows.push(self.delimiter);
            }
            self.cell(cell.unwrap_or("null"), rows);
        }
        if rows.len() == start {
            // A row with a single empty cell would be an empty line, which most readers skip.
            rows.extend_from_slice(b"\"\"");
        }
        rows.extend_from_slice(self.line_end.as_bytes());
    }

    /// The start of a file: a row of names, after a byte order mark if there is one.
    pub(crate) fn header<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<u8> {
        let mut rows = self.bom.to_vec();
        for (index, name) in names.into_iter().enumerate() {
            if index > 0 {
                rows.push(self.delimiter);
            }
            self.field(&self.escape_formula(name.into()), &mut rows);
        }
        rows.extend_from_slice(self.line_end.as_bytes());
        rows
    }

    /// Appends a JSON value to `row`.
    pub(crate) fn cell(&self, json: &str, row: &mut Vec<u8>) {
        match json.as_bytes() {
            b"null" => {}
            [b'[', ..] if self.arrays == Arrays::Drop => {}
            [b'"', text @ .., b'"'] if self.formulas == Formulas::Keep && self.is_plain(text) => {
                row.extend_from_slice(text);
            }
            [b'"', ..] => self.field(&self.escape_formula(text(json)), row),
            _ => self.field(json, row),
        }
    }

    /// Whether `text`, the content of a JSON string, is the same as a field. Most are, and this takes a single pass.
    fn is_plain(&self, text: &[u8]) -> bool {
        !text.is_empty()
            && !text.starts_with(BYTE_ORDER_MARK)
            && plain_run(text, self.delimiter) == text.len()
    }

    /// Quotes the text if it contains a delimiter, a quote or a line end (RFC 4180 §2). Also quotes empty text, to
    /// distinguish it from a missing value, and text that a reader could mistake for a byte order mark at the start of
    /// the file.
    fn field(&self, text: &str, row: &mut Vec<u8>) {
        let special = |byte: u8| matches!(byte, b'"' | b'\r' | b'\n') || byte == self.delimiter;
        if !text.is_empty() && !text.starts_with('\u{FEFF}') && !text.bytes().any(special) {
            row.extend_from_slice(text.as_bytes());
            return;
        }
        row.push(b'"');
        for (index, part) in text.split('"').enumerate() {
            if index > 0 {
                row.extend_from_slice(b"\"\"");
            }
            row.extend_from_slice(part.as_bytes());
        }
        row.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::{Arrays, Formulas, Style};

    const STYLE: Style = Style { line_end: "\n", ..Style::PLAIN };

    fn row(style: Style, cells: &[Option<&str>]) -> String {
        let mut rows = Vec::new();
        style.row(cells, &mut rows);
        String::from_utf8(rows).unwrap()
    }

    #[test]
    fn a_missing_value_is_empty_and_empty_text_is_quoted() {
        assert_eq!(row(STYLE, &[None, Some("null"), Some("\"\""), Some("\" \"")]), ",,\"\", \n");
        assert_eq!(row(STYLE, &[None]), "\"\"\n");
        assert_eq!(row(STYLE, &[None, None]), ",\n");
    }

    #[test]
    fn numbers_and_booleans_keep_their_text() {
        let cells = ["1.10", "12345678901234567890123", "-1.5E+300", "-0.0", "true", "false"];
        assert_eq!(row(STYLE, &cells.map(Some)), format!("{}\n", cells.join(",")));
    }

    #[test]
    fn only_special_text_is_quoted() {
        assert_eq!(row(STYLE, &[Some(r#""a,b""#), Some(r#""a;b""#)]), "\"a,b\",a;b\n");
        assert_eq!(
            row(Style { delimiter: b';', ..STYLE }, &[Some(r#""a,b""#), Some(r#""a;b""#)]),
            "a,b;\"a;b\"\n"
        );
        assert_eq!(row(STYLE, &[Some(r#""say \"hi\"""#), Some(r#""\"""#)]), "\"say \"\"hi\"\"\",\"\"\"\"\n");
        assert_eq!(
            row(STYLE, &[Some(r#""a\r\nb""#), Some(r#""\n""#), Some(r#""a\tb""#)]),
            "\"a\r\nb\",\"\n\",a\tb\n"
        );
        assert_eq!(row(STYLE, &[Some(r#""\ufeffa""#), Some(r#""a\ufeff""#)]), "\"\u{feff}a\",a\u{feff}\n");
    }

    #[test]
    fn arrays_and_objects_are_their_json_text() {
        let cells = [Some(r#"[1,"a"]"#), Some(r#"{"a":1.10}"#), Some("[]")];
        assert_eq!(row(STYLE, &cells), "\"[1,\"\"a\"\"]\",\"{\"\"a\"\":1.10}\",[]\n");
        assert_eq!(row(Style { arrays: Arrays::Drop, ..STYLE }, &cells), ",\"{\"\"a\"\":1.10}\",\n");
    }

    #[test]
    fn formulas_are_escaped_only_in_text() {
        let cells = [r#""=1+1""#, r#""+1""#, r#""-1""#, r#""@x""#, r#""\tx""#, r#""\rx""#, "-1", r#""a=1""#]
            .map(Some);
        assert_eq!(row(STYLE, &cells), "=1+1,+1,-1,@x,\tx,\"\rx\",-1,a=1\n");
        let escaping = Style { formulas: Formulas::Escape, ..STYLE };
        assert_eq!(row(escaping, &cells), "'=1+1,'+1,'-1,'@x,'\tx,\"'\rx\",-1,a=1\n");
        let cells = [r#""＝1""#, r#""＋1""#, r#""－1""#, r#""＠x""#, r#""\n=1""#, r#""""#].map(Some);
        assert_eq!(row(escaping, &cells), "'＝1,'＋1,'－1,'＠x,\"'\n=1\",\"\"\n");
    }

    #[test]
    fn text_is_unescaped() {
        assert_eq!(row(STYLE, &[Some(r#""\u00e9\/\\\ud83d\ude00é😀""#)]), "é/\\😀é😀\n");
        assert_eq!(row(STYLE, &[Some(r#""a\ud800b""#)]), "a\\ud800b\n");
        assert_eq!(row(STYLE, &[Some(r#""\u0000\u001f""#)]), "\0\u{1f}\n");
    }
}
