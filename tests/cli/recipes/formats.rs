//! Formats of pages and of requests.

use std::fmt::Write;

use longhaul_tests::{Received, Reply, compress, zip};

use super::recipe::{RECORDS, array, assert_pulls, page, records};

fn of_type(content_type: &str, body: impl Into<Vec<u8>>) -> Reply {
    Reply { body: body.into(), ..Reply::status(200) }.header("content-type", content_type)
}

#[test]
fn ndjson() {
    assert_pulls("One JSON value per line", &records(), |request| {
        assert_eq!(request.header("accept"), Some("application/x-ndjson, application/jsonl, */*;q=0.5"));
        of_type("application/x-ndjson", records().join("\n")).into()
    });
}

#[test]
fn csv_with_options() {
    let expected = [r#"{"id":"1","name":"a, b","price":"2,50"}"#, r#"{"id":"2","name":"c;d","price":""}"#];
    assert_pulls("CSV with its own delimiter, without a header line", &expected.map(str::to_owned), |_| {
        of_type("text/csv", "1;a, b;2,50\r\n2;\"c;d\";\r\n").into()
    });
}

#[test]
fn csv_in_another_charset() {
    let expected = [r#"{"id":"1","name":"Zoë €"}"#.to_owned()];
    assert_pulls("CSV in another charset", &expected, |_| {
        of_type("text/csv; charset=windows-1252", b"id,name\n1,Zo\xeb \x80\n").into()
    });
}

#[test]
fn compressed() {
    let csv = (0..RECORDS).fold("id,n\n".to_owned(), |mut csv, index| {
        writeln!(csv, "r{index},{index}").unwrap();
        csv
    });
    let expected: Vec<_> =
        (0..RECORDS).map(|index| format!(r#"{{"id":"r{index}","n":"{index}"}}"#)).collect();
    for body in [compress("gzip", &csv), zip(&[("export/latest.csv", csv.as_bytes())])] {
        assert_pulls("A compressed file", &expected, move |_| {
            of_type("application/octet-stream", body.clone()).into()
        });
    }
}

#[test]
fn lists_in_a_list() {
    assert_pulls("Records in lists in a list", &records(), |_| {
        let all = records();
        let groups: Vec<_> =
            all.chunks(7).map(|group| format!(r#"{{"name":"g","answers":{}}}"#, array(group))).collect();
        Reply::json(format!(r#"{{"groups":{}}}"#, array(&groups))).into()
    });
}

#[test]
fn values_of_an_object() {
    assert_pulls("Records as the values of an object", &records(), |_| {
        let members = (1..).zip(records()).map(|(number, record)| format!("\"{}\":{record}", 100 - number));
        let members = members.collect::<Vec<_>>().join(",");
        Reply::json(format!(r#"{{"users":{{{members}}}}}"#)).into()
    });
}

#[test]
fn a_form() {
    assert_pulls("A form as the request", &records(), |request| {
        assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
        let number: usize = request.field("page").unwrap().parse().unwrap();
        let body = format!("status=open&status=pending&page={number}");
        assert_eq!(String::from_utf8_lossy(&request.body), body);
        Reply::json(format!(r#"{{"tickets":{},"total":{RECORDS}}}"#, page((number - 1) * 10))).into()
    });
}

#[test]
fn text() {
    assert_pulls("Text as the request", &records(), |request| {
        assert_eq!(request.header("content-type"), Some("application/sql"));
        assert_eq!(request.body, b"SELECT id, n FROM rows ORDER BY id");
        Reply::json(format!(r#"{{"rows":{}}}"#, array(&records()))).into()
    });
}

#[test]
fn a_tenant() {
    let expected = ["north", "south"].map(|tenant| format!(r#"{{"id":1,"tenant":"{tenant}"}}"#));
    assert_pulls("A tenant in a header", &expected, |request: &Received| {
        assert!(matches!(request.header("x-tenant"), Some("north" | "south")));
        Reply::json(r#"{"invoices":[{"id":1}]}"#).into()
    });
}
