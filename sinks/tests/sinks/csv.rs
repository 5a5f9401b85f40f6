//! CSV, byte for byte.

use longhaul_core::sink::{Mark, OpenSink};
use longhaul_tests::write_page;
use serde_json::{Value, json};

use super::support::{Folder, configured, describe, pull};

fn csv(mut options: Value) -> Box<dyn OpenSink> {
    options["path"] = json!("x.csv");
    configured("csv", options).unwrap()
}

#[test]
fn records_become_rows_under_a_header() {
    let folder = Folder::new();
    let columns = json!(["/conversationId", {"name": "queue", "at": "/participants/0/queue"}, "/n", "/tags"]);
    let records = [
        r#"{"n":1.10,"conversationId":"é, \"x\"","participants":[{"queue":"a\nb"},{"queue":"other"}],"tags":["t",1]}"#,
        r#"{"conversationId":"","participants":[],"n":12345678901234567890123,"tags":null}"#,
        r#"{"n":true,"participants":{"0":{"queue":"-1"}},"tags":{"a":[]}}"#,
    ];
    pull(folder.open(&*csv(json!({"columns": columns}))), &records);
    assert_eq!(
        folder.text("x.csv").unwrap(),
        "conversationId,queue,n,tags\r\n\
         \"é, \"\"x\"\"\",\"a\nb\",1.10,\"[\"\"t\"\",1]\"\r\n\
         \"\",,12345678901234567890123,\r\n\
         ,-1,true,\"{\"\"a\"\":[]}\"\r\n"
    );
    let dialect = json!({
        "columns": columns, "delimiter": ";", "bom": "true", "line_end": "lf", "arrays": "drop", "formulas": "escape"
    });
    pull(folder.open(&*csv(dialect)), &records);
    assert_eq!(
        folder.text("x.csv").unwrap(),
        "\u{FEFF}conversationId;queue;n;tags\n\
         \"é, \"\"x\"\"\";\"a\nb\";1.10;\n\
         \"\";;12345678901234567890123;\n\
         ;'-1;true;\"{\"\"a\"\":[]}\"\n"
    );
}

#[test]
fn each_match_of_a_path_is_a_row() {
    let folder = Folder::new();
    let options = json!({
        "rows": "/participants/*/sessions/*",
        "columns": ["^/conversationId", "^^/purpose", "/mediaType", {"name": "session", "at": ""}],
        "line_end": "lf",
    });
    let records = [
        r#"{"participants":[{"purpose":"agent","sessions":[{"mediaType":"voice"},{}]},{"purpose":"acd"}],"conversationId":"a"}"#,
        r#"{"conversationId":"b","participants":[{"purpose":"ivr","sessions":[]}]}"#,
        r#"{"conversationId":"c"}"#,
        r#"{"conversationId":"d","participants":[{"sessions":[{"mediaType":1.10}]}]}"#,
    ];
    let header = "conversationId,purpose,mediaType,session\n";
    let a = "a,agent,voice,\"{\"\"mediaType\"\":\"\"voice\"\"}\"\na,agent,,{}\n";
    let d = "d,,1.10,\"{\"\"mediaType\"\":1.10}\"\n";
    pull(folder.open(&*csv(options.clone())), &records);
    assert_eq!(folder.text("x.csv").unwrap(), [header, a, d].concat());
    let mut optional = options;
    optional["rows_optional"] = json!(true);
    pull(folder.open(&*csv(optional)), &records);
    assert_eq!(folder.text("x.csv").unwrap(), [header, a, "b,,,\n", "c,,,\n", d].concat());
}

#[test]
fn times_are_written_in_the_time_zone_and_format_of_their_column() {
    let folder = Folder::new();
    let columns = json!([
        "/at",
        {"name": "local", "at": "/at", "timezone": "Europe/Berlin"},
        {"name": "day", "at": "/at", "timezone": "Europe/Berlin", "format": "%d.%m.%Y"},
    ]);
    let options = json!({"columns": columns, "line_end": "lf"});
    let records = [r#"{"at":"2026-12-31T23:30:00.000Z"}"#, r#"{"at":null}"#, "{}"];
    pull(folder.open(&*csv(options.clone())), &records);
    assert_eq!(
        folder.text("x.csv").unwrap(),
        "at,local,day\n2026-12-31T23:30:00.000Z,2027-01-01T00:30:00+01:00,01.01.2027\n,,\n,,\n"
    );
    let mut open = folder.open(&*csv(options));
    let error = write_page(&mut open, &["{}", r#"{"at":"tomorrow"}"#]).map_err(|error| describe(&error));
    let message = "Rejected: record 2 of the page has `\"tomorrow\"` in the column `local`, which is not a time with an \
                   offset such as `2026-01-01T00:00:00Z`; without `timezone` and `format` the column keeps what the \
                   server wrote";
    assert_eq!(error, Err(message.to_owned()));
}

#[test]
fn a_record_in_which_no_column_can_match_is_rejected() {
    let folder = Folder::new();
    let error = |columns: Value, record: &str| {
        let mut open = folder.open(&*csv(json!({"columns": columns})));
        write_page(&mut open, &["{}", record]).map_err(|error| describe(&error))
    };
    for (record, kind) in
        [("7", "a number"), ("\"x\"", "text"), ("null", "null"), ("false", "a boolean"), ("[1]", "an array")]
    {
        let message = format!(
            "Rejected: record 2 of the page is {kind}, not an object; to keep it as a whole, add a column with `at = \"\"`"
        );
        assert_eq!(error(json!(["/a"]), record), Err(message));
        assert_eq!(error(json!([{"name": "record", "at": ""}]), record), Ok(()));
    }
    assert_eq!(error(json!(["/0"]), "[1]"), Ok(()));
}

#[test]
fn an_empty_pull_has_a_header() {
    let folder = Folder::new();
    for mark in [Mark::START, Mark(1)] {
        let mut open = folder.open(&*csv(json!({"columns": ["/a/b", {"name": "x,y", "at": "/c"}]})));
        open.commit(mark).unwrap();
        open.finish().unwrap();
        assert_eq!(folder.text("x.csv").unwrap(), "a.b,\"x,y\"\r\n");
    }
}

#[test]
fn appended_rows_follow_under_the_same_header() {
    let folder = Folder::new();
    let sink = csv(json!({"columns": ["/a", "/b"], "mode": "append", "bom": true}));
    pull(folder.open(&*sink), &[r#"{"a":1}"#]);
    pull(folder.open(&*sink), &[r#"{"b":2}"#]);
    assert_eq!(folder.text("x.csv").unwrap(), "\u{FEFF}a,b\r\n1,\r\n,2\r\n");
}

#[test]
fn appending_under_another_header_is_rejected() {
    let folder = Folder::new();
    pull(folder.open(&*csv(json!({"columns": ["/a", "/c"]}))), &["{}"]);
    let error = |options: Value| folder.open_error(&*csv(options));
    assert_eq!(
        error(json!({"columns": ["/a", "/b"], "mode": "append"})),
        "Rejected: cannot append to `x.csv`: its column 2 is `c`, not `b`"
    );
    assert_eq!(
        error(json!({"columns": ["/a", "/c", "/d"], "mode": "append"})),
        "Rejected: cannot append to `x.csv`: it has no column `d`"
    );
    assert_eq!(
        error(json!({"columns": ["/a", "/c"], "mode": "append", "line_end": "lf"})),
        "Rejected: cannot append to `x.csv`: its lines do not end in LF"
    );
    assert_eq!(folder.text("x.csv").unwrap(), "a,c\r\n,\r\n");
}

#[test]
fn a_run_that_starts_over_leaves_no_header() {
    let folder = Folder::new();
    let sink = csv(json!({"columns": ["/a"], "mode": "append"}));
    let mut open = folder.open(&*sink);
    let start = open.commit(Mark::START).unwrap();
    write_page(&mut open, &[r#"{"a":1}"#]).unwrap();
    open.commit(Mark(1)).unwrap();
    drop(open);
    assert_eq!(folder.text("x.csv").unwrap(), "a\r\n1\r\n");
    drop(folder.resume(&*sink, &start).unwrap());
    assert_eq!(folder.text("x.csv").unwrap(), "");
    pull(folder.resume(&*sink, &start).unwrap(), &[r#"{"a":2}"#]);
    assert_eq!(folder.text("x.csv").unwrap(), "a\r\n2\r\n");
}

#[test]
fn invalid_json_is_rejected_with_its_number_in_the_page() {
    let folder = Folder::new();
    let mut open = folder.open(&*csv(json!({"columns": ["/a"]})));
    assert_eq!(
        describe(&write_page(&mut open, &["{}", "{\"a\""]).unwrap_err()),
        "Rejected: record 2 of the page is not JSON (cause)"
    );
}
