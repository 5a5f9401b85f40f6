//! Cells: JSON values as the fields of RFC 4180.

use longhaul_core::json::text;

use super::style::{Arrays, Style};

impl Style {
    /// Puts a row of JSON values at the end of `rows`; `None` is a value that the record lacks.
    pub(crate) fn row(&self, cells: &[Option<&str>], rows: &mut Vec<u8>) {
        let start = rows.len();
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                rows.push(self.delimiter);
            }
            self.cell(cell.unwrap_or("null"), rows);
        }
        if rows.len() == start {
            // The row of a single empty cell would be an empty line, and those most readers skip.
            rows.extend_from_slice(b"\"\"");
        }
        rows.extend_from_slice(self.line_end.as_bytes());
    }

    /// What a file starts with: a row of names.
    pub(crate) fn header<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<u8> {
        let mut rows = self.start.to_vec();
        for (index, name) in names.into_iter().enumerate() {
            if index > 0 {
                rows.push(self.delimiter);
            }
            self.field(&self.defused(name.into()), &mut rows);
        }
        rows.extend_from_slice(self.line_end.as_bytes());
        rows
    }

    /// Puts a JSON value at the end of `row`.
    pub(crate) fn cell(&self, json: &str, row: &mut Vec<u8>) {
        match json.as_bytes() {
            b"null" => {}
            [b'[', ..] if self.arrays == Arrays::Drop => {}
            [b'"', ..] => self.field(&self.defused(text(json)), row),
            _ => self.field(json, row),
        }
    }

    /// RFC 4180 §2: quotes where a delimiter, quote or line end is inside. Also around nothing, which tells empty
    /// text from none, and around what would be taken for a byte order mark at the start of the file.
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
    use super::{Arrays, Style};
    use crate::csv::style::Formulas;

    const STYLE: Style = Style { line_end: "\n", ..Style::PLAIN };

    fn row(style: Style, cells: &[Option<&str>]) -> String {
        let mut rows = Vec::new();
        style.row(cells, &mut rows);
        String::from_utf8(rows).unwrap()
    }

    #[test]
    fn nothing_is_empty_and_empty_text_is_quoted() {
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
    fn only_what_must_be_quoted_is() {
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
    fn formulas_are_defused_in_text_alone() {
        let cells = [r#""=1+1""#, r#""+1""#, r#""-1""#, r#""@x""#, r#""\tx""#, r#""\rx""#, "-1", r#""a=1""#]
            .map(Some);
        assert_eq!(row(STYLE, &cells), "=1+1,+1,-1,@x,\tx,\"\rx\",-1,a=1\n");
        let escaping = Style { formulas: Formulas::Escape, ..STYLE };
        assert_eq!(row(escaping, &cells), "'=1+1,'+1,'-1,'@x,'\tx,\"'\rx\",-1,a=1\n");
        let cells = [r#""＝1""#, r#""＋1""#, r#""－1""#, r#""＠x""#, r#""\n=1""#, r#""""#].map(Some);
        assert_eq!(row(escaping, &cells), "'＝1,'＋1,'－1,'＠x,\"'\n=1\",\"\"\n");
    }

    #[test]
    fn text_is_what_it_says() {
        assert_eq!(row(STYLE, &[Some(r#""\u00e9\/\\\ud83d\ude00é😀""#)]), "é/\\😀é😀\n");
        assert_eq!(row(STYLE, &[Some(r#""a\ud800b""#)]), "a\\ud800b\n");
        assert_eq!(row(STYLE, &[Some(r#""\u0000\u001f""#)]), "\0\u{1f}\n");
    }
}
