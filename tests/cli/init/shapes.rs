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
