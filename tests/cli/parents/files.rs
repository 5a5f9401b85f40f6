//! Parents from files and lists, and files for each parent.

use longhaul_tests::Reply;

use super::families::Families;
use crate::{
    api::{self, LINES},
    folder::Folder,
};

const CHILDREN: &str = r#"
[streams.members]
path = "/teams/{each.team}/members"
records = "/items"
pages = { type = "page_number", param = "page" }
sinks = ["lines"]
"#;

fn folder(families: &Families, each: &str) -> Folder {
    families.folder(&[CHILDREN, "each = ", each, "\n"])
}

#[test]
fn parents_are_rows_of_a_table_lines_of_a_file_or_values_of_a_list() {
    let families = Families::new(4);
    let expected = families.members();
    for each in [
        "{ file = \"in/teams.csv\", values = { team = \"the id\" }, add = { team = \"the id\" } }",
        "{ file = \"in/teams.ndjson\", values = { team = \"/a/id\" }, add = { team = \"/a/id\" } }",
        "{ file = \"in/plain.jsonl\", values = { team = \"\" }, add = { team = \"\" } }",
        "{ list = [\"t0\", \"t1\", \"t2\", \"t3\"], as = \"team\", add = { team = \"\" } }",
    ] {
        let folder = folder(&families, each)
            .with("in/teams.csv", "\u{feff}name,the id\r\n\"a, b\",t0\r\nc,t1\r\nd,t2\r\ne,t3\r\n")
            .with("in/teams.ndjson", "{\"a\":{\"id\":\"t0\"}}\n{\"a\":{\"id\":\"t1\"}}\n{\"a\":{\"id\":\"t2\"}}\n{\"a\":{\"id\":\"t3\"}}")
            .with("in/plain.jsonl", "\"t0\"\n\"t1\"\n\n\"t2\"\n\"t3\"\n");
        let ended = folder.run("run --strict");
        assert_eq!(
            ended.assert_complete().stable_stderr(),
            "members: complete, 6 records in 10 pages of 4 partitions, TIME -> FOLDER/out/members.ndjson\n"
        );
        assert_eq!(folder.read("out/members.ndjson"), expected, "{each}");
    }
}

#[test]
fn a_file_that_cannot_be_used_is_found_before_anything_is_sent() {
    let families = Families::new(4);
    let each = |file: &str| format!("{{ file = \"{file}\", values = {{ team = \"id\" }} }}");
    let error = |file: &str, content: &str, message: &str| {
        let folder = folder(&families, &each(file)).with(file, content);
        folder.run("run").assert_failed(2, message);
    };
    error(
        "a.csv",
        "ids\nt0\n",
        "error: `streams.members.each.values.team`: `FOLDER/a.csv` has no column `id` (did you mean `ids`?)\n  \
         in: longhaul.toml:18\n",
    );
    error(
        "a.csv",
        "id\nt0\nt1,x\n",
        "error: `streams.members.each.file`: cannot read `FOLDER/a.csv`: CSV error: record 2 (line: 3, byte: 6): \
         found record with 2 fields, but the previous record has 1 fields\n  in: longhaul.toml:18\n",
    );
    error(
        "a.csv",
        "id,name\nt0,a\nt1,\"b\nt2,c\n",
        "error: `streams.members.each.file`: `FOLDER/a.csv` has a quote that is not closed\n  in: longhaul.toml:18\n",
    );
    error(
        "a.csv",
        "id,name,id\nt0,a,t1\n",
        "error: `streams.members.each.file`: `FOLDER/a.csv` has two columns `id`\n  in: longhaul.toml:18\n",
    );
    error(
        "a.csv",
        "id,name\nt0,a\n,b\n",
        "error: record 2 of `FOLDER/a.csv` has empty text at `/id` for `{each.team}`: {\"id\":\"\",\"name\":\"b\"}\n  \
         in: longhaul.toml:18\n",
    );
    error(
        "a.ndjson",
        "{\"id\":1}\n{\"id\"\n",
        "error: `streams.members.each.file`: line 2 of `FOLDER/a.ndjson` is not JSON: \
         EOF while parsing an object at line 1 column 5\n  in: longhaul.toml:18\n",
    );
    folder(&families, &each("none.csv")).run("run").assert_failed(
        2,
        "error: `streams.members.each.file`: cannot read `FOLDER/none.csv`: \
         No such file or directory (os error N)\n  in: longhaul.toml:18\n",
    );
    assert_eq!(families.all_requests(), 0);
}

#[test]
fn each_parent_has_its_own_file_if_the_path_contains_its_value() {
    let server = api::server(|request| {
        let id = request.url.path().rsplit('/').next().unwrap().to_owned();
        Reply::json(format!(r#"{{"items":["{id}"]}}"#)).into()
    });
    let stream = r#"
[streams.x]
path = "/x/{each.id}"
records = "/items"
each = { file = "ids.csv", values = { id = "id", kind = "kind" } }
sinks = ["lines"]
"#;
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), stream, LINES].concat())
        .with("ids.csv", "id,kind\na/../b,1\n..c,1\nd:é,2\n");
    folder.run("run --set sinks.lines.path=out/{each.kind}/{each.id}.ndjson").assert_complete();
    assert_eq!(folder.names_in("out"), ["1", "2"]);
    assert_eq!(folder.names_in("out/1"), ["..c.ndjson", "a%2F..%2Fb.ndjson"]);
    assert_eq!(folder.read("out/2/d%3A%C3%A9.ndjson"), "\"d:%C3%A9\"\n");

    folder.run("run --set sinks.lines.path=ids/{each.kind}-{partition}.ndjson").assert_complete();
    assert_eq!(folder.names_in("ids"), ["1-0.ndjson", "1-1.ndjson", "2-2.ndjson"]);
    folder.run("run --set sinks.lines.path=out/{each.kind}.ndjson").assert_failed(
        2,
        "error: `sinks.lines.path`: two records of `FOLDER/ids.csv` would write to the same file, \
         `FOLDER/out/1.ndjson`\n  in: --set sinks.lines.path\n\
         hint: put a placeholder in the path whose values differ, or leave them all out\n",
    );
    // A number and a text with the same digits, or the same text written in two ways, have the same file name.
    let twice = |first: &str, second: &str| {
        format!("{{\"id\":{first},\"kind\":1}}\n{{\"id\":{second},\"kind\":2}}\n")
    };
    for ids in [twice("1", "\"1\""), twice("\"1\"", "\"\\u0031\"")] {
        let folder = Folder::configured(&[&api::connection(&api::root(&server)), stream, LINES].concat())
            .with("ids.ndjson", ids);
        folder
            .run("run --set streams.x.each.file=ids.ndjson --set sinks.lines.path=out/{each.id}.ndjson")
            .assert_failed(
                2,
                "error: `sinks.lines.path`: two records of `FOLDER/ids.ndjson` would write to the same file, \
                 `FOLDER/out/1.ndjson`\n  in: --set sinks.lines.path\n\
                 hint: put a placeholder in the path whose values differ, or leave them all out\n",
            );
    }
    folder.run("run --set sinks.lines.path=out/{each.ids}.ndjson").assert_failed(
        2,
        "error: cannot set up the sink `lines`\n  in: --set sinks.lines.path\n  \
         caused by: `{each.ids}` is not a known placeholder (did you mean `each.id`?)\n",
    );
}
