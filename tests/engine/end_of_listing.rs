//! A listing is complete only if its end is proved.

use std::sync::Arc;

use longhaul_core::{
    Source,
    listing::{
        end::{Ends, LastPage, Proof, RecordsMissing},
        paginate::{NextUrl, Offset, OffsetStep, PageNumber, Paginator, Renewal, Single, Token},
    },
};
use longhaul_tests::{Lifetime, Pulled, Received, Reply, Setup, Tokens, chain, with_more};
use serde_json::{Value, json};

fn next_url(next: &str) -> NextUrl {
    NextUrl::at(next.parse().unwrap())
}

fn cursor() -> Token {
    let param = "cursor".parse().unwrap();
    Token { param, cursor: "/cursor".parse().unwrap(), renewal: Renewal::EachPage }
}

fn numbered(page_count: Option<&str>) -> PageNumber {
    let page_count = page_count.map(|place| place.parse().unwrap());
    PageNumber { param: "page".parse().unwrap(), size: None, start: 1, page_count }
}

fn number(request: &Received, name: &str) -> u64 {
    request.query(name).map_or(1, |number| number.parse().unwrap())
}

/// Pulls `/x` from an API that replies with `answer`. The records are at `/data`.
fn pull(
    paginator: impl Paginator + 'static,
    ends: Ends,
    answer: impl Fn(&Received) -> Reply + Send + Sync + 'static,
) -> Pulled {
    let (setup, _) = Setup::scripted_api(&Arc::new(Tokens::new(Lifetime::Unlimited)), answer);
    setup.pull(&Source { ends, ..setup.source_at("/x", "/data", paginator) }, None)
}

fn json(page: &Value) -> Reply {
    Reply::json(page.to_string())
}

#[track_caller]
fn assert_fails(pulled: &Pulled, message: &str) {
    assert_eq!(chain(pulled.error()), message);
    assert!(!pulled.calls.any_finished(), "nothing is published");
}

#[track_caller]
fn assert_ends(pulled: &Pulled, proof: Proof, page: u64) {
    let end = pulled.summary().end.expect("the end is proved");
    assert_eq!((end.proof, end.page), (proof, page));
}

fn at(place: &str) -> String {
    place.to_owned()
}

#[test]
fn a_next_link_at_the_wrong_place_does_not_end_a_listing() {
    let answer =
        |_: &Received| json(&json!({"data": [1], "next_url": "https://api.example/x?page=2&key=s3cret"}));
    let pulled = pull(next_url("/next"), Ends::default(), answer);
    assert_fails(
        &pulled,
        "page 1 has no next page at `/next`, but has `/next_url` (`https://api.example/x`)",
    );
    let pulled = pull(next_url("/next"), Ends::default(), |_| json(&json!({"data": [1], "has_more": true})));
    assert_fails(&pulled, "page 1 has no next page at `/next`, but has `/has_more` (true)");
    let link = |_: &Received| json(&json!({"data": [1]})).header("link", "</x?page=2>; rel=\"next\"");
    let pulled = pull(cursor(), Ends::default(), link);
    assert_fails(
        &pulled,
        "page 1 has no next page at `/cursor`, but has `link:next` (`https://api.example/x`)",
    );
    let link = |_: &Received| {
        json(&json!({"data": [1]})).header("link", "</x?page=2>; rel=next; anchor=\"/others\"")
    };
    let pulled = pull(next_url("link:next"), Ends::default(), link);
    assert_fails(
        &pulled,
        "page 1 has no next page at `link:next`, but has `link:next` (`https://api.example/x`; its `anchor` says that \
         it belongs to something else)",
    );
    let header =
        |_: &Received| json(&json!({"data": [1]})).header("x-next-page", "2").header("x-next-link", "");
    let pulled = pull(cursor(), Ends::default(), header);
    assert_fails(
        &pulled,
        "page 1 has no next page at `/cursor`, but has `header:x-next-page` (a text of 1 character)",
    );
}

#[test]
fn a_last_record_with_the_id_zero_does_not_end_a_listing() {
    let after = |request: &Received| request.query("cursor").map_or(-2, |id| id.parse::<i64>().unwrap());
    let by_id = || Token { cursor: "last:/id".parse().unwrap(), ..cursor() };
    let pulled = pull(by_id(), Ends::default(), move |request| {
        let next: Vec<_> = (after(request) + 1..3).take(1).map(|id| json!({ "id": id })).collect();
        json(&json!({ "data": next }))
    });
    assert_eq!(pulled.records(), [r#"{"id":-1}"#, r#"{"id":0}"#, r#"{"id":1}"#, r#"{"id":2}"#]);
    assert_ends(&pulled, Proof::NoRecords, 5);
    for (id, found) in [(json!(null), "null"), (json!(""), "empty text")] {
        let pulled = pull(by_id(), Ends::default(), move |_| json(&json!({ "data": [{ "id": id }] })));
        assert_fails(&pulled, &format!("the cursor at `last:/id` cannot be {found}"));
    }
}

#[test]
fn more_records_than_the_total_do_not_end_a_listing() {
    let ends = Ends { total: Some("/total".parse().unwrap()), at_total: true, ..Ends::default() };
    let pulled = pull(cursor(), ends, |request| {
        let page = number(request, "cursor");
        let next = (page < 3).then_some(page + 1);
        json(&json!({ "data": [10 * page, 10 * page + 1], "total": 3, "cursor": next }))
    });
    assert_eq!(pulled.records(), ["10", "11", "20", "21", "30", "31"]);
    assert_ends(&pulled, Proof::NextNull { at: at("/cursor") }, 3);
}

#[test]
fn an_empty_page_before_the_page_count_is_not_the_short_last_page() {
    let ends = Ends {
        size: Some(2),
        last: vec![LastPage { is_short: true, ..LastPage::default() }],
        ..Ends::default()
    };
    let pulled = pull(numbered(Some("/pages")), ends, |request| {
        let page = number(request, "page");
        json(&json!({ "data": if page == 2 { vec![] } else { vec![page, page + 10] }, "pages": 3 }))
    });
    assert_eq!(pulled.records(), ["1", "11", "3", "13"]);
    assert_ends(&pulled, Proof::PageCount { at: at("/pages") }, 3);
}

#[test]
fn an_error_in_a_successful_response_does_not_end_a_listing() {
    for (page, message) in [
        (json!({"data": null, "errors": [{"message": "boom"}]}), "boom"),
        (json!({"ok": false, "error": "fatal_error"}), "fatal_error"),
        (json!({"success": false}), "`success` is false"),
        (json!({"fault": {"faultstring": 7}}), "`fault` is an object"),
    ] {
        for paginator in [Arc::new(cursor()) as Arc<dyn Paginator>, Arc::new(numbered(None))] {
            for records_missing in [RecordsMissing::Suspicious, RecordsMissing::Empty] {
                let page = page.clone();
                let (setup, _) =
                    Setup::scripted_api(&Arc::new(Tokens::new(Lifetime::Unlimited)), move |request| {
                        let is_first = request.query("cursor").is_none() && number(request, "page") == 1;
                        json(&if is_first { json!({"data": [1], "cursor": "b"}) } else { page.clone() })
                    });
                let ends = Ends { records_missing, ..Ends::default() };
                let source = setup.source_at("/x", "/data", cursor());
                let pulled = setup.pull(&Source { ends, paginator: Arc::clone(&paginator), ..source }, None);
                assert_fails(&pulled, &format!("page 2 has no records at `/data`, but an error: {message}"));
            }
        }
    }
}

#[test]
fn missing_records_end_a_listing_only_if_configured() {
    let answer = |request: &Received| match number(request, "page") {
        1 => json(&json!({"data": [1]})),
        _ => json(&json!({"meta": {}})),
    };
    let pulled = pull(numbered(None), Ends::default(), answer);
    assert_fails(&pulled, "page 2 has no records at `/data`, but earlier pages had");
    let ends = Ends { records_missing: RecordsMissing::Empty, ..Ends::default() };
    let pulled = pull(numbered(None), ends, answer);
    assert_eq!(pulled.records(), ["1"]);
    assert_ends(&pulled, Proof::NoRecords, 2);
}

#[test]
fn a_page_without_the_more_flag_does_not_end_a_listing() {
    let answer = |request: &Received| match request.query("cursor") {
        None => json(&json!({"data": [1], "cursor": "b", "more": true})),
        Some(_) => json(&json!({"data": [2]})),
    };
    let pulled = pull(cursor(), with_more("/more"), answer);
    assert_fails(
        &pulled,
        "page 2 does not say whether there are more pages: `/more` is missing, but earlier pages had it",
    );
}

#[test]
fn a_single_page_that_announces_more_pages_is_an_error_unless_declared() {
    for (extra, found) in [
        (json!({"has_more": true}), "`/has_more` (true)"),
        (json!({"meta": {"nextCursor": "abc"}}), "`/meta/nextCursor` (a text of 3 characters)"),
        (json!({"total_pages": 10}), "`/total_pages` (10)"),
        (json!({"totalCount": 1000}), "`/totalCount` (1000)"),
    ] {
        let answer = {
            let extra = extra.clone();
            move |_: &Received| {
                let mut page = extra.clone();
                page["data"] = json!([1, 2]);
                json(&page)
            }
        };
        let pulled = pull(Single::Assumed, Ends::default(), answer.clone());
        assert_fails(&pulled, &format!("there seem to be more pages, because the page has {found}"));
        let pulled = pull(Single::Declared, Ends::default(), answer);
        assert_eq!(pulled.records(), ["1", "2"], "the user declared a single page");
        assert_ends(&pulled, Proof::Single, 1);
    }
    let link = |_: &Received| json(&json!({"data": [1]})).header("link", "</x?page=2>; rel=next");
    let pulled = pull(Single::Assumed, Ends::default(), link);
    assert_fails(
        &pulled,
        "there seem to be more pages, because the page has `link:next` (`https://api.example/x`)",
    );
    let whole = |_: &Received| json(&json!({"data": [1], "total": 1, "total_pages": 1, "next": null}));
    assert_ends(&pull(Single::Assumed, Ends::default(), whole), Proof::NoContinuation, 1);
}

#[test]
fn an_empty_page_before_the_page_count_does_not_end_a_listing() {
    let pulled = pull(numbered(Some("/pages")), Ends::default(), |request| {
        let number = number(request, "page");
        let data = if number == 3 { json!([]) } else { json!([number]) };
        json(&json!({"data": data, "pages": 10}))
    });
    assert_eq!(pulled.records().len(), 9);
    assert_ends(&pulled, Proof::PageCount { at: at("/pages") }, 10);
}

#[test]
fn a_malformed_link_header_does_not_end_a_listing() {
    for (field, message) in [
        ("</x?page=2", "the `Link` header cannot be parsed: a link has no closing `>`"),
        ("</x?page=2>; rel=\"ne", "the `Link` header cannot be parsed: a quoted value has no closing quote"),
    ] {
        let answer = move |request: &Received| match number(request, "page") {
            1 => json(&json!({"data": [1]})).header("link", "</x?page=2>; rel=next"),
            _ => json(&json!({"data": [2]})).header("link", field),
        };
        assert_fails(&pull(next_url("link:next"), Ends::default(), answer), message);
    }
}

#[test]
fn empty_pages_that_always_have_a_next_page_are_an_error() {
    let endless = |request: &Received| {
        let next = request.query("cursor").map_or(1, |cursor| cursor.parse::<u64>().unwrap()) + 1;
        json(&json!({"data": [], "cursor": next.to_string()}))
    };
    let pulled = pull(cursor(), Ends { max_empty: 7, ..Ends::default() }, endless);
    assert_fails(&pulled, "8 pages in a row have no records, but each has a next page");
}

#[test]
fn every_proof_is_reported() {
    let one = |page: Value| move |_: &Received| json(&page);
    let cases: [(Arc<dyn Paginator>, Ends, Value, Proof); 8] = [
        (Arc::new(cursor()), Ends::default(), json!({"cursor": null}), Proof::NextNull { at: at("/cursor") }),
        (Arc::new(cursor()), Ends::default(), json!({"cursor": ""}), Proof::NextNull { at: at("/cursor") }),
        (Arc::new(cursor()), Ends::default(), json!({"cursor": -1}), Proof::NextNull { at: at("/cursor") }),
        (Arc::new(cursor()), Ends::default(), json!({}), Proof::NoContinuation),
        (
            Arc::new(cursor()),
            with_more("/more"),
            json!({"cursor": "b", "more": "no"}),
            Proof::MoreFalse { at: at("/more") },
        ),
        (
            Arc::new(numbered(Some("/pages"))),
            Ends::default(),
            json!({"pages": "1"}),
            Proof::PageCount { at: at("/pages") },
        ),
        (
            Arc::new(numbered(None)),
            Ends { at_total: true, ..longhaul_tests::with_total("/total") },
            json!({"total": 1}),
            Proof::Total { at: at("/total") },
        ),
        (Arc::new(Single::Assumed), Ends::default(), json!({}), Proof::NoContinuation),
    ];
    for (paginator, ends, mut page, proof) in cases {
        page["data"] = json!([1]);
        let (setup, _) = Setup::scripted_api(&Arc::new(Tokens::new(Lifetime::Unlimited)), one(page.clone()));
        let pulled =
            setup.pull(&Source { ends, paginator, ..setup.source_at("/x", "/data", cursor()) }, None);
        assert_eq!(pulled.records(), ["1"], "{page}");
        assert_ends(&pulled, proof, 1);
    }
    let missing = |request: &Received| match request.query("cursor") {
        None => json(&json!({"data": [1], "cursor": "b"})),
        Some(_) => json(&json!({"data": [2], "after": "x"})),
    };
    let pulled = pull(cursor(), Ends::default(), missing);
    assert_ends(&pulled, Proof::NextMissing { at: at("/cursor") }, 2);
    let offset =
        Offset { param: "offset".parse().unwrap(), size: None, start: 0, step: OffsetStep::Received };
    let pulled = pull(offset, Ends::default(), |request| {
        json(
            &json!({"data": if request.query("offset").as_deref() == Some("0") { json!([1]) } else { json!([]) }}),
        )
    });
    assert_ends(&pulled, Proof::NoRecords, 2);
}

#[test]
fn a_full_page_without_a_next_page_does_not_end_a_listing() {
    let ends = || Ends { size: Some(2), ..Ends::default() };
    let full = |_: &Received| json(&json!({"data": [1, 2]}));
    let pulled = pull(cursor(), ends(), full);
    assert_fails(&pulled, "page 1 has no next page at `/cursor`, but is full (2 records)");
    let short = |_: &Received| json(&json!({"data": [1]}));
    assert_ends(&pull(cursor(), ends(), short), Proof::NoContinuation, 1);
}

/// `null` says nothing: neither that there are more, nor that there are not.
#[test]
fn a_null_in_place_of_more_is_no_answer() {
    let ends = || with_more("/more");
    for missing in [false, true] {
        let pulled = pull(cursor(), ends(), move |request| {
            let number = number(request, "cursor");
            let mut page =
                json!({ "data": [number], "more": null, "cursor": (number < 3).then_some(number + 1) });
            if missing {
                page.as_object_mut().unwrap().remove("more");
            }
            json(&page)
        });
        assert_eq!(pulled.records(), ["1", "2", "3"]);
        assert_ends(&pulled, Proof::NextNull { at: at("/cursor") }, 3);
    }
}
