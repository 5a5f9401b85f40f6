//! Servers that return smaller pages than requested, report wrong counts, or ignore the page number.

use std::sync::Arc;

use longhaul_core::{
    Source,
    listing::{
        PageError,
        end::{Ends, RecordsMissing},
        paginate::{Offset, OffsetStep, PageNumber},
    },
};
use longhaul_tests::{
    Lifetime, Pulled, Received, Reply, ScriptedTransport, Setup, Tokens, chain, records, with_total,
};

fn page_number(page_count: Option<&str>) -> PageNumber {
    PageNumber {
        param: "pageNumber".parse().unwrap(),
        size: Some(("pageSize".parse().unwrap(), 500)),
        start: 1,
        page_count: page_count.map(|place| place.parse().unwrap()),
    }
}

fn offset() -> Offset {
    Offset {
        param: "offset".parse().unwrap(),
        size: Some(("limit".parse().unwrap(), 500)),
        start: 0,
        step: OffsetStep::Received,
    }
}

fn setup(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> (Setup, Arc<ScriptedTransport>) {
    Setup::scripted_api(&Arc::new(Tokens::new(Lifetime::Unlimited)), answer)
}

fn parameter(request: &Received, name: &str) -> usize {
    request.query(name).and_then(|number| number.parse().ok()).unwrap()
}

/// Pulls seven records in pages of three. Each page also has the members `counts`. Requests past the end get
/// `past_the_end`.
fn pull_seven(paginator: PageNumber, ends: Ends, counts: &'static str, past_the_end: &'static str) -> Pulled {
    let (setup, _) =
        setup(move |request| match records(7).chunks(3).nth(parameter(request, "pageNumber") - 1) {
            Some(page) => Reply::json(format!(r#"{{"entities":[{}]{counts}}}"#, page.join(","))),
            None => Reply::json(past_the_end),
        });
    let source = setup.source_at("/api/v2/users", "/entities", paginator);
    setup.pull(&Source { ends, ..source }, None)
}

#[test]
fn smaller_pages_than_requested_lose_no_records() {
    let all = records(250);
    let of_server = all.clone();
    let (setup, transport) = setup(move |request| {
        let (offset, most) = match request.query("offset") {
            Some(_) => (parameter(request, "offset"), parameter(request, "limit").min(100)),
            None => ((parameter(request, "pageNumber") - 1) * 100, parameter(request, "pageSize").min(100)),
        };
        let page = &of_server[offset.min(250)..(offset + most).min(250)];
        Reply::json(format!(r#"{{"entities":[{}],"total":250}}"#, page.join(",")))
    });
    let by_offset: Source = setup.source_at("/x", "/entities", offset());
    let by_number = setup.source_at("/x", "/entities", page_number(None));
    for source in [by_offset, by_number] {
        let source = Source { ends: with_total("/total"), ..source };
        let pulled = setup.pull(&source, None);
        assert!(pulled.records() == all);
        assert_eq!((pulled.summary().pages, pulled.summary().missing), (4, 0));
    }
    let requests = transport.api_requests();
    let offsets: Vec<_> = requests.iter().filter_map(|request| request.query("offset")).collect();
    assert_eq!(offsets, ["0", "100", "200", "250"], "each offset is the number of records so far");
}

#[test]
fn pages_of_different_sizes_lose_no_records() {
    let (setup, _) = setup(|request| {
        let offset = parameter(request, "offset");
        let page = &records(40)[offset..(offset + 1 + offset % 4).min(40)];
        Reply::json(format!(r#"{{"entities":[{}]}}"#, page.join(",")))
    });
    let pulled = setup.pull(&setup.source_at("/x", "/entities", offset()), None);
    assert_eq!(pulled.records(), records(40));
}

#[test]
fn a_wrong_page_count_neither_ends_nor_extends_a_listing() {
    for counts in
        [r#","pageCount":0"#, r#","pageCount":-1"#, r#","pageCount":null"#, r#","pageCount":"many""#, ""]
    {
        let pulled =
            pull_seven(page_number(Some("/pageCount")), Ends::default(), counts, r#"{"entities":[]}"#);
        assert_eq!(pulled.records(), records(7), "{counts}");
        assert_eq!(pulled.summary().pages, 4, "{counts}");
    }
    for counts in [r#","pageCount":3"#, r#","pageCount":"3""#] {
        let pulled =
            pull_seven(page_number(Some("/pageCount")), Ends::default(), counts, r#"{"entities":[]}"#);
        assert_eq!(pulled.records(), records(7), "{counts}");
        assert_eq!(pulled.summary().pages, 3, "nothing is requested after the last page");
    }
}

/// Empty pages before the count is reached do not end a listing, also if only earlier pages have the count.
#[test]
fn a_page_count_that_is_too_large_is_reached_or_an_error() {
    let pull =
        |counts| pull_seven(page_number(Some("/pageCount")), Ends::default(), counts, r#"{"entities":[]}"#);
    let pulled = pull(r#","pageCount":9"#);
    assert_eq!((pulled.records(), pulled.summary().pages), (records(7), 9));
    assert_eq!(
        pull(r#","pageCount":18446744073709551615"#).error().to_string(),
        "101 pages in a row have no records, but each has a next page"
    );
}

#[test]
fn a_page_count_of_zero_is_ignored_if_pages_are_numbered_from_zero() {
    let (setup, _) = setup(|request| {
        let page = records(7).chunks(3).nth(parameter(request, "pageNumber")).unwrap_or_default().join(",");
        Reply::json(format!(r#"{{"entities":[{page}],"pageCount":0}}"#))
    });
    let paginator = PageNumber { start: 0, ..page_number(Some("/pageCount")) };
    assert!(setup.pull(&setup.source_at("/x", "/entities", paginator), None).records() == records(7));
}

#[test]
fn a_total_does_not_end_a_listing_but_missing_records_are_counted() {
    for (counts, missing) in [
        (r#","total":7"#, 0),
        (r#","total":"9""#, 2),
        (r#","total":250"#, 243),
        (r#","total":3"#, 0),
        (r#","total":0"#, 0),
        (r#","total":null"#, 0),
        ("", 0),
    ] {
        let pulled = pull_seven(page_number(None), with_total("/total"), counts, r#"{"entities":[]}"#);
        assert_eq!(pulled.records(), records(7), "{counts}");
        assert_eq!(pulled.summary().missing, missing, "{counts}");
    }
    let changed =
        pull_seven(page_number(None), with_total("/total"), r#","total":5"#, r#"{"entities":[],"total":8}"#);
    assert_eq!(changed.summary().missing, 1, "the total of the last page counts");
}

#[test]
fn a_page_past_the_end_can_have_several_forms() {
    for past_the_end in ["{}", r#"{"entities":null}"#, r#"{"entities":[]}"#, r#"{"totalHits":7}"#] {
        let ends = Ends { records_missing: RecordsMissing::Empty, ..Ends::default() };
        let pulled = pull_seven(page_number(None), ends, "", past_the_end);
        assert_eq!(pulled.records(), records(7), "{past_the_end}");
        assert_eq!(pulled.summary().pages, 4);
    }
    let (setup, _) = setup(|request| match parameter(request, "offset") {
        0 => Reply::json(r#"{"entities":[1,2]}"#),
        _ => Reply::status(204),
    });
    let pulled = setup.pull(&setup.source_at("/x", "/entities", offset()), None);
    assert_eq!(pulled.records(), ["1", "2"]);
}

#[test]
fn a_first_page_without_records_is_accepted_only_if_the_total_is_zero() {
    let pull = |total: u64| {
        let (setup, _) =
            setup(move |_| Reply::json(format!(r#"{{"aggregations":[{{"count":0}}],"totalHits":{total}}}"#)));
        let source = setup.source_at("/x", "/conversations", page_number(None));
        setup.pull(&Source { ends: with_total("/totalHits"), ..source }, None)
    };
    assert_eq!(pull(0).summary().records, 0);
    assert_eq!(
        chain(pull(3).error()),
        "the first page has nothing at `/conversations`, but an array at `/aggregations`"
    );
}

#[test]
fn a_server_that_ignores_the_page_number_is_detected() {
    let (setup, transport) = setup(|_| Reply::json(r#"{"entities":[1,2,3]}"#));
    let by_offset = setup.source_at("/x", "/entities", offset());
    let by_number = setup.source_at("/x", "/entities", page_number(None));
    for (index, source) in [by_offset, by_number].iter().enumerate() {
        let pulled = setup.pull(source, None);
        assert!(matches!(pulled.page_error(), PageError::SameRecords { page: 2 }));
        assert_eq!(chain(pulled.error()), "page 2 has the same records as an earlier page");
        assert_eq!(transport.api_requests().len(), 2 * (index + 1));
        assert!(!pulled.calls.any_finished());
    }
}

#[test]
fn a_cycle_of_pages_is_detected_at_any_length() {
    for length in [1, 2, 5, 50] {
        let (setup, transport) = setup(move |request| {
            let number = parameter(request, "pageNumber");
            let returned = if number > 60 { 61 - length + (number - 61) % length } else { number };
            Reply::json(format!(r#"{{"entities":[{{"id":{returned}}}]}}"#))
        });
        let pulled = setup.pull(&setup.source_at("/x", "/entities", page_number(None)), None);
        assert!(matches!(pulled.page_error(), PageError::SameRecords { page: 61 }));
        assert_eq!(transport.api_requests().len(), 61);
    }
}
