//! Shopify.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use longhaul_tests::{Reaction, Received, Reply};
use serde_json::json;

use super::system::{Pull, RECORDS, body, end, page, records};

fn error(code: &str, message: &str) -> Reply {
    Reply::json(json!({ "errors": [{ "message": message, "extensions": { "code": code } }] }).to_string())
}

fn pull<S>(stream: &'static str, script: S) -> Pull<'static, S> {
    Pull {
        system: "shopify",
        stream,
        settings: "",
        variables: &[("SHOPIFY_ACCESS_TOKEN", "shpat_s3cret")],
        accepts: |request| {
            request.header("x-shopify-access-token") == Some("shpat_s3cret")
                && request.url.path() == "/admin/api/2025-10/graphql.json"
        },
        refusal: Reply::refusal(401, &json!({ "errors": "[API] Invalid API key or access token" })),
        throttled: error("THROTTLED", "Throttled"),
        script,
    }
}

/// A page of what the query asks for.
fn graphql(request: &Received) -> Reaction {
    let body = body(request);
    let query = body["query"].as_str().unwrap();
    let name = query.split_once('{').unwrap().1.split_once('(').unwrap().0.trim();
    assert!(query.contains("(first: 100, after: $after, sortKey: ID"), "{query}");
    let start = body["variables"]["after"].as_str().map_or(0, |after| after.parse().unwrap());
    let info = format!(r#"{{"hasNextPage":{},"endCursor":"{}"}}"#, end(start) < RECORDS, end(start));
    let data = format!(r#"{{"{name}":{{"nodes":{},"pageInfo":{info}}}}}"#, page(start));
    Reply::json(format!(r#"{{"data":{data},"extensions":{}}}"#, cost(1990))).into()
}

/// How many points a query costs at most, and how many are left.
fn cost(left: u64) -> serde_json::Value {
    let status = json!({ "maximumAvailable": 2000, "currentlyAvailable": left, "restoreRate": 2000 });
    json!({ "cost": { "requestedQueryCost": 400, "actualQueryCost": 300, "throttleStatus": status } })
}

/// The API has points for one query; for more, some must come back.
#[test]
fn queries_wait_for_their_points() {
    let points = Arc::new(Mutex::new((Duration::ZERO, 450_u64)));
    let paid = move |request: &Received| {
        let mut points = points.lock().unwrap();
        let restored = u64::try_from(request.at.saturating_sub(points.0).as_millis()).unwrap() * 2;
        *points = (request.at, points.1 + restored);
        if points.1 < 400 {
            return error("THROTTLED", "Throttled").into();
        }
        points.1 -= 300;
        let Reaction::Reply(reply) = graphql(request) else { unreachable!("a query has a reply") };
        let body = String::from_utf8(reply.body).unwrap();
        Reply::json(body.replace(&cost(1990).to_string(), &cost(points.1).to_string())).into()
    };
    let requests = pull("orders", paid).assert_pulls_in_one_run(&records());
    assert_eq!(requests, 3, "none was refused");
}

#[test]
fn queries() {
    for stream in ["orders", "customers", "products", "product_variants", "locations"] {
        pull(stream, graphql).assert_pulls(&records(), (3, "Invalid API key or access token"));
    }
}

#[test]
fn errors() {
    let denied = error("ACCESS_DENIED", "Access denied for orders field.");
    let ended = pull("orders", graphql).answered_with(denied);
    assert_eq!(ended.code, Some(4));
    let words = ended.last_error();
    assert!(words.contains("Access denied for orders field."), "{words}");
    assert!(words.contains("hint: longhaul streams lists the access scopes"), "{words}");
    let ended = pull("orders", graphql).answered_with(error("MAX_COST_EXCEEDED", "Query cost is 1002"));
    assert_eq!(ended.code, Some(4));
    assert!(ended.last_error().contains("Query cost is 1002"), "{}", ended.stderr);
    let ended = pull("orders", graphql).answered_with(error("INTERNAL_SERVER_ERROR", "Internal error"));
    assert_eq!(ended.code, Some(75), "{}", ended.stderr);
}

/// Each query asks for exactly the columns that are suggested for it.
#[test]
fn every_query_has_a_table() {
    let preset: toml_edit::DocumentMut =
        include_str!("../../../cli/config/presets/shopify.toml").parse().unwrap();
    for (name, stream) in preset["streams"].as_table().unwrap() {
        let query = stream["body"]["query"].as_str().unwrap();
        let columns = stream["table"]["columns"].as_array().unwrap();
        let places = columns.iter().map(|column| match column.as_inline_table() {
            Some(named) => named.get("at").unwrap().as_str().unwrap().to_owned(),
            None => column.as_str().unwrap().to_owned(),
        });
        for field in places.flat_map(|place| place[1..].split('/').map(str::to_owned).collect::<Vec<_>>()) {
            let mut words = query.split(|c: char| !c.is_ascii_alphanumeric());
            assert!(words.any(|word| word == field), "{name} does not ask for {field}");
        }
    }
}
