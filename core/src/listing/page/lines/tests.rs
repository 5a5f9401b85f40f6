//! Lines as servers send them, in memory and in files.

use std::io::Write;

use super::text::{BATCH, LONGEST};
use super::*;
use crate::listing::page::format::{Csv, EmptyLines};

fn csv(delimiter: u8, header: Option<&[&str]>) -> Format {
    let header = header.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    Format::Csv(Csv { delimiter, header, empty_lines: EmptyLines::Unclear })
}

/// The lines of a page in memory. They must be the same if it is in a file.
fn lines(format: &Format, text: &str) -> Result<String, String> {
    let memory = read(text.as_bytes().to_vec(), format).map(|lines| text_of(&lines));
    let memory = memory.map_err(|fault| fault.to_string());
    assert_eq!(spooled(format, text.as_bytes()).map(|(lines, ..)| lines), memory, "{text:?}");
    memory
}

fn text_of(lines: &Lines) -> String {
    let text = &lines.bytes[lines.range.clone()];
    assert_eq!(lines.ends.last().copied().unwrap_or(0), text.len());
    let mut from = 0;
    for end in &lines.ends {
        assert_eq!(memchr::memchr(b'\n', &text[from..*end]), Some(end - 1 - from));
        from = *end;
    }
    String::from_utf8(text.to_vec()).unwrap()
}

/// The lines of a page in a file, their batches, and the last one.
fn spooled(format: &Format, text: &[u8]) -> Result<(String, usize), String> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(text).unwrap();
    let mut page =
        Spooled::check(file.try_into().unwrap(), format, Vec::new()).map_err(|fault| fault.to_string())?;
    let (mut all, mut count, mut batches) = (String::new(), 0, 0);
    let mut lines = page.next(Lines::default()).unwrap();
    while !lines.ends.is_empty() {
        all += &text_of(&lines);
        count += lines.ends.len() as u64;
        batches += 1;
        lines = page.next(lines).unwrap();
    }
    assert_eq!(page.count, count);
    assert_eq!(str::from_utf8(&page.last).unwrap(), all.lines().last().unwrap_or_default());
    Ok((all, batches))
}

fn ndjson(text: &str) -> Result<String, String> {
    lines(&Format::Ndjson, text)
}

#[test]
fn every_line_is_a_record_with_its_own_bytes() {
    let odd = r#"{"z":1.10,"a":12345678901234567890123,"z":1e5,"s":"a\u00e9\/ \n\"b\\"}"#;
    for text in [
        format!("{odd}\n[1]\n7\n"),
        format!("{odd}\n[1]\n7"),
        format!("{odd}\n[1]\n7 "),
        format!("\n{odd}\r\n  \n[ 1 ]\t\r\n\r\n7\n\n"),
        format!("{odd} \n[1]\n 7 "),
    ] {
        assert_eq!(ndjson(&text).unwrap(), format!("{odd}\n[1]\n7\n"));
    }
    assert_eq!(ndjson("\n \r\n").unwrap(), "");
    assert_eq!(ndjson("{ \"a\" : \"x  y\" }").unwrap(), "{\"a\":\"x  y\"}\n");
}

#[test]
fn a_line_that_is_wrong_or_cut_is_named() {
    let fault = |text: &str| ndjson(text).unwrap_err();
    let in_line_3 = "line 3 of the answer is not JSON: ";
    assert_eq!(fault("1\n\n{\"a\":}\n3\n"), format!("{in_line_3}expected value at column 6"));
    assert_eq!(fault("1\n2\n{}{}\n"), format!("{in_line_3}trailing characters at column 3"));
    assert_eq!(fault("1\n2\n{\"a\":\n"), format!("{in_line_3}EOF while parsing a value at column 5"));
    assert_eq!(fault("1\n2\nerror: oops"), format!("{in_line_3}expected value at column 1"));
    let text = "{\"a\":1}\n{\"b\":[\"c\",true]}";
    for cut in 9..text.len() {
        assert_eq!(fault(&text[..cut]), "line 2 of the answer, the last one, is cut off", "{cut}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_named() {
    let fault = |format: &Format, text: &[u8]| {
        let memory = read(text.to_vec(), format).unwrap_err().to_string();
        assert_eq!(spooled(format, text), Err(memory.clone()));
        memory
    };
    assert_eq!(
        fault(&Format::Ndjson, b"1\n\"\xff\"\n"),
        "line 2 of the answer is not JSON: invalid unicode code point at column 2"
    );
    assert_eq!(fault(&csv(b',', None), b"a,b\n1,2\n3,\xe9\n"), "row 3 of the answer is not UTF-8");
}

#[test]
fn every_row_is_an_object_of_strings() {
    let plain = "{\"id\":\"1\",\"n\":\"a b\"}\n{\"id\":\"\",\"n\":\"é\"}\n";
    for text in [
        "id,n\n1,a b\n,é\n",
        "id,n\r\n1,a b\r\n,é",
        "\n\nid,n\n\n1,a b\r,é\n\n",
        "\"id\",\"n\"\n\"1\",a b\n\"\",\"é\"\n",
    ] {
        assert_eq!(lines(&csv(b',', None), text).unwrap(), plain);
    }
    assert_eq!(lines(&csv(b';', Some(&["id", "n"])), "1;a b\n;é\n").unwrap(), plain);
    assert_eq!(lines(&csv(b'\t', None), "id\tn\n1\ta b\n\té").unwrap(), plain);
    assert_eq!(
        lines(&csv(b',', None), "a\"b,\"c\nd\"\n5\" pipe,\"say \"\"hi\"\",\r\n\tx\\\u{1}\"\n").unwrap(),
        "{\"a\\\"b\":\"5\\\" pipe\",\"c\\nd\":\"say \\\"hi\\\",\\r\\n\\tx\\\\\\u0001\"}\n"
    );
    assert_eq!(lines(&csv(b',', None), "id,n\n").unwrap(), "");
}

#[test]
fn a_line_before_the_header_may_name_the_delimiter() {
    for line in ["sep=;\n", "SEP=;\r\n", "\"sep=;\"\n", "\nsep=;\r"] {
        let text = |rows: &str| [line, rows].concat();
        let record = "{\"id\":\"1\",\"n\":\"a\"}\n";
        assert_eq!(lines(&csv(b';', None), &text("id;n\n1;a\n")).unwrap(), record);
        assert_eq!(lines(&csv(b';', Some(&["id", "n"])), &text("1;a\n")).unwrap(), record);
        let other = "row 1 of the answer says that the delimiter is `;`, not `,`";
        assert_eq!(lines(&csv(b',', None), &text("id;n\n1;a\n")), Err(other.to_owned()));
    }
    let tab = "row 1 of the answer says that the delimiter is `\\t`, not `,`";
    assert_eq!(lines(&csv(b',', None), "sep=\t\nid\tn\n"), Err(tab.to_owned()));
    let fault = |text: &str| lines(&csv(b';', None), text).unwrap_err();
    assert_eq!(fault("sep=;"), "row 1 of the answer, the last one, is cut off");
    assert_eq!(fault("sep=;\n"), "the answer is empty");
    let rows = "id;n\nsep=;\n";
    assert_eq!(lines(&csv(b';', None), rows).unwrap(), "{\"id\":\"sep=\",\"n\":\"\"}\n");
}

#[test]
fn an_empty_line_may_be_a_row_of_a_table_with_one_column() {
    let read = |empty_lines, header: Option<&[&str]>, text: &str| {
        let header = header.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        lines(&Format::Csv(Csv { delimiter: b',', header, empty_lines }), text)
    };
    let unclear =
        "row 3 of the answer is an empty line, which could be a record whose only value is empty, or nothing";
    for end in ["\n", "\r\n", "\r"] {
        let text = |text: &str| text.replace('\n', end);
        for unclear_text in ["a\n1\n\n2\n", "a\n1\n\n", "\na\n1\n\n\n2"] {
            assert_eq!(read(EmptyLines::Unclear, None, &text(unclear_text)), Err(unclear.to_owned()));
        }
        assert_eq!(read(EmptyLines::Unclear, None, &text("\n\na\n1\n2\n")).unwrap().lines().count(), 2);
        let record = |value: &str| format!("{{\"a\":\"{value}\"}}\n");
        let with_empty = record("1") + &record("") + &record("2") + &record("");
        assert_eq!(read(EmptyLines::Rows, None, &text("\na\n1\n\n2\n\n")).unwrap(), with_empty);
        assert_eq!(read(EmptyLines::Rows, Some(&["a"]), &text("1\n\n2\n\n")).unwrap(), with_empty);
        let without = record("1") + &record("2");
        assert_eq!(read(EmptyLines::Ignored, None, &text("a\n1\n\n2\n\n")).unwrap(), without);
        assert_eq!(read(EmptyLines::Rows, None, &text("a,b\n1,2\n\n3,4\n\n")).unwrap().lines().count(), 2);
    }
    let rows = format!("a\n{}", "x\r\n\r\n".repeat(BATCH));
    let csv = Format::Csv(Csv { empty_lines: EmptyLines::Rows, ..Csv::default() });
    assert_eq!(spooled(&csv, rows.as_bytes()).unwrap().0.lines().count(), 2 * BATCH);
}

#[test]
fn a_row_that_is_wrong_or_cut_is_named() {
    let fault = |text: &str| lines(&csv(b',', None), text).unwrap_err();
    assert_eq!(fault("id,n\n1,2\n3\n4,5\n"), "row 3 of the answer has 1 value, but there are 2 columns");
    assert_eq!(fault("id,n\n1,2,3"), "row 2 of the answer has 3 values, but there are 2 columns");
    assert_eq!(fault("id,n\n1,\"2\"3\n"), "row 2 of the answer has text after a closing quote");
    assert_eq!(fault("id,n\n1,\"2\n3,4\n"), "row 2 of the answer has a quote that is not closed");
    assert_eq!(fault("id,n,id\n1,2,3\n"), "row 1 of the answer names two columns `id`");
    assert_eq!(fault("id,n\n1,2\n3"), "row 3 of the answer, the last one, is cut off");
    assert_eq!(fault("id,n\n1,2\n3,\"4"), "row 3 of the answer, the last one, is cut off");
    assert_eq!(fault("\n"), "the answer is empty");
    let named = |text: &str| lines(&csv(b',', Some(&["id", "n"])), text);
    assert_eq!(
        named("id,n\n1,2\n"),
        Err("row 1 of the answer is a header line, although the names are configured".to_owned())
    );
    assert_eq!(named("1,2\nid,n\n").unwrap().lines().count(), 2);
    assert_eq!(named("\n").unwrap(), "");
}

#[test]
fn a_long_page_comes_in_batches_wherever_lines_end() {
    for shift in 0..5 {
        let start = "x".repeat(shift);
        let record = |number: usize| {
            format!("{{\"n\":\"{number}{start}\",\"t\":\"{}\"}}\n", "word ".repeat(number % 50))
        };
        let records: String = (0..9_000).map(record).collect();
        let (read, batches) = spooled(&Format::Ndjson, records.as_bytes()).unwrap();
        assert!(read == records && batches > 1);
        let spaced = records.replace("\",\"", "\", \"");
        assert!(spooled(&Format::Ndjson, spaced.as_bytes()).unwrap().0 == records);
        let row = |number: usize| format!("{number}{start},\"{}\"\r\n", "word ".repeat(number % 50));
        let rows: String = (0..9_000).map(row).collect();
        assert!(spooled(&csv(b',', None), format!("n,t\r\n{rows}").as_bytes()).unwrap().0 == records);
    }
}

#[test]
fn a_record_may_be_longer_than_a_batch() {
    let records = format!("1\n\"{}\"\n2\n", "x".repeat(3 * BATCH));
    assert!(spooled(&Format::Ndjson, records.as_bytes()).unwrap().0 == records);
    let rows = format!("a\n1\n\"{}\"\n2\n", "x,\n".repeat(BATCH));
    let (lines, _) = spooled(&csv(b',', None), rows.as_bytes()).unwrap();
    assert_eq!(lines.lines().map(str::len).collect::<Vec<_>>(), [9, 8 + 4 * BATCH, 9]);
    let endless = "x".repeat(LONGEST + 1);
    let fault = |format: &Format, text: String| spooled(format, text.as_bytes()).map(drop).unwrap_err();
    assert_eq!(
        fault(&Format::Ndjson, format!("1\n\"{endless}\"")),
        "line 2 of the answer is longer than 16 MiB"
    );
    assert_eq!(
        fault(&csv(b',', None), format!("a\n1\n{endless}")),
        "line 3 of the answer is longer than 16 MiB"
    );
}

#[test]
fn a_byte_order_mark_in_a_file_is_ignored() {
    let read = |format: &Format, text: &str| spooled(format, format!("\u{feff}{text}").as_bytes()).unwrap().0;
    assert_eq!(read(&Format::Ndjson, "1\n"), "1\n");
    assert_eq!(read(&csv(b',', None), "a\n1\n"), "{\"a\":\"1\"}\n");
}
