//! The layers of the configuration.

use crate::{
    api::{self, without_faults},
    folder::Folder,
};

/// The lines of `longhaul config` about these keys.
fn shown(listing: &str, keys: &[&str]) -> Vec<String> {
    let wanted = |line: &&str| keys.iter().any(|key| line.starts_with(&format!("{key} = ")));
    listing.lines().filter(wanted).map(str::to_owned).collect()
}

#[test]
fn each_layer_overrides_those_below_and_origins_are_shown() {
    let user =
        "[api]\ntimeout = \"1s\"\nidle_timeout = \"1s\"\nmax_time = \"1s\"\nconnect_timeout = \"1s\"\n";
    let working = "[api]\nbase_url = \"https://api.example.com\"\nidle_timeout = \"2s\"\nmax_time = \"2s\"\n\
                   connect_timeout = \"2s\"\n[auth]\ntype = \"none\"\n";
    let folder = Folder::configured(working).with("user/.config/longhaul/config.toml", user);
    let command = |line: &str| {
        folder
            .longhaul(line)
            .variable("HOME", folder.path("user"))
            .variable("LONGHAUL_API__MAX_TIME", "3s")
            .variable("LONGHAUL_API__CONNECT_TIMEOUT", "3s")
    };
    let keys =
        ["api.timeout", "api.idle_timeout", "api.max_time", "api.connect_timeout", "retry.max_attempts"];
    let ended = command("config --set api.connect_timeout=4s").run();
    let listing = ended.assert_complete().stable_stdout();
    let mut lines = shown(&listing, &keys);
    lines.sort();
    assert_eq!(
        lines,
        [
            "api.connect_timeout = \"4s\"  # --set api.connect_timeout",
            "api.idle_timeout = \"2s\"  # longhaul.toml:3",
            "api.max_time = \"3s\"  # environment variable LONGHAUL_API__MAX_TIME",
            "api.timeout = \"1s\"  # FOLDER/user/.config/longhaul/config.toml:2",
            "retry.max_attempts = 6  # default",
        ]
    );
}

#[test]
fn named_files_replace_the_one_in_the_folder_and_the_last_wins() {
    let folder = Folder::configured("this is not read")
        .with(
            "a.toml",
            "[api]\nbase_url = \"https://a.example\"\ntimeout = \"1s\"\n[auth]\ntype = \"none\"\n",
        )
        .with("b.yaml", "api:\n  base_url: https://b.example\n");
    let ended = folder.run("config -c a.toml -c b.yaml");
    assert_eq!(
        shown(&ended.assert_complete().stdout, &["api.base_url", "api.timeout"]),
        ["api.base_url = \"https://b.example\"  # b.yaml:2", "api.timeout = \"1s\"  # a.toml:3"]
    );
}

#[test]
fn a_run_can_be_configured_without_any_file() {
    let settings = without_faults(30);
    let api = api::start(&settings);
    let ended = Folder::empty()
        .longhaul("run --set streams.conversations.pages.type=next_url")
        .argument("--set=streams.conversations.pages.next=/nextPageUri")
        .argument("--set=streams.conversations.body={ pageSize = 10 }")
        .variable("LONGHAUL_API__BASE_URL", api.base_url())
        .variable("LONGHAUL_AUTH__TYPE", "client_credentials")
        .variable("LONGHAUL_AUTH__TOKEN_URL", api.token_url())
        .variable("LONGHAUL_AUTH__CLIENT_ID", api::CLIENT_ID)
        .variable("LONGHAUL_AUTH__CLIENT_SECRET", api::CLIENT_SECRET)
        .variable("LONGHAUL_STREAMS__CONVERSATIONS__METHOD", "POST")
        .variable("LONGHAUL_STREAMS__CONVERSATIONS__PATH", "/api/v2/tutorial/conversations")
        .variable("LONGHAUL_STREAMS__CONVERSATIONS__RECORDS", "/results")
        .run();
    assert!(ended.assert_complete().stdout == api::lines(&settings), "the records differ");
}

#[test]
fn an_unknown_variable_is_an_error_if_it_looks_like_a_key() {
    let folder = Folder::configured("[api]\nbase_url = \"https://a.example\"\n[auth]\ntype = \"none\"\n");
    folder.longhaul("config").variable("LONGHAUL_API__TIMOUT", "1s").run().assert_failed(
        2,
        "error: the environment variable `LONGHAUL_API__TIMOUT` is not a key (did you mean `TIMEOUT`?)\n  \
         in: environment variable LONGHAUL_API__TIMOUT\n",
    );
    let ended = folder.longhaul("config").variable("LONGHAUL_SERVICE_HOST", "10.0.0.1").run();
    assert_eq!(
        ended.assert_complete().stable_stderr(),
        "warn  ignoring the environment variable `LONGHAUL_SERVICE_HOST`, which is not a key\n"
    );
}
