//! The commands other than `run` and `demo`.

use std::{
    fs,
    sync::atomic::{AtomicU64, Ordering},
};

use longhaul_tests::{FaultServer, Reply};

use crate::{
    api::{self, CLIENT_SECRET, without_faults},
    folder::Folder,
};

#[test]
fn check_tries_everything_and_writes_nothing() {
    let api = api::start(&without_faults(120));
    let users = "[streams.users]\npath = \"/api/v2/users\"\nrecords = \"/entities\"\n\
                 pages = { type = \"next_url\", next = \"/nextUri\" }\n";
    let folder = Folder::configured(&(api::tutorial(api.base_url()) + users));
    let ended = folder.run("check");
    assert_eq!(
        ended.assert_complete().stdout,
        "configuration: ok\ntoken: ok\nstream conversations: ok, 50 records on the first page, 50 records on the second\n\
         stream users: ok, 25 records on the first page, 25 records on the second\n"
    );
    assert_eq!(ended.stderr, "");
    assert_eq!(folder.names_in("."), ["longhaul.toml"]);
    assert_eq!(api.stats().total_requests(), 5);
    let ended = folder.run("check users");
    let one = "configuration: ok\ntoken: ok\nstream users: ok, 25 records on the first page, 25 records on the second\n";
    assert_eq!(ended.assert_complete().stdout, one);
}

#[test]
fn config_shows_every_value_and_no_secret() {
    let folder = Folder::configured(&api::tutorial("http://127.0.0.1:1"));
    let ended = folder.run("config");
    ended.assert_complete().assert_hides(CLIENT_SECRET);
    for line in [
        "api.base_url = \"http://127.0.0.1:PORT\"  # longhaul.toml:2",
        "auth.client_secret = \"***\"  # longhaul.toml:8",
        "auth.refresh_ahead = \"5m\"  # default",
        "streams.conversations.pages.next = \"/nextPageUri\"  # longhaul.toml:18",
        "sinks.lines.path = \"out/{stream}.ndjson\"  # longhaul.toml:23",
    ] {
        assert!(
            ended.stable_stdout().lines().any(|shown| shown == line),
            "{line} is not in {}",
            ended.stdout
        );
    }
}

#[test]
fn sinks_lists_all_sinks_with_or_without_a_configuration() {
    let listing = "csv\n  a CSV file or object with one row per record, or per part of a record\n  options: path, mode, compression, compression_level, columns, rows, rows_optional, arrays, formulas, \
                   delimiter, bom, line_end, max_rows\n  built in\n\
                   ndjson\n  a file or object with one JSON record per line, as the server wrote it\n  options: path, mode, compression, compression_level\n  built in\n\
                   singer\n  any Singer target: at least once, or exactly once if it updates records by `key`\n  options: command, timeout, spool, resume, key, columns\n  built in\n\
                   stdout\n  standard output, as NDJSON, CSV or messages of Singer\n  options: format, columns, rows, rows_optional, arrays, formulas, \
                   delimiter, bom, line_end, key\n  built in\n";
    for folder in [Folder::empty(), Folder::configured(&api::tutorial("http://127.0.0.1:1"))] {
        let ended = folder.run("sinks");
        // A build of a plugin puts its library next to the executable, where longhaul also looks for plugins.
        let (built_in, beside) = ended.assert_complete().stdout.split_at(listing.len());
        assert_eq!(built_in, listing);
        assert!(beside.is_empty() || beside.contains("\n  plugin "), "{beside}");
        assert_eq!(ended.stderr, "");
    }
}

#[test]
fn streams_lists_the_configured_streams() {
    let users = "[streams.users]\npath = \"/api/v2/users\"\n";
    let folder = Folder::configured(&(api::tutorial("http://127.0.0.1:1") + users));
    assert_eq!(
        folder.run("streams").assert_complete().stdout,
        "conversations\n  POST /api/v2/tutorial/conversations\n  pages: next_url\n  sinks: lines\n\
         users\n  GET /api/v2/users\n  pages: single\n  sinks: stdout\n"
    );
}

#[test]
fn token_prints_a_token_and_nothing_else() {
    let api = api::start(&without_faults(1));
    let folder = Folder::configured(&api::connection(api.base_url()));
    let ended = folder.run("token");
    let token = ended.assert_complete().stdout.trim_end().to_owned();
    assert_eq!((ended.stdout.lines().count(), ended.stderr.as_str()), (1, ""));
    // The API accepts the token.
    let fixed = format!(
        "[api]\nbase_url = \"{}\"\n[auth]\ntype = \"token\"\ntoken = \"{token}\"\n\
         [streams.users]\npath = \"/api/v2/users\"\nrecords = \"/entities\"\npages.type = \"single\"\n",
        api.base_url()
    );
    let ended = Folder::configured(&fixed).run("run");
    assert_eq!(ended.assert_complete().stdout.lines().count(), 25);
    assert_eq!(api.stats().tokens_issued, 1);
}

#[test]
fn token_without_authentication_is_an_error() {
    let folder = Folder::configured("[api]\nbase_url = \"https://a.example\"\n[auth]\ntype = \"none\"\n");
    folder
        .run("token")
        .assert_failed(2, "error: there is no token: `auth.type` is `none`\n  in: longhaul.toml:4\n");
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ended = Folder::empty().run(&format!("completions {shell}"));
        assert!(ended.assert_complete().stdout.contains("longhaul"), "{shell}");
        assert_eq!(ended.stderr, "");
    }
}

#[test]
fn schema_prints_the_file_that_is_published() {
    let ended = Folder::empty().run("schema");
    let published = concat!(env!("CARGO_MANIFEST_DIR"), "/longhaul.schema.json");
    assert_eq!(ended.assert_complete().stdout, fs::read_to_string(published).unwrap());
    assert_eq!(ended.stderr, "");
}

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let ended = Folder::empty().run("--help");
    let help = &ended.assert_complete().stdout;
    for word in [
        "run",
        "init",
        "demo",
        "check",
        "config",
        "schema",
        "sinks",
        "new-sink",
        "streams",
        "token",
        "completions",
    ] {
        assert!(
            help.lines().any(|line| line.trim_start().starts_with(&format!("{word} "))),
            "{word}: {help}"
        );
    }
    assert!(help.contains("Exit codes: 0 complete, 1 internal error, 2 usage or configuration"), "{help}");
}

#[test]
fn the_version_is_that_of_the_package() {
    let ended = Folder::empty().run("--version");
    assert_eq!(ended.assert_complete().stdout, format!("longhaul {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn without_a_network_or_credentials_the_configuration_is_checked() {
    let configuration =
        api::tutorial("http://127.0.0.1:1").replace(&format!("\"{CLIENT_SECRET}\""), "{ env = \"NOT_SET\" }");
    let folder = Folder::configured(&configuration);
    let ended = folder.run("check --offline");
    assert_eq!(ended.assert_complete().stdout, "configuration: ok\n");
    for command in ["config", "streams", "status", "schema"] {
        folder.run(command).assert_complete();
    }
    folder.run("check").assert_failed(
        2,
        "error: `auth.client_secret`: the environment variable `NOT_SET` is not set\n  in: longhaul.toml:8\n",
    );
    let folder = folder
        .with("longhaul.toml", configuration.replace("type = \"ndjson\"", "type = \"ndjson\"\nmood = 1"));
    assert_eq!(folder.run("check --offline").code, Some(2));
}

#[test]
fn without_the_credentials_of_a_preset_nothing_is_sent() {
    let folder = Folder::configured("system = 'genesys'\nregion = 'us-west-2'\n[streams.users]\n");
    for command in ["config", "streams", "status", "check --offline"] {
        let ended = folder.run(command);
        ended.assert_complete();
        let warnings = "warn  `auth.client_id` is missing\nwarn  `auth.client_secret` is missing\n";
        assert_eq!(ended.stable_stderr(), warnings, "{command}");
    }
    assert_eq!(folder.run("check").code, Some(2));
    assert_eq!(folder.run("run").code, Some(2));
}

#[test]
fn without_private_keys_the_configuration_is_checked() {
    let configuration = "[api]\nbase_url = 'https://api.example.com'\nclient_cert = 'me.pem'\n\
                         client_key = { file = 'me.key' }\n[auth]\ntype = 'jwt_bearer'\n\
                         token_url = 'https://login.example.com/token'\nclient_id = 'me'\n\
                         private_key = { file = 'key.pem' }\n[streams.orders]\npath = '/orders'\n";
    let ended = Folder::configured(configuration).run("check --offline");
    assert_eq!(ended.assert_complete().stdout, "configuration: ok\n");
}

#[test]
fn a_command_works_as_if_started_in_another_folder() {
    let api = api::start(&without_faults(3));
    let inner = Folder::configured(&api::tutorial(api.base_url()));
    let outer = Folder::empty();
    let place = inner.path(".");
    let ended = outer.longhaul("-C").argument(&place).argument("status").run();
    assert_eq!(ended.assert_complete().stdout, "conversations: never run\n");
    let error = "error: cannot enter the folder `missing`: No such file or directory (os error N)\n\
                 hint: check the path after -C\n";
    outer.run("-C missing status").assert_failed(2, error);
}

/// A folder with a stream of these pages, and a server that answers the request with this number.
fn cursors(pages: &str, answer: impl Fn(u64) -> String + Send + Sync + 'static) -> (Folder, FaultServer) {
    let count = AtomicU64::new(0);
    let server = api::server(move |_| Reply::json(answer(count.fetch_add(1, Ordering::SeqCst))).into());
    let stream =
        format!("[streams.events]\npath = \"/events\"\nrecords = \"/data\"\npages = {{ {pages} }}\n");
    (Folder::configured(&(api::connection(&api::root(&server)) + &stream)), server)
}

/// `check` and `run` find this at the page that `which` names.
#[track_caller]
fn assert_not_checked(which: &str, cause: &str, (folder, server): (Folder, FaultServer)) {
    folder
        .run("check")
        .assert_failed(4, &format!("error: could not fetch the {which} page of `events`\n  {cause}"));
    assert_eq!(server.received().len(), 3, "a token and two pages");
    let ended = folder.run("run");
    assert_eq!(ended.code, Some(4));
    assert_eq!(ended.last_error(), format!("error: the stream `events` is not complete\n  {cause}"));
}

#[test]
fn check_finds_a_second_page_that_leads_to_itself() {
    let pages = "type = \"cursor\", param = \"cursor\", cursor = \"/next\"";
    assert_not_checked(
        "third",
        "caused by: after 2 pages the API points to a page that was already fetched\n\
         hint: the next links of the API form a loop; check `streams.events.pages`, or report the loop to the API's \
         operator\n",
        cursors(pages, |number| format!(r#"{{"data":[{number}],"next":"abc"}}"#)),
    );
}

/// An API that ignores the cursor sends the first page again and again, often with another cursor each time.
#[test]
fn check_finds_a_cursor_that_the_api_ignores() {
    let answer = |number| format!(r#"{{"data":[{{"id":1}},{{"id":2}}],"next":"/events?c={number}"}}"#);
    let same = "caused by: pages 1 and 2 have the same records\nhint: ";
    assert_not_checked(
        "second",
        &format!(
            "{same}the API seems to ignore the cursor: check the name in `streams.events.pages.param`, and whether it \
             belongs in the query or the body; if pages may be alike, set `identical_pages = true` there\n"
        ),
        cursors("type = \"cursor\", param = \"curser\", cursor = \"/next\"", answer),
    );
    assert_not_checked(
        "second",
        &format!(
            "{same}the next links of the API seem to lead to one page again and again: report it to the API's operator; \
             if pages may be alike, set `streams.events.pages.identical_pages = true`\n"
        ),
        cursors("type = \"next_url\", next = \"/next\"", answer),
    );
    let pages = "type = \"cursor\", param = \"cursor\", cursor = \"/next\", identical_pages = true";
    let (folder, _server) = cursors(pages, answer);
    folder.run("check").assert_complete();
}
