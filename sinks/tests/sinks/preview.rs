//! The preview of a page.

use longhaul_core::sink::{Batch, SinkError};
use longhaul_sinks::{Level, Seen, Tabulated, pointers, tabulate};
use serde_json::{Value, json};

use super::support::describe;

fn with_page<T>(records: &[&str], preview: impl Fn(&Batch<'_>) -> Result<T, SinkError>) -> Result<T, String> {
    let text = records.iter().flat_map(|record| [record, "\n"]).collect::<String>();
    let ends = text.match_indices('\n').map(|(at, _)| at + 1).collect::<Vec<_>>();
    preview(&Batch::new(text.as_bytes(), &ends)).map_err(|error| describe(&error))
}

fn table(options: &Value, records: &[&str]) -> Result<Tabulated, String> {
    with_page(records, |batch| tabulate(batch, options.as_object().unwrap()))
}

#[test]
fn a_table_has_the_listed_columns_or_all() {
    let records = [r#"{"id":1.10,"a":{"b":"x,\n"}}"#, r#"{"a":{"b":null,"late":[1]}}"#];
    let all = table(&json!({}), &records).unwrap();
    assert_eq!(all.names, ["id", "a.b", "a.late"]);
    assert_eq!(all.texts().collect::<Vec<_>>(), [["1.10", "x,\n", ""], ["", "", "[1]"]]);
    assert_eq!(String::from_utf8(all.csv()).unwrap(), "id,a.b,a.late\r\n1.10,\"x,\n\",\r\n,,[1]\r\n");
    let rows = json!({"rows": "/a/late/*", "columns": ["^/id", {"name": "n", "at": ""}]});
    let listed = table(&rows, &records).unwrap();
    assert_eq!(
        (listed.names.join(" "), listed.texts().collect::<Vec<_>>()),
        ("id n".into(), vec![vec![String::new(), "1".into()]])
    );
    assert_eq!(
        table(&json!({"columns": ["a"]}), &records).unwrap_err(),
        "Config: columns: column 1: `a` is not a JSON pointer: it must be empty or start with `/`"
    );
    assert_eq!(table(&json!({}), &["{"]).unwrap_err(), "Rejected: record 1 of the page is not JSON (cause)");
}

#[test]
fn every_pointer_is_listed_with_its_kinds_and_count() {
    let records = [
        r#"{"id":1,"a/b":{"c":"x"},"list":[{"k":true},{"k":[]},7]}"#,
        r#"{"id":null,"list":[],"a/b":{}}"#,
        "null",
    ];
    let seen = |at: &str, kinds: &[&'static str], count| Seen {
        at: at.parse().unwrap(),
        kinds: kinds.to_vec(),
        count,
    };
    let level = |rows: &str, places, pointers| Level { rows: rows.to_owned(), places, pointers };
    assert_eq!(
        with_page(&records, pointers).unwrap(),
        [
            level(
                "",
                3,
                vec![
                    seen("/id", &["a number", "null"], 2),
                    seen("/a~1b", &["an object"], 2),
                    seen("/a~1b/c", &["text"], 1),
                    seen("/list", &["an array"], 2),
                    seen("", &["null"], 1),
                ]
            ),
            level("/list/*", 3, vec![seen("/k", &["a boolean", "an array"], 2), seen("", &["a number"], 1)]),
            level("/list/*/k/*", 0, vec![]),
        ]
    );
    let deep = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    assert_eq!(with_page(&[&deep], pointers).unwrap()[0].pointers.len(), 64);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(with_page(&[&deep], pointers).unwrap().len(), 65);
    assert_eq!(
        with_page(&["{}", "{"], pointers).unwrap_err(),
        "Rejected: record 2 of the page is not JSON (cause)"
    );
}
