//! Streams that are pulled for each of their parents.

mod errors;
pub(crate) mod families;
mod files;
mod killed;
mod runs;
mod values;

use std::fmt::Write;

use longhaul_tests::Reply;
use serde_json::Value;

use self::families::{CHILDREN, Families, PARENTS};
use crate::{
    api::{self, LINES},
    folder::Folder,
};

#[test]
fn children_are_in_the_order_of_their_parents_whatever_the_concurrency() {
    let families = Families::new(300);
    for concurrency in [1, 3, 8] {
        let folder = families.folder(&[PARENTS, CHILDREN]);
        let ended = folder.run(&format!("run --set streams.members.concurrency={concurrency}"));
        ended.assert_complete();
        assert!(folder.read("out/members.ndjson") == families.members(), "with concurrency {concurrency}");
        assert_eq!(
            ended.stable_stderr(),
            "teams: complete, 300 records in 4 pages, TIME -> FOLDER/out/teams.ndjson\n\
             members: complete, 450 records in 750 pages of 300 partitions, TIME -> FOLDER/out/members.ndjson\n"
        );
        assert!(folder.names_in(".longhaul").iter().all(|name| !name.contains("parents")));
    }
    assert_eq!(families.requests("/teams"), 3 * 4, "the parents are pulled once for both");
}

#[test]
fn the_stream_of_the_parents_need_not_be_named_and_needs_no_sink() {
    let families = Families::new(30);
    let folder = families.folder(&[&PARENTS.replace("sinks = [\"lines\"]\n", ""), CHILDREN]);
    let ended = folder.run("run members --summary summary.json");
    assert_eq!(
        ended.assert_complete().stable_stderr(),
        "teams: complete, 30 records in 1 page, TIME -> parents of `members`\n\
         members: complete, 43 records in 73 pages of 30 partitions, TIME -> FOLDER/out/members.ndjson\n"
    );
    assert_eq!(folder.names_in("out"), ["members.ndjson"]);
    assert!(folder.read("out/members.ndjson") == families.members());
    let summary: Value = serde_json::from_str(&folder.read("summary.json")).unwrap();
    assert_eq!(summary["pulls"][1]["partitions"], 30);

    // The next run has new parents.
    families.set_parents(31);
    folder.run("run members").assert_complete();
    assert!(folder.read("out/members.ndjson") == families.members());
}

#[test]
fn parents_can_have_parents() {
    let families = Families::new(7);
    let grandchildren = r#"
[streams.cards]
path = "/teams/{each.team}/members/{each.member}/cards"
records = "/items"
each = { stream = "members", values = { member = "id", team = "/team" }, add = { holder = "/id" } }
sinks = ["lines"]
"#;
    let folder = families.folder(&[PARENTS, CHILDREN, grandchildren]);
    folder.run("run cards --strict").assert_complete();
    let mut expected = String::new();
    for (team, member) in families.all_members() {
        writeln!(expected, "{{\"card\":\"{team}/{member}\",\"holder\":\"{member}\"}}").unwrap();
    }
    assert!(folder.read("out/cards.ndjson") == expected, "{}", folder.read("out/cards.ndjson"));
    assert_eq!(folder.names_in("out"), ["cards.ndjson"]);
}

#[test]
fn a_child_that_is_gone_is_left_out_and_counted() {
    let families = Families::new(40).with_gone(3);
    let rule = "[[streams.members.answers]]\nwhen = { status = 404 }\nthen = \"skip\"\n";
    let folder = families.folder(&[PARENTS, CHILDREN, rule]);
    let ended = folder.run("run members --summary summary.json");
    assert_eq!(
        ended.assert_complete().stable_stderr(),
        "teams: complete, 40 records in 1 page, TIME -> parents of `members`\n\
         members: complete, 39 records in 66 pages of 27 partitions, TIME -> FOLDER/out/members.ndjson\n\
         warn  members: 13 partitions were left out, because an answer rule says `then = \"skip\"`\n"
    );
    assert!(folder.read("out/members.ndjson") == families.members());
    let summary: Value = serde_json::from_str(&folder.read("summary.json")).unwrap();
    assert_eq!(
        (&summary["pulls"][1]["partitions"], &summary["pulls"][1]["skipped"]),
        (&27.into(), &13.into())
    );

    // Without the rule it is an error, and everything before it is kept.
    let folder = families.folder(&[PARENTS, CHILDREN]);
    let ended = folder.run("run members");
    assert_eq!(ended.code, Some(4));
    assert!(ended.stderr.contains("members: stopped; "), "{}", ended.stderr);
}

#[test]
fn windows_and_parents_multiply() {
    let server = api::server(|request| {
        let team = request.url.path().rsplit('/').next().unwrap().to_owned();
        let from = request.query("from").unwrap();
        Reply::json(format!(r#"{{"items":[{{"call":"{team} {from}"}}]}}"#)).into()
    });
    let stream = r#"
[streams.calls]
path = "/calls/{each.team}"
query = { from = "{window.start}" }
records = "/items"
each = { list = ["b", "a"], as = "team" }
window = { from = "2026-01-01", to = "2026-01-04", slice = "1d", format = "%Y-%m-%d" }
sinks = ["lines"]
"#;
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), stream, LINES].concat());
    let ended = folder.run("run");
    assert!(
        ended.assert_complete().stderr.contains("6 records in 6 pages of 6 partitions"),
        "{}",
        ended.stderr
    );
    let expected: String = ["b", "a"]
        .iter()
        .flat_map(|team| (1..4).map(move |day| format!("{{\"call\":\"{team} 2026-01-0{day}\"}}\n")))
        .collect();
    assert_eq!(folder.read("out/calls.ndjson"), expected);

    let both = "run --set sinks.lines.path=out/{each.team}-{window.start}.ndjson";
    folder.run(both).assert_complete();
    assert_eq!(folder.names_in("out").len(), 1 + 6);
    folder.run("run --set sinks.lines.path=ids/{partition}.ndjson").assert_complete();
    let names = folder.names_in("ids");
    assert_eq!(names.len(), 6);
    assert_eq!(names[4], "1_20260102T000000Z-20260103T000000Z.ndjson");
    let all: String = names.iter().map(|name| folder.read(&format!("ids/{name}"))).collect();
    assert_eq!(all, expected);
    folder.run("run --set sinks.lines.path=out/{each.team}.ndjson").assert_failed(
        2,
        "error: `sinks.lines.path` has a file for each of the parents, but not for each of the windows\n  \
         in: --set sinks.lines.path\nhint: put `{window.start}` in the path, too\n",
    );
}

/// As the Google Ads API names its resources.
#[test]
fn the_name_of_a_resource_keeps_its_slashes_in_a_path() {
    let server = api::server(|request| {
        let items = match request.url.path() {
            "/v1/customers" => r#"[{"name":"customers/1"},{"name":"customers/2 b"}]"#.to_owned(),
            path => format!(r#"[{{"path":"{path}"}}]"#),
        };
        Reply::json(format!(r#"{{"items":{items}}}"#)).into()
    });
    let streams = r#"
[streams.customers]
path = "/v1/customers"
records = "/items"

[streams.campaigns]
path = "/v1/{+each.customer}/campaigns"
records = "/items"
each = { stream = "customers", values = { customer = "/name" } }
sinks = ["lines"]
"#;
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), streams, LINES].concat());
    folder.run("run campaigns").assert_complete();
    assert_eq!(
        folder.read("out/campaigns.ndjson"),
        "{\"path\":\"/v1/customers/1/campaigns\"}\n{\"path\":\"/v1/customers/2%20b/campaigns\"}\n"
    );
}

#[test]
fn values_are_written_as_their_place_requires() {
    let server = api::server(|request| {
        let path = request.url[url::Position::BeforePath..].to_owned();
        let body = String::from_utf8_lossy(&request.body).into_owned();
        Reply::json(serde_json::json!({ "items": [{ "path": path, "body": body }] }).to_string()).into()
    });
    let stream = r#"
[streams.x]
method = "POST"
path = "/a/{each.id}/b"
query = { q = "{each.id}" }
body = { id = "{each.id}", n = "{each.n}", text = "n{each.n}" }
records = "/items"
each = { file = "parents.ndjson", values = { id = "/id", n = "/n" }, add = { "the n" = "/n", all = "" } }
sinks = ["lines"]
"#;
    let parent = r#"{"id":"a/b c&é{date}","n":5}"#;
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), stream, LINES].concat())
        .with("parents.ndjson", format!("\n {parent} \n"));
    folder.run("run").assert_complete();
    let encoded = "/a/a%2Fb%20c%26%C3%A9%7Bdate%7D/b?q=a%2Fb+c%26%C3%A9%7Bdate%7D";
    let body = r#"{\"id\":\"a/b c&é{date}\",\"n\":5,\"text\":\"n5\"}"#;
    assert_eq!(
        folder.read("out/x.ndjson"),
        format!("{{\"body\":\"{body}\",\"path\":\"{encoded}\",\"all\":{parent},\"the n\":5}}\n")
    );
}
