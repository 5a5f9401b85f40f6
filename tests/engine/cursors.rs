//! Pagination by cursor.

use std::sync::Arc;

use longhaul_core::{
    Source,
    listing::{
        PageError,
        end::Ends,
        paginate::{Renewal, Token},
    },
};
use longhaul_tests::{Lifetime, Pulled, Received, Reply, ScriptedTransport, Setup, Tokens, chain, with_more};
use serde_json::{Value, json};

fn token(renewal: Renewal) -> Token {
    Token { param: "cursor".parse().unwrap(), cursor: "/cursor".parse().unwrap(), renewal }
}

fn setup(answer: impl Fn(&Received) -> Value + Send + Sync + 'static) -> (Setup, Arc<ScriptedTransport>) {
    let tokens = Arc::new(Tokens::new(Lifetime::Unlimited));
    Setup::scripted_api(&tokens, move |request| Reply::json(answer(request).to_string()))
}

#[test]
fn a_cursor_is_encoded_and_returned_unchanged() {
    const CURSOR: &str = "Zm9v+YmE/cg==&a=b?#% %41é";
    let (setup, transport) = setup(|request| match request.query("cursor") {
        None => json!({"entities": [1], "cursor": CURSOR}),
        Some(cursor) => json!({"entities": [cursor]}),
    });
    let source = setup.source_at("/x?pageSize=1000", "/entities", token(Renewal::EachPage));
    let pulled = setup.pull(&source, None);
    assert_eq!(pulled.records(), ["1".to_owned(), format!("\"{CURSOR}\"")]);
    assert_eq!(
        transport.api_requests()[1].url.query(),
        Some("pageSize=1000&cursor=Zm9v%2BYmE%2Fcg%3D%3D%26a%3Db%3F%23%25+%2541%C3%A9")
    );
}

#[test]
fn a_number_is_accepted_as_a_cursor() {
    let (setup, transport) = setup(|request| match request.query("cursor") {
        None => json!({"entities": [1], "cursor": 1_700_000_000_000_000_001_u64}),
        Some(_) => json!({"entities": [2], "cursor": null}),
    });
    let source = setup.source_at("/x", "/entities", token(Renewal::EachPage));
    assert_eq!(setup.pull(&source, None).records(), ["1", "2"]);
    assert_eq!(transport.api_requests()[1].url.query(), Some("cursor=1700000000000000001"));
}

/// JSON libraries keep 64 bits of a number, and write it in their own way.
#[test]
fn a_number_comes_back_to_the_digit() {
    const NUMBERS: [&str; 5] =
        ["12345678901234567890123", "18446744073709551617", "0.12345678901234567890123", "1.50", "1E3"];
    for (at, page, cursor) in [
        ("/cursor", r#"{"entities":[{"id":7}],"cursor":NUMBER}"#, "NUMBER"),
        ("/cursor", r#"{"entities":[{"id":7}],"cursor":["a",NUMBER]}"#, r#"["a",NUMBER]"#),
        ("/cursor", r#"{"entities":[{"id":7}],"cursor":{"a":NUMBER}}"#, r#"{"a":NUMBER}"#),
        ("$.paging[0].after", r#"{"entities":[{"id":7}],"paging":[{"after":NUMBER}]}"#, "NUMBER"),
        ("last:/id", r#"{"entities":[{"id":NUMBER}]}"#, "NUMBER"),
        ("last:/sort", r#"{"entities":[{"sort":[NUMBER,7]}]}"#, "[NUMBER,7]"),
    ] {
        for number in NUMBERS {
            for param in ["cursor", "/search/after"] {
                let (page, cursor) = (page.replace("NUMBER", number), cursor.replace("NUMBER", number));
                let tokens = Arc::new(Tokens::new(Lifetime::Unlimited));
                let (setup, transport) = Setup::scripted_api(&tokens, move |request| {
                    let is_first = request.query("cursor").is_none() && request.body.is_empty();
                    let last = r#"{"entities":[],"cursor":null,"paging":[{"after":null}]}"#;
                    Reply::json(if is_first { page.clone() } else { last.to_owned() })
                });
                let paginator = Token {
                    param: param.parse().unwrap(),
                    cursor: at.parse().unwrap(),
                    renewal: Renewal::EachPage,
                };
                let source = setup.source_at("/x", "/entities", paginator);
                assert_eq!(setup.pull(&source, None).records().len(), 1);
                let second = &transport.api_requests()[1];
                let sent = match param {
                    "cursor" => second.query("cursor").unwrap(),
                    _ => String::from_utf8(second.body.clone()).unwrap(),
                };
                let expected =
                    if param == "cursor" { cursor } else { format!(r#"{{"search":{{"after":{cursor}}}}}"#) };
                assert_eq!(sent, expected, "{at}");
            }
        }
    }
}

#[test]
fn an_empty_page_with_a_cursor_does_not_end_a_listing() {
    for empty in
        [json!({"entities": [], "cursor": "c"}), json!({"entities": [], "cursor": "c", "more": true})]
    {
        let (setup, _) = setup(move |request| match request.query("cursor").as_deref() {
            None => json!({"entities": [1], "cursor": "b", "more": true}),
            Some("b") => empty.clone(),
            _ => json!({"entities": [2], "more": false}),
        });
        let source = setup.source_at("/x", "/entities", token(Renewal::EachPage));
        let source = Source { ends: with_more("/more"), ..source };
        let pulled = setup.pull(&source, None);
        assert_eq!(pulled.records(), ["1", "2"]);
        assert_eq!(pulled.summary().pages, 3);
    }
}

#[test]
fn a_missing_or_empty_cursor_ends_a_listing() {
    for end in [json!({}), json!({"cursor": null}), json!({"cursor": ""}), json!({"cursor": false})] {
        let mut page = end;
        page["entities"] = json!([1]);
        let (setup, transport) = setup(move |_| page.clone());
        let source = setup.source_at("/x", "/entities", token(Renewal::EachPage));
        assert_eq!(setup.pull(&source, None).records(), ["1"]);
        assert_eq!(transport.api_requests().len(), 1);
    }
}

#[test]
fn a_page_with_a_cursor_but_no_array_of_records_is_an_error() {
    let (setup, _) = setup(|request| match request.query("cursor") {
        None => json!({"entities": [1], "cursor": "b"}),
        Some(_) => json!({"cursor": "c"}),
    });
    let source = setup.source_at("/x", "/entities", token(Renewal::EachPage));
    let pulled = setup.pull(&source, None);
    assert_eq!(chain(pulled.error()), "page 2 has no records at `/entities`, but earlier pages had");
    let (setup, _) = self::setup(|_| json!({"cursor": "c"}));
    let pulled = setup.pull(&setup.source_at("/x", "/entities", token(Renewal::EachPage)), None);
    assert_eq!(chain(pulled.error()), "page 1 has nothing at `/entities` but names a next page");
}

#[test]
fn a_cycle_of_cursors_is_detected_at_any_length() {
    for length in [1, 2, 5, 50] {
        let (setup, transport) = setup(move |request| {
            let number: u32 = request.query("cursor").map_or(1, |cursor| cursor[1..].parse().unwrap());
            let next = if number == 60 { 61 - length } else { number + 1 };
            json!({"entities": [number], "cursor": format!("c{next}")})
        });
        let source = setup.source_at("/x", "/entities", token(Renewal::EachPage));
        let pulled = setup.pull(&source, None);
        assert!(matches!(pulled.page_error(), PageError::Repeated { pages: 60 }));
        assert_eq!(transport.api_requests().len(), 60);
        assert!(!pulled.calls.any_finished());
    }
}

#[test]
fn a_scroll_that_does_not_advance_is_detected() {
    let (setup, transport) = setup(|_| json!({"entities": [1, 2], "cursor": "s"}));
    let source = setup.source_at("/x", "/entities", token(Renewal::Never));
    let pulled = setup.pull(&source, None);
    assert_eq!(chain(pulled.error()), "page 2 has the same records as an earlier page");
    assert_eq!(transport.api_requests().len(), 2);
}

#[test]
fn an_invalid_cursor_is_an_error() {
    for (page, message) in [
        (json!({"cursor": true}), "the cursor at `/cursor` cannot be a boolean"),
        (json!({"cursor": []}), "the cursor at `/cursor` cannot be an empty array"),
        (json!({"cursor": {}}), "the cursor at `/cursor` cannot be an empty object"),
        (json!({"more": true}), "the page says that there are more pages, but has no next page at `/cursor`"),
        (
            json!({"more": true, "cursor": ""}),
            "the page says that there are more pages, but has no next page at `/cursor`",
        ),
        (json!({"more": "maybe", "cursor": "a"}), "the value at `/more` is text, not `true` or `false`"),
        (json!({"more": 2, "cursor": "a"}), "the value at `/more` is a number, not `true` or `false`"),
    ] {
        let mut page = page;
        page["entities"] = json!([1]);
        let (setup, _) = setup(move |_| page.clone());
        let source = setup.source_at("/x", "/entities", token(Renewal::EachPage));
        let source = Source { ends: with_more("/more"), ..source };
        let pulled = setup.pull(&source, None);
        assert_eq!(chain(pulled.error()), message);
    }
}

/// Pulls a listing from an API that sends these records on every page, each time with another cursor.
fn pull_same(records: Value, may_repeat: bool, pages: u64) -> Pulled {
    let (setup, _) = setup(move |request| {
        let number: u64 = request.query("cursor").map_or(1, |number| number.parse().unwrap());
        json!({ "entities": records, "cursor": (number < pages).then(|| number + 1) })
    });
    let ends = Ends { may_repeat, ..Ends::default() };
    setup.pull(&Source { ends, ..setup.source_at("/x", "/entities", token(Renewal::EachPage)) }, None)
}

#[test]
fn an_api_that_ignores_the_cursor_is_found_at_its_second_page() {
    for records in [json!([{ "id": 1 }, { "id": 2 }]), json!(["a", "b", "c"])] {
        let pulled = pull_same(records, false, u64::MAX);
        assert_eq!(chain(pulled.error()), "pages 1 and 2 have the same records");
        assert!(!pulled.calls.any_finished(), "nothing is published");
    }
    let pulled = pull_same(json!([{ "id": 1 }, { "id": 2 }]), true, 5);
    assert_eq!(pulled.records().len(), 10, "the user says that pages may be alike");
}

#[test]
fn pages_of_records_that_do_not_differ_may_be_alike() {
    for records in [json!([{ "status": "ok" }]), json!([0, 0, 0]), json!([{}, { "n": 1 }, {}])] {
        let count = records.as_array().unwrap().len() * 100;
        assert_eq!(pull_same(records.clone(), false, 100).records().len(), count, "{records}");
        let endless = pull_same(records, false, u64::MAX);
        assert_eq!(chain(endless.error()), "pages 1 to 101 have the same records");
    }
    assert_eq!(pull_same(json!([]), false, 5).records(), [""; 0]);
}

#[test]
fn a_page_that_comes_again_later_is_found() {
    let (setup, _) = setup(|request| {
        let number: u64 = request.query("cursor").map_or(1, |number| number.parse().unwrap());
        let first = number.min(4) * 10;
        json!({ "entities": [first, first + 1], "cursor": number + 1 })
    });
    let pulled = setup.pull(&setup.source_at("/x", "/entities", token(Renewal::EachPage)), None);
    assert_eq!(chain(pulled.error()), "pages 4 and 5 have the same records");
}
