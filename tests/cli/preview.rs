//! `longhaul preview`.

use longhaul_tests::Reply;

use crate::{
    api::{self, reach, without_faults},
    folder::Folder,
};

const PAGE: &str = r#"{"results":[{"id":1.10,"a":{"b":"x\u001b\n"},"list":[{"k":1},{"k":"2"}]},{"id":2,"a.b":null}],"nextPageUri":"?page=2"}"#;

fn served() -> (Folder, longhaul_tests::FaultServer) {
    let server = api::server(|request| match request.url.query() {
        None => Reply::json(PAGE).into(),
        Some(_) => Reply::status(500).into(),
    });
    (Folder::configured(&api::tutorial(&api::root(&server))), server)
}

#[test]
fn one_page_is_a_table_and_nothing_is_saved() {
    let (folder, _server) = served();
    let ended = folder.run("preview conversations");
    assert_eq!(
        ended.assert_complete().stdout,
        "id    a.b        list                 /a.b\n\
         ----  ---------  -------------------  ----\n\
         1.10  x\\u{1b}\\n  [{\"k\":1},{\"k\":\"2\"}]\n\
         2\n"
    );
    assert_eq!(ended.stable_stderr(), "conversations: 2 records on the first page\n");
    assert_eq!(folder.names_in("."), ["longhaul.toml"]);
}

#[test]
fn one_page_is_ndjson_or_csv_on_request() {
    let (folder, _server) = served();
    let shown = |format: &str| folder.run(&format!("preview conversations -q --format {format}"));
    let lines = PAGE.strip_prefix(r#"{"results":["#).unwrap().split(r#"],"next"#).next().unwrap();
    assert_eq!(shown("ndjson").stdout, lines.replace("},{\"id\"", "}\n{\"id\"") + "\n");
    let csv = shown("csv");
    assert_eq!(
        csv.stdout,
        "id,a.b,list,/a.b\r\n1.10,\"x\u{1b}\n\",\"[{\"\"k\"\":1},{\"\"k\"\":\"\"2\"\"}]\",\r\n2,,,\r\n"
    );
    assert_eq!(csv.stderr, "");
}

#[test]
fn every_pointer_is_listed_as_a_table_to_paste() {
    let (folder, _server) = served();
    let ended = folder.run("preview conversations --columns");
    let listed = r#"# Add this to the configuration. A sink uses it with `columns = "stream"`.
[streams.conversations.table]
columns = [
  "/id",                           # a number, all 2
  # "/a",                          # an object, 1 of 2
  "/a/b",                          # text, 1 of 2
  "/list",                         # an array, 1 of 2
  { name = "/a.b", at = "/a.b" },  # null, 1 of 2
]

# Or 2 rows. A pointer with `^` starts at the record:
# rows = "/list/*"
# columns = [
#   "^/id",  # of the record
#   "/k",  # a number or text, all 2
# ]
"#;
    assert_eq!(ended.assert_complete().stdout, listed);
}

/// What is printed is part of a configuration as it is: the table of the records, and each of the alternatives.
#[test]
fn the_pasted_tables_can_be_pulled_and_joined() {
    let api = api::start(&without_faults(20));
    let configuration = api::tutorial(api.base_url())
        + "[sinks.table]\ntype = \"csv\"\npath = \"table.csv\"\ncolumns = \"stream\"\n";
    let folder = Folder::configured(&configuration);
    let listed = folder.run("preview conversations --columns -q").assert_complete().stdout.clone();
    let pull = |pasted: &str| {
        let folder = Folder::configured(&(configuration.clone() + pasted));
        folder.run("run --sink table").assert_complete();
        let mut table = csv::Reader::from_path(folder.path("table.csv")).unwrap();
        let ids = table.records().map(|row| row.unwrap()[0].to_owned()).collect::<Vec<_>>();
        (table.headers().unwrap()[0].to_owned(), ids)
    };
    let (name, ids) = pull(&listed);
    assert_eq!((name.as_str(), ids.len()), ("conversationId", 20));
    let alternatives: Vec<_> = listed.split("\n# Or ").skip(1).collect();
    assert!(alternatives.len() > 3, "{listed}");
    for alternative in alternatives {
        let (_, table) = alternative.split_once('\n').unwrap();
        let table = table.lines().map(|line| line.strip_prefix("# ").unwrap_or(line)).collect::<Vec<_>>();
        let (name, of_rows) = pull(&format!("[streams.conversations.table]\n{}\n", table.join("\n")));
        assert_eq!(name, "conversationId");
        assert!(!of_rows.is_empty() && of_rows.iter().all(|id| ids.contains(id)), "{alternative}");
    }
}

#[test]
fn the_streams_own_table_is_shown() {
    let api = api::start(&without_faults(10));
    let folder = Folder::configured("system = \"genesys\"\nregion = \"mypurecloud.de\"\n");
    let ended = reach(&api, folder.longhaul("preview users --format csv")).run();
    let first = "id,name,email,username,state,title,department,division,divisionId";
    assert_eq!(ended.assert_complete().stdout.lines().next(), Some(first));
    let ended = reach(&api, folder.longhaul("preview users")).run();
    let printed = ended.assert_complete().stdout.lines().last().unwrap();
    assert_eq!(printed, "(2 of 9 columns not shown; --format csv shows all)");
    let window = "--set streams.conversations.window.from=2026-01-01";
    let ended = reach(&api, folder.longhaul(&format!("preview conversations --columns {window}"))).run();
    let segments = "# rows = \"/participants/*/sessions/*/segments/*\"\n";
    assert!(ended.assert_complete().stdout.contains(segments), "{}", ended.stdout);
}

#[test]
fn a_preview_that_cannot_be_shown_is_an_error() {
    let (folder, _server) = served();
    folder.run("preview conversation").assert_failed(
        2,
        "error: unknown stream `conversation` (did you mean `conversations`?)\n\
         hint: longhaul streams lists the configured streams\n",
    );
    let server = api::server(|_| Reply::json(r#"{"results":[7,{"a":1}]}"#).into());
    let table = "[streams.conversations.table]\ncolumns = [\"/a\"]\n";
    let folder = Folder::configured(&(api::tutorial(&api::root(&server)) + table));
    folder.run("preview conversations").assert_failed(
        5,
        "error: record 1 of the page is a number, not an object; to keep it as a whole, add a column with `at = \"\"`\n\
         hint: use --format ndjson to see the records as they are\n",
    );
    assert_eq!(
        folder.run("preview conversations --columns").assert_complete().stdout,
        "# Add this to the configuration. A sink uses it with `columns = \"stream\"`.\n[streams.conversations.table]\ncolumns \
         = [\n  { name = \"value\", at = \"\" },  # a number, 1 of 2\n  \"/a\",                         # a number, 1 of 2\n]\n"
    );
    let server = api::server(|_| Reply::json(r#"{"results":[]}"#).into());
    let folder = Folder::configured(&api::tutorial(&api::root(&server)));
    assert_eq!(
        folder.run("preview conversations --columns").assert_complete().stdout,
        "# There is no record, so there are no columns.\n"
    );
    for format in ["table", "csv", "ndjson"] {
        let ended = folder.run(&format!("preview conversations --format {format}"));
        assert_eq!(ended.assert_complete().stdout, "");
        assert_eq!(ended.stable_stderr(), "conversations: 0 records on the first page\n");
    }
}

#[test]
fn a_preview_of_a_stream_with_nothing_new_says_so() {
    let server = api::server(|_| Reply::json(r#"{"date":"2025-12-31T00:00:00Z"}"#).into());
    let window = "[streams.conversations.query]\nday = \"{window.start}\"\n[streams.conversations.window]\n\
                  from = \"2026-01-01\"\navailable = { path = \"/until\", at = \"/date\" }\n";
    let folder = Folder::configured(&(api::tutorial(&api::root(&server)) + window));
    let ended = folder.run("preview conversations");
    assert_eq!(ended.assert_complete().stdout, "");
    assert_eq!(ended.stable_stderr(), "conversations: nothing new to pull\n");
}
