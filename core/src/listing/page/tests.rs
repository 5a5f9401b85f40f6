//! Pages as servers send them.

use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::*;
use crate::http::transport::Response;

fn answer(status: StatusCode, body: &str) -> Answer {
    let url = "https://api.example/".parse().unwrap();
    Answer {
        response: Response::new(status, HeaderMap::new(), body.as_bytes().to_vec()),
        url,
        basis: Basis::Status,
    }
}

fn layout(records: &str, picks: &[&str]) -> Layout {
    let picks: Vec<Pointer> = picks.iter().map(|pick| pick.parse().unwrap()).collect();
    Layout::new(&records.parse().unwrap(), &picks)
}

fn page(records: &str, picks: &[&str], body: &str) -> Page {
    Page::read(answer(StatusCode::OK, body), &layout(records, picks)).unwrap()
}

fn lines(page: &Page) -> &str {
    std::str::from_utf8(page.batch().bytes()).unwrap()
}

#[test]
fn records_keep_their_own_bytes() {
    let odd = r#"{"z":1.10,"a":12345678901234567890123,"z":1e5,"s":"a\u00e9\/ \n\"b\\","e":{}}"#;
    let body = format!(r#"{{"results":[{odd},[],"x",7],"nextPageUri":"/p2"}}"#);
    let page = page("/results", &["/nextPageUri"], &body);
    assert_eq!(lines(&page), format!("{odd}\n[]\n\"x\"\n7\n"));
    assert_eq!(page.batch().len(), 4);
    assert_eq!(page.pick(&"/nextPageUri".parse().unwrap()).map(ExactValue::value), Some(&Value::from("/p2")));
}

#[test]
fn white_space_between_tokens_goes_and_in_strings_stays() {
    let body = "{ \"next\" : null ,\r\n \"results\" : [ { \"a b\" : \" x\\\" \\\\\" ,\n\t\"c\": [ 1 , 2 ] } ,\n {} , 3 ] }";
    let page = page("/results", &[], body);
    assert_eq!(lines(&page), "{\"a b\":\" x\\\" \\\\\",\"c\":[1,2]}\n{}\n3\n");
}

#[test]
fn the_whole_page_can_be_the_records() {
    assert_eq!(lines(&page("", &[], " [ 1, {\"a\": 2} ] ")), "1\n{\"a\":2}\n");
    let object = page("", &["/next", "/a/0"], "{\"a\": [5], \"next\": \"n\"}");
    assert_eq!(lines(&object), "{\"a\":[5],\"next\":\"n\"}\n");
    assert_eq!(object.pick(&"/next".parse().unwrap()).map(ExactValue::value), Some(&Value::from("n")));
    assert_eq!(object.pick(&"/a/0".parse().unwrap()).map(ExactValue::value), Some(&Value::from(5)));
}

#[test]
fn values_are_picked_wherever_they_stand() {
    let body = r#"{"meta":{"next":"m","of":[{"x":1},{"x":2}]},"data":{"items":[{"id":1},{"id":2}]}}"#;
    let page = page("/data/items", &["/meta/next", "/meta/of/1/x", "/data/items/1/id", "/none"], body);
    assert_eq!(lines(&page), "{\"id\":1}\n{\"id\":2}\n");
    let pick = |place: &str| page.pick(&place.parse().unwrap()).map(|found| found.value().clone());
    assert_eq!(pick("/meta/next"), Some(json!("m")));
    assert_eq!(pick("/meta/of/1/x"), Some(json!(2)));
    assert_eq!(pick("/data/items/1/id"), Some(json!(2)));
    assert_eq!(pick("/none"), None);
}

#[test]
fn records_that_are_not_there_are_told_from_records_elsewhere() {
    let absent =
        |arrays: &[&str]| Records::Absent { arrays: arrays.iter().map(|a| a.parse().unwrap()).collect() };
    assert_eq!(*page("/results", &[], r#"{"totalHits":3,"none":[]}"#).records(), absent(&[]));
    assert_eq!(*page("/results", &[], r#"{"results":null}"#).records(), absent(&[]));
    let elsewhere = r#"{"data":{"items":[1]},"entities":[1]}"#;
    assert_eq!(*page("/results", &[], elsewhere).records(), absent(&["/data/items", "/entities"]));
    assert_eq!(
        *page("/results", &[], r#"{"results":{"a":1}}"#).records(),
        Records::Misplaced { found: "an object" }
    );
    assert_eq!(*page("/results", &[], r#"{"results":"a"}"#).records(), Records::Misplaced { found: "text" });
    assert_eq!(*page("", &[], "7").records(), Records::Misplaced { found: "a number" });
    assert_eq!(*page("/results", &[], r#"{"results":[]}"#).records(), Records::Found);
    let no_content = Page::read(answer(StatusCode::NO_CONTENT, ""), &layout("/results", &[])).unwrap();
    assert!(no_content.batch().is_empty());
}

#[test]
fn what_is_not_a_whole_page_is_a_fault() {
    let fault = |body: &str| {
        let fault = Page::read(answer(StatusCode::OK, body), &layout("/results", &[])).unwrap_err();
        fault.to_string()
    };
    assert_eq!(fault(""), "the answer is empty");
    assert_eq!(fault(" \n"), "the answer is empty");
    assert_eq!(fault("<!doctype html><p>log in"), "the answer is HTML, not JSON");
    let whole = r#"{"results":[{"a":"b"}],"next":null}"#;
    for cut in 1..whole.len() {
        assert_eq!(fault(&whole[..cut]), "the answer is not complete JSON", "{cut}");
    }
    for twice in [r#"{"results":[1]}{"results":[2]}"#, r#"{"results":[1],"results":[2]}"#] {
        let said = format!("the answer is not JSON: it is without a Content-Type and starts with `{twice}`");
        assert_eq!(fault(twice), said);
    }
}

#[test]
fn what_is_wrong_with_a_page_is_reported_with_its_position() {
    let cause = |body: &[u8]| {
        let response = Response::new(StatusCode::OK, HeaderMap::new(), body.to_vec());
        let answer = Answer { response, url: "https://api.example/".parse().unwrap(), basis: Basis::Status };
        let fault = Page::read(answer, &layout("/results", &["/next"])).unwrap_err();
        std::error::Error::source(&fault).unwrap().to_string()
    };
    assert_eq!(cause(b"{\"results\":[1,\n01]}"), "invalid number at line 2 column 2");
    assert_eq!(cause(b"{\"results\":[\"\xff\"]}"), "invalid unicode code point at line 1 column 14");
    assert_eq!(cause(b"{\"results\":[1],\"next\":tru}"), "expected ident at line 1 column 26");
    assert_eq!(cause(b"{\"results\":[1],\"results\":[2]}"), "the records appear twice in one page");
}

#[test]
fn names_are_compared_after_unescaping() {
    assert_eq!(lines(&page("/r\u{e9}sults", &[], "{\"\\ud834\":0,\"r\\u00e9sults\":[1]}")), "1\n");
    assert_eq!(lines(&page("/a\"b", &[], r#"{"a\"b":[1]}"#)), "1\n");
    let nested = page("/r", &["/r", "/r/0", "/r/0/x"], r#"{"r":[{"x":1}]}"#);
    assert_eq!(lines(&nested), "{\"x\":1}\n");
    assert_eq!(nested.pick(&"/r/0/x".parse().unwrap()).map(ExactValue::value), Some(&Value::from(1)));
    assert_eq!(nested.pick(&"/r".parse().unwrap()).map(ExactValue::value), Some(&json!([{"x": 1}])));
}

#[test]
fn records_can_be_removed() {
    let mut page = page("/r", &[], r#"{"r":[1,22,333,4444]}"#);
    assert_eq!(page.retain(|record| record.len() % 2 == 0), 2);
    assert_eq!(lines(&page), "22\n4444\n");
    assert_eq!(page.batch().records().collect::<Vec<_>>(), [b"22".as_slice(), b"4444"]);
    assert_eq!(page.retain(|_| false), 2);
    assert!(page.batch().is_empty());
}

#[test]
fn numbers_and_depths_beyond_any_type_are_accepted() {
    let place: Pointer = "/next".parse().unwrap();
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    for body in [r#"{"x":1e400,"next":null}"#.to_owned(), format!(r#"{{"x":{deep},"next":null}}"#)] {
        assert_eq!(*page("/r", &["/next"], &body).records(), Records::Absent { arrays: Vec::new() });
    }
    for (next, picked) in [
        ("12345678901234567890123", "12345678901234567890123"),
        ("1.10", "1.10"),
        ("1e400", "\"1e400\""),
        ("7", "7"),
        (&deep, "[]"),
    ] {
        let page = page("/r", &["/next"], &format!(r#"{{"next":{next}}}"#));
        assert_eq!(page.pick(&place).unwrap().to_string(), picked);
    }
}

#[test]
fn a_byte_order_mark_is_ignored() {
    assert_eq!(lines(&page("/r", &[], "\u{feff}{\"r\":[1]}")), "1\n");
}

#[test]
fn a_star_is_every_element_and_every_value() {
    let body = r#"{"data":[{"a": 1},[],"x"],"next":null}"#;
    assert_eq!(lines(&page("/data/*", &[], body)), lines(&page("/data", &[], body)));
    let body = r#"{"data":{"b":{"z":1.10, "a":1},"a":2,"c":null},"next":"p2"}"#;
    assert_eq!(lines(&page("/data/*", &["/next"], body)), "{\"z\":1.10,\"a\":1}\n2\nnull\n");
    let nested = r#"{"groups":[{"items":[1,2],"n":0},{"items":{"x":3}},{"items":[]}],"next":"n"}"#;
    assert_eq!(lines(&page("/groups/*/items/*", &[], nested)), "1\n2\n3\n");
    assert_eq!(lines(&page("/groups/*/items", &[], nested)), "[1,2]\n{\"x\":3}\n[]\n");
    assert_eq!(lines(&page("/groups/*", &["/groups/0/n"], nested)).lines().count(), 3);
    assert_eq!(lines(&page("/*/*/1", &[], r#"[[[0,1],[2,3]],{"a":[4,5]}]"#)), "1\n3\n5\n");
    assert_eq!(lines(&page("/a/*/b\"/*", &[], r#"{"a":[{"b\"":[7]}]}"#)), "7\n");
    let envelope = page("/groups/*/items/*", &["/groups/1/items/x", "/next"], nested);
    assert_eq!(
        *envelope.envelope(),
        json!({"groups": [{"items": [], "n": 0}, {"items": []}, {"items": []}], "next": "n"})
    );
    assert_eq!(
        envelope.pick(&"/groups/1/items/x".parse().unwrap()).map(ExactValue::value),
        Some(&Value::from(3))
    );
    assert_eq!(envelope.pick(&"/next".parse().unwrap()).map(ExactValue::value), Some(&Value::from("n")));
}

#[test]
fn what_a_star_does_not_find_is_told() {
    let records = |at: &str, body: &str| page(at, &[], body).records().clone();
    let gap = |at: &str| Records::Gap { at: at.parse().unwrap() };
    let scalar = |at: &str, found| Records::Scalar { at: at.parse().unwrap(), found };
    assert_eq!(records("/a/*", r#"{"b":[1]}"#), Records::Absent { arrays: vec!["/b".parse().unwrap()] });
    assert_eq!(records("/a/*", r#"{"a":null}"#), Records::Absent { arrays: Vec::new() });
    for empty in ["[]", "{}", "[ ]"] {
        assert_eq!(records("/a/*", &format!(r#"{{"a":{empty}}}"#)), Records::Found);
    }
    assert_eq!(records("/a/*", r#"{"a":"x"}"#), scalar("/a", "text"));
    assert_eq!(records("/a/*/b/*", r#"{"a":[{"b":[1]},{"c":[2]}]}"#), gap("/a/1/b"));
    assert_eq!(records("/a/*/b/*", r#"{"a":{"x":{"b":null},"y":{"b":7}}}"#), scalar("/a/y/b", "a number"));
    assert_eq!(records("/a/*/b/*", r#"{"a":[null]}"#), gap("/a/0/b"));
    assert_eq!(records("/a/*/1/*", r#"{"a":[[[1]]]}"#), gap("/a/0/1"));
    for twice in [r#"{"a":[{"b":[1],"b":[2]}]}"#, r#"{"a":[{"b":[1]}],"a":[]}"#] {
        let fault = Page::read(answer(StatusCode::OK, twice), &layout("/a/*/b/*", &[])).unwrap_err();
        let cause = std::error::Error::source(&fault).unwrap().to_string();
        assert_eq!(cause, "the records appear twice in one page");
    }
    let whole = r#"{"a":[{"b":[1,{"c":2}]},{"b":{"d":"e"}}]}"#;
    for cut in 1..whole.len() {
        let fault = Page::read(answer(StatusCode::OK, &whole[..cut]), &layout("/a/*/b/*", &[])).unwrap_err();
        assert_eq!(fault.to_string(), "the answer is not complete JSON", "{cut}");
    }
}
