//! What goes wrong with parents and children.

use longhaul_tests::Reply;

use super::families::{CHILDREN, Families, PARENTS};
use crate::{
    api::{self, LINES},
    folder::Folder,
};

fn folder(items: &'static str, streams: &[&str]) -> (longhaul_tests::FaultServer, Folder) {
    let server = api::server(move |request| {
        let items = if request.url.path() == "/teams" { items } else { r#"[{"id":1}]"# };
        Reply::json(format!(r#"{{"items":{items},"pages":1}}"#)).into()
    });
    let children = r#"
[streams.members]
path = "/teams/{each.team}/members"
records = "/items"
sinks = ["lines"]
"#;
    let configuration =
        [&api::connection(&api::root(&server)), PARENTS, LINES, children, &*streams.concat()].concat();
    (server, Folder::configured(&configuration))
}

const EACH: &str = "each = { stream = \"teams\", values = { team = \"/id\" } }\n";

#[test]
fn a_parent_without_its_value_is_an_error_that_names_the_record() {
    let (_server, folder) = folder(r#"[{"id":"a"},{"id":"b"},{"name":"c"}]"#, &[EACH]);
    folder.run("run members").assert_failed(
        4,
        "members: not pulled, because `teams` is not complete\n\
         error: record 3 of `teams` has no value at `/id` for `{each.team}`: {\"name\":\"c\"}\n\
         hint: a parent must have a value for each placeholder: correct the places in `each.values`\n",
    );
    assert_eq!(folder.names_in("out"), [""; 0]);
}

#[test]
fn the_name_of_a_resource_cannot_lead_to_another_one() {
    let each = "each = { stream = \"teams\", values = { team = \"/id\" } }\n";
    for name in ["a/../b", "//evil.example", "https://evil.example/x"] {
        let server = api::server(move |request| {
            assert_eq!(request.url.path(), "/teams", "nothing else is asked for");
            Reply::json(format!(r#"{{"items":[{{"id":"{name}"}}],"pages":1}}"#)).into()
        });
        let children = "[streams.members]\npath = \"/v1/{+each.team}/members\"\nrecords = \"/items\"\nsinks = [\"lines\"]\n";
        let configuration = [&api::connection(&api::root(&server)), PARENTS, LINES, children, each].concat();
        Folder::configured(&configuration).run("run members").assert_failed(
            4,
            &format!(
                "teams: complete, 1 record in 1 page, TIME -> parents of `members`\n\
                 error: the stream `members` is not complete\n  \
                 caused by: the value `{name}` for `{{+each.team}}` is not the name of a resource: a part of it is empty, \
                 `.` or `..`\n\
                 hint: choose another value in `streams.members.each.values`, or write the placeholder without `+`\n"
            ),
        );
    }
}

#[test]
fn a_slash_is_kept_only_in_a_path() {
    let each =
        "each = { stream = \"teams\", values = { team = \"/id\" } }\nquery = { team = \"{+each.team}\" }\n";
    let (_server, folder) = folder("[]", &[each]);
    folder.run("run members").assert_failed(
        2,
        "error: `streams.members.query.team`: `{+each.team}` may stand only in a path; write \
         `{each.team}` here\n  in: longhaul.toml:28\n",
    );
}

#[test]
fn a_field_that_a_record_already_has_is_an_error() {
    let each = "each = { stream = \"teams\", values = { team = \"id\" }, add = { id = \"id\" } }\n";
    let (_server, folder) = folder(r#"[{"id":"a"}]"#, &[each]);
    let ended = folder.run("run members");
    assert_eq!(
        ended.last_error(),
        "error: the stream `members` is not complete\n  \
         caused by: record 1 of the partition already has the field `id`, which `each.add` would add\n\
         hint: give the field another name in `streams.members.each.add`\n"
    );
    assert_eq!(ended.code, Some(4));
}

#[test]
fn a_record_that_is_no_object_cannot_get_a_field() {
    let server = api::server(|_| Reply::json(r#"{"items":[[1]]}"#).into());
    let stream = r#"
[streams.x]
path = "/x/{each.id}"
records = "/items"
each = { list = [7], as = "id", add = { id = "" } }
sinks = ["lines"]
"#;
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), stream, LINES].concat());
    folder.run("run").assert_failed(
        4,
        "error: the stream `x` is not complete\n  \
         caused by: record 1 of the partition is not an object, so `each.add` cannot add a field to it\n\
         hint: remove `streams.x.each.add`\n",
    );
}

#[test]
fn parents_without_records_are_reported() {
    let (_server, folder) = folder("[]", &[EACH]);
    folder.run("run members --strict").assert_failed(
        4,
        "teams: complete, 0 records in 1 page, TIME -> parents of `members`\n\
         error: members: `teams` has no records, so there is nothing to pull\n\
         hint: to accept this, run it again without --strict\n",
    );
    let ended = folder.run("run members");
    assert_eq!(
        ended.assert_complete().stable_stderr(),
        "warn  members: `teams` has no records, so there is nothing to pull\n\
         members: complete, 0 records in 0 pages, TIME -> FOLDER/out/members.ndjson\n"
    );
    assert_eq!(folder.read("out/members.ndjson"), "");
}

#[test]
fn a_field_that_no_parent_has_is_reported() {
    let each =
        "each = { stream = \"teams\", values = { team = \"id\" }, add = { name = \"/nmae\", x = \"x\" } }\n";
    let (_server, folder) = folder(r#"[{"id":"a"},{"id":"b","x":null}]"#, &[each]);
    let ended = folder.run("run members");
    assert!(
        ended
            .assert_complete()
            .stable_stderr()
            .contains("warn  members: no record of `teams` has a value at `/nmae` for `each.add.name`\n"),
        "{}",
        ended.stderr
    );
    assert_eq!(folder.read("out/members.ndjson"), "{\"id\":1}\n{\"id\":1,\"x\":null}\n");
    let ended = folder.run("run members --strict");
    assert_eq!(ended.code, Some(4));
    assert_eq!(
        ended.last_error(),
        "error: members: no record of `teams` has a value at `/nmae` for `each.add.name`\n\
         hint: to accept this, run it again without --strict\n"
    );
}

#[test]
fn parents_with_the_same_values_are_reported() {
    let each = "each = { stream = \"teams\", values = { team = \"id\" } }\n";
    let (_server, folder) = folder(r#"[{"id":"a"},{"id":"b"},{"id":"a","x":1}]"#, &[each]);
    let finding =
        "members: 1 record of `teams` has the values of an earlier one, so the same records arrive again\n";
    let ended = folder.run("run members");
    let stderr = ended.assert_complete().stable_stderr();
    assert!(stderr.contains(&["warn  ", finding].concat()), "{stderr}");
    let ended = folder.run("run members --strict");
    assert_eq!(ended.code, Some(4));
    let hint = "hint: to accept this, run it again without --strict\n";
    assert_eq!(ended.last_error(), ["error: ", finding, hint].concat());
}

#[test]
fn children_of_a_stream_that_fails_are_not_pulled() {
    let server = api::server(|request| match request.url.path() {
        "/teams" => Reply::status(403).into(),
        _ => Reply::json(r#"{"items":[]}"#).into(),
    });
    let other = "[streams.other]\npath = \"/other\"\nrecords = \"/items\"\nsinks = [\"lines\"]\n";
    let folder = Folder::configured(
        &[&api::connection(&api::root(&server)), PARENTS, CHILDREN, other, LINES].concat(),
    );
    let ended = folder.run("run");
    assert_eq!(
        ended.stable_stderr(),
        "members: not pulled, because `teams` is not complete\n\
         other: complete, 0 records in 1 page, TIME -> FOLDER/out/other.ndjson\n\
         error: the stream `teams` is not complete\n  \
         caused by: `GET http://127.0.0.1:PORT/teams` failed\n  \
         caused by: the server answered 403 Forbidden\n\
         hint: the credentials are valid but lack a permission or scope for this request\n"
    );
    assert_eq!(ended.code, Some(4));
}

#[test]
fn wrong_keys_are_explained() {
    let error = |streams: &[&str], message: &str| {
        let (_server, folder) = folder("[]", streams);
        folder.run("run members").assert_failed(2, message);
    };
    let at = "  in: longhaul.toml:27\n";
    error(
        &["each = { values = { team = \"/id\" } }"],
        &format!(
            "error: `streams.members.each` has no parents\n{at}hint: set one of `stream`, `file` and `list`\n"
        ),
    );
    error(
        &["each = { stream = \"teams\", list = [1], values = { team = \"/id\" } }"],
        &format!(
            "error: `streams.members.each` has both `stream` and `list`\n{at}hint: set one of `stream`, `file` and `list`\n"
        ),
    );
    error(
        &["each = { stream = \"teas\", values = { team = \"/id\" } }"],
        &format!(
            "error: `streams.members.each.stream`: unknown stream `teas` (did you mean `teams`?)\n{at}hint: longhaul streams lists the configured streams\n"
        ),
    );
    error(
        &["each = { stream = \"teams\" }"],
        "error: `streams.members.each.values` is missing\n\
         hint: name a placeholder and where a parent has its value, for example `values = { id = \"/id\" }`\n",
    );
    error(
        &["each = { list = [1] }"],
        "error: `streams.members.each.as` is missing\n\
         hint: name the placeholder, for example `as = \"region\"` for `{each.region}`\n",
    );
    error(
        &["each = { file = \"x.xlsx\", values = { team = \"/id\" } }"],
        &format!(
            "error: `streams.members.each.file`: the format of `FOLDER/x.xlsx` is unknown\n{at}hint: use a file that ends in `.csv`, `.ndjson` or `.jsonl`\n"
        ),
    );
    error(
        &["each = { stream = \"teams\", values = { \"a b\" = \"/id\" } }"],
        &format!(
            "error: `streams.members.each.values`: `a b` is not a valid name for a placeholder\n{at}hint: use lower-case letters, digits and underscores, and start with a letter\n"
        ),
    );
    error(
        &["each = { stream = \"teams\", values = { tam = \"/id\" } }"],
        "error: `streams.members.path`: `{each.team}` is not a known placeholder (did you mean `each.tam`?)\n  \
         in: longhaul.toml:24\n",
    );
    error(
        &[""],
        "error: `streams.members.path`: `{each.team}` is not a known placeholder\n  in: longhaul.toml:24\n\
         hint: name it in `streams.members.each`, which says where parents come from\n",
    );
}

#[test]
fn streams_cannot_be_their_own_parents() {
    let families = Families::new(1);
    let teams = PARENTS.replace("sinks", "each = { stream = \"members\", values = { x = \"/id\" } }\nsinks");
    families.folder(&[&teams.replace("\"/teams\"", "\"/teams/{each.x}\""), CHILDREN]).run("run").assert_failed(
        2,
        "error: `streams.teams.each.stream`: streams cannot be their own parents: `teams` -> `members` -> `teams`\n  \
         in: longhaul.toml:17\n\
         error: `streams.members.each.stream`: streams cannot be their own parents: `members` -> `teams` -> `members`\n  \
         in: longhaul.toml:24\n",
    );
    assert_eq!(families.all_requests(), 0);
}

#[test]
fn a_value_that_no_request_contains_is_an_error() {
    let families = Families::new(1);
    let children = CHILDREN.replace("/{each.team}", "/x");
    families.folder(&[PARENTS, &children]).run("run members").assert_failed(
        2,
        "error: `streams.members.each`: no request contains `{each.team}`, so each parent would give the same records\n  \
         in: longhaul.toml:23\nhint: put the placeholder in `path`, `query` or `body`\n",
    );
}
