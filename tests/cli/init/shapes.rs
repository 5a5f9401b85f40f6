//! The paging of well-known APIs.

use longhaul_tests::{Reaction, Received, Reply};
use serde_json::{Value, json};

use super::stand_in::init;
use crate::systems::system::{RECORDS, SIZE, after, end, number, page, parameter, records, root};

/// An object whose member `name` has the records from `start` on.
fn with_page(name: &str, start: usize, rest: &Value) -> Reaction {
    let rest = rest.to_string();
    let comma = if rest == "{}" { "" } else { "," };
    Reply::json(format!(r#"{{"{name}":{}{comma}{}"#, page(start), &rest[1..])).into()
}

/// The URL of the page after `start`, with this parameter; `null` after the last.
fn next(request: &Received, name: &str, start: usize) -> Value {
    if end(start) == RECORDS {
        return Value::Null;
    }
    let mut url = request.url.clone();
    let others: Vec<_> = url
        .query_pairs()
        .filter(|(known, _)| known != name)
        .map(|(a, b)| (a.into_owned(), b.into_owned()))
        .collect();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair(name, &end(start).to_string());
    url.as_str().into()
}

fn stripe(request: &Received) -> Reaction {
    if request.bearer() != Some("t0ken-of-init") {
        return Reply::refusal(401, &json!({ "error": { "message": "You did not provide an API key." } }))
            .into();
    }
    assert_eq!(parameter(request, "limit"), "10");
    let start = request.query("starting_after").map_or(0, |id| after(&id));
    let rest = json!({ "object": "list", "url": "/v1/customers", "has_more": end(start) < RECORDS });
    with_page("data", start, &rest)
}

#[test]
fn stripe_continues_after_the_last_record() {
    let done = init("ROOT/v1/customers?limit=10 --token-env API_TOKEN", stripe);
    done.assert_wrote(
        "customers: 10 records on the first page, at `/data`\n  \
         next page: the `id` of the last record, sent as `starting_after`; tried: it leads to the second page\n\
         wrote longhaul.toml\n\nnext:\n  longhaul check\n  longhaul preview customers --columns\n  longhaul run\n",
        r#"# Written by `longhaul init` for ROOT/v1/customers, from one look at a page.

[api]
base_url = "ROOT"

[auth]
# The token is in the environment variable API_TOKEN, not in this file.
type = "token"
token = { env = "API_TOKEN" }

[streams.customers]
path = "/v1/customers"
query = { limit = "10" }
# A usual name for the list of records. Here it has 10 records.
records = "/data"
sinks = ["lines"]

# Tried: the second page was fetched this way.
[streams.customers.pages]
# `/has_more` says whether there are more pages, but nothing leads to the next one.
type = "cursor"
# Such APIs continue after the last record.
cursor = "last:/id"
param = "starting_after"
# It is false on the last page.
more = "/has_more"

# One record per line, as the server wrote it.
[sinks.lines]
type = "ndjson"
path = "out/{stream}.ndjson"
"#,
    )
    .assert_pulls_all("customers");
}

#[test]
fn zendesk_links_to_the_next_page() {
    let done = init("ROOT/api/v2/organizations.json?page[size]=10", |request| {
        assert_eq!(parameter(request, "page[size]"), "10");
        let start = number(request, "page[after]", 0);
        let links = json!({ "prev": null, "next": next(request, "page[after]", start) });
        let meta = json!({ "has_more": end(start) < RECORDS, "after_cursor": "eyJ", "before_cursor": "eyI" });
        with_page("organizations", start, &json!({ "links": links, "meta": meta }))
    });
    done.assert_has("query = { \"page[size]\" = \"10\" }\nrecords = \"/organizations\"\nsinks")
        .assert_has("type = \"next_url\"\nnext = \"/links/next\"\nmore = \"/meta/has_more\"\n\n")
        .assert_pulls_all("organizations");
}

#[test]
fn an_incremental_export_of_zendesk_ends_with_the_stream() {
    let done = init("ROOT/api/v2/incremental/tickets/cursor.json?start_time=0", |request| {
        let start = number(request, "cursor", 0);
        let after_url =
            format!("{}/api/v2/incremental/tickets/cursor.json?cursor={}", root(request), end(start));
        let rest = json!({
            "users": [{ "id": 1 }],
            "after_url": after_url,
            "after_cursor": end(start).to_string(),
            "before_url": null,
            "end_of_stream": end(start) == RECORDS,
        });
        with_page("tickets", start, &rest)
    });
    done.assert_has("records = \"/tickets\"")
        .assert_has("next = \"/after_url\"\nend = [{ at = \"/end_of_stream\", is = true }]\n\n")
        .assert_pulls_all("tickets");
}

#[test]
fn zendesk_by_offset_links_to_the_next_page_and_counts() {
    let done = init("ROOT/api/v2/users.json", |request| {
        let start = number(request, "page", 0);
        let rest =
            json!({ "next_page": next(request, "page", start), "previous_page": null, "count": RECORDS });
        with_page("users", start, &rest)
    });
    done.assert_has("next = \"/next_page\"\ntotal = \"/count\"\n\n").assert_pulls_all("users");
}

#[test]
fn odata_has_a_next_link() {
    let done = init("ROOT/odata/v4/People?$top=10", |request| {
        let start = number(request, "$skiptoken", 0);
        let mut rest = json!({ "@odata.context": "x", "@odata.count": RECORDS });
        if let url @ Value::String(_) = next(request, "$skiptoken", start) {
            rest["@odata.nextLink"] = url;
        }
        with_page("value", start, &rest)
    });
    done.assert_says("people: 10 records on the first page, at `/value`\n")
        .assert_says("  total: 25, at `/@odata.count`\n")
        .assert_has("type = \"next_url\"\nnext = \"/@odata.nextLink\"\ntotal = \"/@odata.count\"\n\n")
        .assert_pulls_all("people");
}

#[test]
fn the_next_link_of_odata_may_be_relative() {
    let done = init("ROOT/odata/v4/People?$orderby=ID", |request| {
        let start = number(request, "$skiptoken", 0);
        let mut rest = json!({ "@odata.context": "x" });
        if end(start) < RECORDS {
            rest["@odata.nextLink"] = format!("People?$orderby=ID&$skiptoken={}", end(start)).into();
        }
        with_page("value", start, &rest)
    });
    done.assert_has("query = { \"$orderby\" = \"ID\" }\n")
        .assert_has("type = \"next_url\"\nnext = \"/@odata.nextLink\"\n\n")
        .assert_pulls_all("people");
}

#[test]
fn fhir_has_links_with_relations() {
    let done = init("ROOT/fhir/Patient?_count=10", |request| {
        let start = number(request, "_offset", 0);
        let mut links = vec![json!({ "relation": "self", "url": request.url.as_str() })];
        if let url @ Value::String(_) = next(request, "_offset", start) {
            links.push(json!({ "relation": "next", "url": url }));
        }
        let rest = json!({ "resourceType": "Bundle", "type": "searchset", "total": RECORDS, "link": links });
        with_page("entry", start, &rest)
    });
    done.assert_has("records = \"/entry\"")
        .assert_has("next = \"$.link[?@.relation=='next'].url\"\ntotal = \"/total\"\n\n")
        .assert_pulls_all("patient");
}

fn linked(request: &Received, headers: &[(&str, String)]) -> Reply {
    let start = number(request, "page", 0);
    let mut links = vec![format!("<{}>; rel=\"first\"", request.url)];
    if let Value::String(url) = next(request, "page", start) {
        links.push(format!("<{url}>; rel=\"next\""));
    }
    let reply = Reply::json(page(start)).header("link", links.join(", "));
    headers.iter().fold(reply, |reply, (name, value)| reply.header(name, value.as_str()))
}

#[test]
fn gitlab_has_a_link_header_and_totals() {
    let done = init(
        "ROOT/api/v4/projects/7/issues?per_page=10 --token-env API_TOKEN --token-header PRIVATE-TOKEN",
        |request| {
            assert_eq!(request.header("private-token"), Some("t0ken-of-init"));
            let totals = [
                ("x-total", RECORDS.to_string()),
                ("x-total-pages", "3".to_owned()),
                ("x-next-page", "2".to_owned()),
            ];
            linked(request, &totals).into()
        },
    );
    done.assert_says("issues: 10 records on the first page, the elements of the page\n  next page: the header `Link`; tried")
        .assert_has("type = \"api_key\"\nkey = { env = \"API_TOKEN\" }\nheader = \"PRIVATE-TOKEN\"\n")
        .assert_has("records = \"\"\nsinks")
        .assert_has("type = \"link_header\"\ntotal = \"header:X-Total\"\n\n")
        .assert_pulls_all("issues");
}

#[test]
fn github_has_a_link_header() {
    let done = init("ROOT/repos/me/mine/issues --token-env API_TOKEN", |request| linked(request, &[]).into());
    done.assert_has("type = \"link_header\"\n\n").assert_pulls_all("issues");
}

#[test]
fn django_rest_framework_has_next_and_count() {
    let done = init("ROOT/api/orders/", |request| {
        let start = number(request, "offset", 0);
        let rest = json!({ "count": RECORDS, "next": next(request, "offset", start), "previous": null });
        with_page("results", start, &rest)
    });
    done.assert_has("path = \"/api/orders/\"\n")
        .assert_has("next = \"/next\"\ntotal = \"/count\"\n\n")
        .assert_pulls_all("orders");
}

#[test]
fn a_single_page_of_django_rest_framework_is_recognized() {
    let only = |_: &Received| -> Reaction {
        Reply::json(r#"{"count":2,"next":null,"previous":null,"results":[{"id":1},{"id":2}]}"#).into()
    };
    let done = init("ROOT/api/orders/", only);
    done.assert_says("  next page: the URL at `/next`; not tried, because there is only one page\n")
        .assert_has("next = \"/next\"\n")
        .assert_pulls("orders", &[r#"{"id":1}"#.to_owned(), r#"{"id":2}"#.to_owned()]);
}

#[test]
fn a_number_of_pages_is_the_end_of_page_numbers() {
    let done = init("ROOT/v1/calls?per_page=10", |request| {
        assert_eq!(parameter(request, "per_page"), "10");
        let number = number(request, "page", 1);
        let rest = json!({ "page": number, "per_page": SIZE, "total_pages": 3, "total": RECORDS });
        with_page("calls", (number - 1) * SIZE, &rest)
    });
    done.assert_says("  key of a record: `/id`\n")
        .assert_has("path = \"/v1/calls\"\nrecords = \"/calls\"\n")
        .assert_has("unique = \"/id\"\n")
        .assert_has(
            "type = \"page_number\"\nparam = \"page\"\nsize_param = \"per_page\"\nsize = 10\n\
             page_count = \"/total_pages\"\ntotal = \"/total\"\n\n",
        )
        .assert_pulls_all("calls");
}

#[test]
fn the_links_of_a_page_name_the_parameter() {
    let done = init("ROOT/v1/calls", |request| {
        let number = number(request, "page[number]", 1);
        let links = json!({ "self": format!("/v1/calls?page%5Bnumber%5D={number}&page%5Bsize%5D=10") });
        with_page("data", (number - 1) * SIZE, &json!({ "links": links, "meta": { "total-pages": 3 } }))
    });
    done.assert_has(
        "type = \"page_number\"\nparam = \"page[number]\"\npage_count = \"/meta/total-pages\"\n\n",
    )
    .assert_pulls_all("calls");
}

#[test]
fn page_numbers_may_start_at_zero() {
    let done = init("ROOT/v1/calls", |request| {
        let number = number(request, "page", 0);
        let rest = json!({ "number": number, "size": SIZE, "totalPages": 3, "totalElements": RECORDS, "last": number == 2 });
        with_page("content", number * SIZE, &rest)
    });
    done.assert_has(
        "type = \"page_number\"\nparam = \"page\"\nstart = 0\npage_count = \"/totalPages\"\n\
         end = [{ at = \"/last\", is = true }]\ntotal = \"/totalElements\"\n\n",
    )
    .assert_pulls_all("calls");
}

#[test]
fn an_offset_and_a_total() {
    let done = init("ROOT/v1/calls?limit=10&sort=id", |request| {
        assert_eq!((parameter(request, "limit").as_str(), parameter(request, "sort").as_str()), ("10", "id"));
        let start = number(request, "offset", 0);
        with_page("items", start, &json!({ "offset": start, "limit": SIZE, "total": RECORDS }))
    });
    done.assert_has("query = { sort = \"id\" }\n")
        .assert_has("type = \"offset\"\nparam = \"offset\"\nsize_param = \"limit\"\nsize = 10\ntotal = \"/total\"\n\n")
        .assert_pulls_all("calls");
}

#[test]
fn scim_counts_from_one() {
    let done = init("ROOT/scim/v2/Users", |request| {
        let index = number(request, "startIndex", 1);
        let rest = json!({ "startIndex": index, "itemsPerPage": SIZE, "totalResults": RECORDS });
        with_page("Resources", index - 1, &rest)
    });
    done.assert_has("type = \"offset\"\nparam = \"startIndex\"\nstart = 1\ntotal = \"/totalResults\"\n\n")
        .assert_pulls_all("users");
}

#[test]
fn cursors_go_into_the_usual_parameters() {
    for (cursor, param, missing) in [
        ("/next_cursor", "cursor", json!("")),
        ("/nextPageToken", "pageToken", Value::Null),
        ("/meta/next_token", "next_token", Value::Null),
        ("/pageInfo/endCursor", "after", Value::Null),
        ("/paging/next/after", "after", Value::Null),
        ("/continuationToken", "continuationToken", Value::Null),
        ("/next_page", "page", Value::Null),
    ] {
        let done = init("ROOT/v1/calls", move |request| {
            let start = number(request, param, 0);
            let value = if end(start) < RECORDS { end(start).to_string().into() } else { missing.clone() };
            let names: Vec<_> = cursor[1..].rsplit('/').collect();
            let rest = names.into_iter().fold(value, |value, name| json!({ name: value }));
            with_page("calls", start, &rest)
        });
        done.assert_has(&format!("type = \"cursor\"\ncursor = \"{cursor}\"\nparam = \"{param}\"\n\n"))
            .assert_says(&format!("  next page: the cursor at `{cursor}`, sent as `{param}`; tried"))
            .assert_pulls_all("calls");
    }
}

#[test]
fn a_full_page_without_a_hint_is_followed_by_number() {
    let done =
        init("ROOT/v1/calls", |request| Reply::json(page((number(request, "page", 1) - 1) * SIZE)).into());
    done.assert_has("type = \"page_number\"\nparam = \"page\"\n\n").assert_pulls_all("calls");
}

#[test]
fn a_first_page_with_the_number_0_is_not_lost() {
    let done = init("ROOT/v1/calls", |request| Reply::json(page(number(request, "page", 0) * SIZE)).into());
    done.assert_has("type = \"page_number\"\nparam = \"page\"\nstart = 0\n\n").assert_pulls_all("calls");
    let done = init("ROOT/v1/calls", |request| {
        let start = number(request, "page", 0) * SIZE;
        Reply::json(if start == 0 { page(0) } else { "[]".to_owned() }).into()
    });
    done.assert_has("type = \"page_number\"\nparam = \"page\"\nstart = 0\n\n")
        .assert_pulls("calls", &records()[..SIZE]);
}

#[test]
fn a_url_with_a_limit_is_followed_by_offset() {
    let done =
        init("ROOT/v1/calls?limit=10", |request| Reply::json(page(number(request, "offset", 0))).into());
    done.assert_has("type = \"offset\"\nparam = \"offset\"\nsize_param = \"limit\"\nsize = 10\n\n")
        .assert_pulls_all("calls");
}

#[test]
fn an_api_behind_a_proxy_names_itself_by_another_port() {
    let done = init("ROOT/v1/calls", |request| {
        let start = number(request, "start", 0);
        let mut rest = json!({ "next": null, "prev": null });
        if let Value::String(url) = next(request, "start", start) {
            rest["next"] = url.replace(&root(request), "https://127.0.0.1:1").into();
        }
        with_page("calls", start, &rest)
    });
    done.assert_has("next = \"/next\"\norigin = \"keep\"\n\n").assert_pulls_all("calls");
}
