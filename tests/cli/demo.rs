//! `longhaul demo`.

use crate::{api, folder::Folder};

#[test]
fn the_demo_pulls_everything_and_lists_the_faults() {
    let folder = Folder::empty();
    let ended = folder.run("demo --records 1000 --faults 0.6 --seed 3");
    let printed = ended.assert_complete().stable_stdout();
    assert!(
        printed.starts_with(
            "\ncomplete: 1,000 records arrived exactly once, byte for byte as served\n\n  pages      10\n"
        ),
        "{printed}"
    );
    for words in [
        "\n  requests   ",
        "\n  tokens     ",
        "\n  recovered  ",
        "\n\nfiles:\n  longhaul-demo/longhaul.toml\n  longhaul-demo/conversations.ndjson\n  \
         longhaul-demo/conversations.csv\n",
        "\nfirst record:\n{\"conversationId\":\"",
    ] {
        assert!(printed.contains(words), "{words} is not in {printed}");
    }
    assert!(!printed.contains("no faults"), "{printed}");
    assert!(
        ended.stderr.contains(" warn  the server answered 200 OK: `overloaded`: Try again."),
        "{}",
        ended.stderr
    );
    assert!(ended.stable_stderr().starts_with(
        "fake API listening on http://127.0.0.1:PORT: tokens expire after 3 s, 60 % of requests meet a fault\n"
    ));
    assert_eq!(folder.read("longhaul-demo/conversations.ndjson").lines().count(), 1000);
    assert_eq!(folder.read("longhaul-demo/conversations.csv").lines().count(), 1001);
}

#[test]
fn the_demo_ignores_the_rest_of_the_configuration() {
    let folder = Folder::configured("this is no configuration");
    let demo = folder.longhaul("demo --records 100 --faults 0 -q --out here");
    let ended = demo.variable("LONGHAUL_API__BASE_URL", "https://elsewhere.example").run();
    assert!(ended.assert_complete().stdout.contains("\n  recovered  no faults\n"));
    assert_eq!(ended.stderr, "");
    assert_eq!(
        folder.names_in("here"),
        [".longhaul", "conversations.csv", "conversations.ndjson", "longhaul.toml"]
    );
}

#[cfg(unix)]
#[test]
fn the_api_of_the_demo_serves_until_it_is_stopped() {
    let folder = Folder::empty();
    let mut demo = folder.longhaul("demo --serve --records 250 --faults 0.3 --start 2026-01-01").start();
    let configuration = demo.stdout_until("#     run conversations --last 3d --out conversations.csv");
    let (_, preset) = configuration.split_once("#   longhaul ").unwrap();
    let command = preset.replace("\\\n#", "").replace("--last 3d", "--from 2026-01-01 --to 2026-01-08");
    let credentials = longhaul_demo::Settings::default();
    assert!(configuration.contains(&format!(
        "#   export GENESYS_CLIENT_ID={} GENESYS_CLIENT_SECRET={}\n",
        credentials.client_id, credentials.client_secret
    )));
    let ended = Folder::empty()
        .longhaul(command.trim())
        .variable("GENESYS_CLIENT_ID", &credentials.client_id)
        .variable("GENESYS_CLIENT_SECRET", &credentials.client_secret)
        .variable("LONGHAUL_RETRY__BASE_DELAY", "1ms")
        .run();
    assert!(
        ended.assert_complete().stderr.contains("conversations: complete, 250 records in "),
        "{}",
        ended.stderr
    );
    let folder = folder.with("longhaul.toml", configuration);
    let ended = folder.run("run");
    assert!(
        ended.assert_complete().stable_stderr().ends_with(
            "conversations: complete, 250 records in 3 pages, TIME -> FOLDER/conversations.ndjson, \
             FOLDER/conversations.csv\n"
        ),
        "{}",
        ended.stderr
    );
    let served = longhaul_demo::Settings { records: 250, ..longhaul_demo::Settings::default() };
    assert!(folder.read("conversations.ndjson") == api::lines(&served), "the records differ");
    demo.signal("INT");
    let ended = demo.end();
    let stderr = "error: the API was stopped\nhint: start it again: longhaul demo --serve\n";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(130), stderr));
}

#[cfg(unix)]
#[test]
fn the_data_of_the_demo_is_from_the_last_days() {
    let folder = Folder::empty();
    let mut demo = folder.longhaul("demo --serve --records 700 --faults 0 --token-life 3600").start();
    let configuration = demo.stdout_until("]");
    let job = r#"
[streams.started]
method = "POST"
path = "/api/v2/analytics/conversations/details/query"
body = { interval = "{window.start}/{window.end}", paging = { pageSize = 100, pageNumber = 1 } }
records = "/conversations"
records_missing = "empty"
pages = { type = "page_number", param = "/paging/pageNumber", size_param = "/paging/pageSize", size = 100 }
sinks = ["ndjson"]
window = { from = "now-8d/d", to = "now/d" }
"#;
    let folder = folder.with("longhaul.toml", configuration + job);
    let ended = folder.run("run started");
    ended.assert_complete();
    // The eighth day is for a midnight between the two commands.
    assert_eq!(folder.read("started.ndjson").lines().count(), 700);
    demo.signal("INT");
    demo.end();
}

#[test]
fn a_folder_that_cannot_be_written_to_is_an_error() {
    let ended = Folder::empty().with("out", "a file").run("demo --out out");
    assert_eq!(ended.code, Some(5));
    let error = "error: cannot write to the folder `out`: File exists (os error N)\n\
                 hint: choose another folder with --out\n";
    assert_eq!(ended.last_error(), error);
}

#[test]
fn a_port_in_use_is_an_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let ended = Folder::empty().run(&format!("demo --port {port}"));
    ended.assert_failed(
        2,
        &format!(
            "error: cannot listen on port {port}: Address already in use (os error N)\n\
             hint: choose another --port, or omit it to use any free port\n"
        ),
    );
}
