//! Pages that look complete, although something on them says that they are not.

use std::sync::Arc;

use longhaul_core::{
    Source,
    listing::{
        end::{Ends, LastPage},
        page::{Csv, Format},
        paginate::{NextUrl, PageNumber, Paginator, Renewal, Single, Token},
    },
};
use longhaul_tests::{Lifetime, Pulled, Received, Reply, Setup, Tokens, chain};
use serde_json::{Value, json};

/// Pulls `/x` from an API that replies with `answer` to the number of a page.
fn pull(
    records: &str,
    format: Format,
    paginator: impl Paginator + 'static,
    answer: impl Fn(u64) -> Reply + Send + Sync + 'static,
) -> Pulled {
    pull_any(records, format, Arc::new(paginator), answer)
}

/// Does what [`pull`] does, with a paginator of any style.
fn pull_any(
    records: &str,
    format: Format,
    paginator: Arc<dyn Paginator>,
    answer: impl Fn(u64) -> Reply + Send + Sync + 'static,
) -> Pulled {
    let number = |request: &Received| request.query("page").map_or(1, |number| number.parse().unwrap());
    let (setup, _) = Setup::scripted_api(&Arc::new(Tokens::new(Lifetime::Unlimited)), move |request| {
        answer(number(request))
    });
    setup.pull(&Source { format, paginator, ..setup.source_at("/x", records, Single::Assumed) }, None)
}

fn numbered() -> PageNumber {
    PageNumber { param: "page".parse().unwrap(), size: None, start: 1, page_count: None }
}

fn cursor() -> Token {
    let (param, cursor) = ("page".parse().unwrap(), "/next".parse().unwrap());
    Token { param, cursor, renewal: Renewal::EachPage }
}

fn json(page: &Value) -> Reply {
    Reply::json(page.to_string())
}

#[track_caller]
fn assert_fails(pulled: &Pulled, message: &str) {
    assert_eq!(chain(pulled.error()), message);
    assert!(!pulled.calls.any_finished(), "nothing is published");
}

#[test]
fn an_object_in_place_of_an_array_of_records_is_not_a_record() {
    let links = || NextUrl::at("link:next".parse().unwrap());
    let page = |number: u64| match number {
        2 => json(&json!({ "message": "try again" })),
        number => json(&json!([number])).header("link", format!("</x?page={}>; rel=next", number + 1)),
    };
    assert_fails(
        &pull("", Format::Json, links(), page),
        "page 2 has an object at ``, not an array of records",
    );
    let single = pull("", Format::Json, Single::Assumed, |_| json(&json!({ "id": 1 })));
    assert_eq!(single.records(), [r#"{"id":1}"#]);
}

#[test]
fn an_empty_page_with_an_error_does_not_end_a_listing() {
    for (page, message) in [
        (json!({ "data": [], "errors": [{ "message": "boom" }] }), "boom"),
        (json!({ "data": [], "ok": false, "error": "overloaded" }), "overloaded"),
        (json!({ "data": [], "next": null, "success": false }), "`success` is false"),
        (json!({ "data": [], "next": null, "Success": "false" }), "`Success` is false"),
        (json!({ "data": [], "next": null, "Errors": [{ "Message": "boom" }] }), "boom"),
        (json!({ "data": [], "next": null, "ERROR": "boom" }), "boom"),
        (json!({ "data": [], "next": null, "status": "error", "message": "boom" }), "boom"),
        (json!({ "data": [], "next": null, "status": "FAIL" }), "`status` is `FAIL`"),
    ] {
        for paginator in [Arc::new(cursor()) as Arc<dyn Paginator>, Arc::new(numbered())] {
            let page = page.clone();
            let answer = move |number| match number {
                3 => json(&page),
                number => json(&json!({ "data": [number], "next": number + 1 })),
            };
            let pulled = pull_any("/data", Format::Json, paginator, answer);
            assert_fails(&pulled, &format!("page 3 has no records at `/data`, but an error: {message}"));
        }
    }
    let ok = json!({ "code": 0, "message": "success" });
    let answer =
        move |number| json(&json!({ "data": if number < 3 { vec![number] } else { vec![] }, "error": ok }));
    assert_eq!(pull("/data", Format::Json, numbered(), answer).records(), ["1", "2"]);
}

#[test]
fn graphql_data_with_errors_is_not_complete() {
    let answer = |number: u64| {
        let errors = (number == 2).then(|| json!([{ "message": "a shard failed" }]));
        json(
            &json!({ "data": { "calls": [number] }, "next": (number < 3).then_some(number + 1), "errors": errors }),
        )
    };
    assert_fails(
        &pull("/data/calls", Format::Json, cursor(), answer),
        "page 2 has records, but also an error: a shard failed",
    );
}

#[test]
fn a_page_that_says_that_there_are_more_does_not_end_a_listing() {
    for last in
        [json!({ "data": [2], "next": null, "has_more": true }), json!({ "data": [2], "hasNextPage": true })]
    {
        let pulled = pull("/data", Format::Json, cursor(), move |number| match number {
            1 => json(&json!({ "data": [1], "next": 2 })),
            _ => json(&last),
        });
        assert_fails(&pulled, "the page says that there are more pages, but has no next page at `/next`");
    }
}

#[test]
fn a_single_page_with_a_larger_total_in_a_header_is_not_all() {
    for (name, value) in [("x-total-count", "100"), ("content-range", "items 0-0/100")] {
        let pulled = pull("/data", Format::Json, Single::Assumed, move |_| {
            json(&json!({ "data": [1] })).header(name, value)
        });
        assert_fails(
            &pulled,
            &format!("there seem to be more pages, because the page has `header:{name}` (100)"),
        );
    }
}

#[test]
fn a_page_of_csv_without_its_header_line_is_an_error() {
    let links = || NextUrl::at("link:next".parse().unwrap());
    let csv = |header: Option<&[&str]>| {
        let header = header.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        Format::Csv(Csv { header, ..Csv::default() })
    };
    let answer = |second: &'static str| {
        move |number: u64| {
            let text = if number == 1 { "id,n\n1,a\n" } else { second };
            let reply = Reply { body: text.into(), ..Reply::status(200) };
            if number == 1 { reply.header("link", "</x?page=2>; rel=next") } else { reply }
        }
    };
    for second in ["2,b\n3,c\n", "2,b\n", "3,x,y,id\n"] {
        assert_fails(
            &pull("", csv(None), links(), answer(second)),
            "the first line of page 2 is not a header line like that of the first page",
        );
    }
    let pulled = pull("", csv(None), links(), answer("n,more\nb,7\n"));
    assert_eq!(pulled.records(), [r#"{"id":"1","n":"a"}"#, r#"{"n":"b","more":"7"}"#]);
}

#[test]
fn an_error_beside_records_is_not_ignored() {
    for (error, message) in [
        (json!({ "error": { "message": "a shard failed" } }), "a shard failed"),
        (json!({ "errors": ["timed out"] }), "timed out"),
        (json!({ "ok": false }), "`ok` is false"),
        (json!({ "status": "failed", "msg": "a shard failed" }), "a shard failed"),
        (json!({ "error_code": 7, "error_message": "a shard failed" }), "a shard failed"),
    ] {
        let answer = move |number: u64| {
            let mut page = json!({ "data": [number], "next": (number < 3).then_some(number + 1) });
            if number == 2 {
                page.as_object_mut().unwrap().extend(error.as_object().unwrap().clone());
            }
            json(&page)
        };
        assert_fails(
            &pull("/data", Format::Json, cursor(), answer),
            &format!("page 2 has records, but also an error: {message}"),
        );
    }
}

#[test]
fn a_field_for_errors_without_any_is_normal() {
    for none in [json!(null), json!(false), json!(""), json!([]), json!({}), json!(0), json!("none")] {
        let answer = move |number: u64| {
            let next = (number < 3).then_some(number + 1);
            json(
                &json!({ "data": [{ "id": number, "error": "of the record" }], "next": next, "error": none, "errors": none }),
            )
        };
        assert_eq!(pull("/data", Format::Json, cursor(), answer).records().len(), 3);
    }
}

#[test]
fn an_error_is_not_a_single_record() {
    for (page, message) in [
        (json!({ "error": "not found", "status": 404 }), "not found"),
        (json!({ "id": 1, "ok": false, "message": "try again" }), "try again"),
        (json!({ "errors": [{ "detail": "quota" }] }), "quota"),
    ] {
        let pulled = pull("", Format::Json, Single::Declared, move |_| json(&page));
        assert_fails(&pulled, &format!("page 1 looks like an error, not like a record: {message}"));
    }
    let record = json!({ "id": 1, "error": null, "errors": [], "ok": true });
    let pulled = pull("", Format::Json, Single::Declared, move |_| json(&record));
    assert_eq!(pulled.records(), [r#"{"error":null,"errors":[],"id":1,"ok":true}"#]);
    let failed = json!({ "id": 1, "status": "failed" });
    let pulled = pull("", Format::Json, Single::Declared, move |_| json(&failed));
    assert_eq!(pulled.records(), [r#"{"id":1,"status":"failed"}"#]);
}

#[test]
fn an_error_that_breaks_off_a_list_is_not_a_record() {
    let error = json!({ "error": { "code": 500, "message": "a shard failed" }, "success": false });
    let message = "the last record of page 1 looks like an error, not like a record: a shard failed";
    for records in [json!([error]), json!([{ "id": 1 }, { "id": 2, "error": "x" }, error])] {
        let page = json!({ "data": records });
        let pulled = pull("/data", Format::Json, Single::Declared, move |_| json(&page));
        assert_fails(&pulled, message);
        let lines: Vec<_> = records.as_array().unwrap().iter().map(ToString::to_string).collect();
        let pulled = pull("", Format::Ndjson, Single::Declared, move |_| Reply {
            body: lines.join("\n").into(),
            ..Reply::status(200)
        });
        assert_fails(&pulled, message);
    }
    for records in [
        json!([{ "error": "x" }, { "error": "y" }]),
        json!([{ "id": 1, "error": "x" }]),
        json!([{ "id": 1 }, { "message": "x", "code": 7 }]),
        json!([{ "id": 1 }, { "error": null }]),
    ] {
        let page = json!({ "data": records });
        let pulled = pull("/data", Format::Json, Single::Declared, move |_| json(&page));
        assert_eq!(pulled.records().len(), records.as_array().unwrap().len(), "{records}");
    }
    let format = Format::Csv(Csv::default());
    let pulled = pull("", format, Single::Declared, |_| Reply {
        body: "error,message\n,ok\nE7,boom\n".into(),
        ..Reply::status(200)
    });
    assert_eq!(pulled.records().len(), 2, "all rows have the same columns");
}

#[test]
fn an_error_in_json_is_not_a_line() {
    let error = || json(&json!({ "error": "the export has expired" }));
    assert_fails(
        &pull("", Format::Ndjson, Single::Declared, move |_| error()),
        "page 1 has records, but also an error: the export has expired",
    );
    let line = || Reply { body: b"{\"id\":1,\"error\":\"x\"}\n".to_vec(), ..Reply::status(200) };
    let pulled = pull("", Format::Ndjson, Single::Declared, move |_| {
        line().header("content-type", "application/x-ndjson")
    });
    assert_eq!(pulled.records(), [r#"{"id":1,"error":"x"}"#]);
}

#[test]
fn a_total_that_nobody_has_named_can_show_that_a_listing_is_not_complete() {
    // The API has no pages beyond the third.
    let deepest = |total: &'static str| {
        move |number: u64| {
            let data = if number <= 3 { vec![2 * number, 2 * number + 1] } else { Vec::new() };
            json(&json!({ "data": data, "meta": { total: 25_000 } }))
        }
    };
    assert_fails(
        &pull("/data", Format::Json, numbered(), deepest("total")),
        "page 4 has no records, but also `/meta/total` (25000)",
    );
    assert_eq!(pull("/data", Format::Json, numbered(), deepest("took")).records().len(), 6);
    // A server that sends smaller pages than requested.
    let (setup, _) = Setup::scripted_api(&Arc::new(Tokens::new(Lifetime::Unlimited)), |request| {
        let number: u64 = request.query("page").unwrap().parse().unwrap();
        let data: Vec<_> = (0..if number < 3 { 2 } else { 1 }).map(|index| 2 * number + index).collect();
        json(&json!({ "data": data, "total": 5, "page": number }))
    });
    let last = vec![LastPage { is_short: true, ..LastPage::default() }];
    let ends = |total: Option<&str>| Ends {
        last: last.clone(),
        size: Some(3),
        total: total.map(|total| total.parse().unwrap()),
        ..Ends::default()
    };
    let source = |total| Source { ends: ends(total), ..setup.source_at("/x", "/data", numbered()) };
    let pulled = setup.pull(&source(None), None);
    assert_fails(&pulled, "page 1 has fewer records than were requested, but also `/total` (5)");
    // A total that the user names is compared at the end, which this is not.
    let pulled = setup.pull(&source(Some("/total")), None);
    assert_fails(
        &pulled,
        "page 1 has 2 records, although 3 were requested, but the next page has records, too",
    );
}

#[test]
fn a_range_of_bytes_is_not_a_page() {
    for (range, message) in [
        ("bytes 0-9/100", Some("the answer is only a part of the content: `bytes 0-9/100`")),
        ("Bytes 1-9/10", Some("the answer is only a part of the content: `bytes 1-9/10`")),
        ("bytes 0-9/*", Some("the answer is only a part of the content: `bytes 0-9/*`")),
        ("bytes 0-9/10", None),
        ("items 0-0/1", None),
    ] {
        for format in [Format::Ndjson, Format::Json] {
            let pulled = pull("", format, Single::Declared, move |_| {
                Reply { status: 206, ..Reply::json("[1]") }.header("content-range", range)
            });
            match message {
                Some(message) => {
                    assert!(chain(pulled.error()).ends_with(message), "{}", chain(pulled.error()));
                }
                None => assert_eq!(pulled.records().len(), 1),
            }
        }
    }
}
