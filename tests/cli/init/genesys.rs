//! `longhaul init genesys`.

use std::{fs::File, process::Stdio};

use longhaul_demo::FakeApi;

use crate::{
    api::{self, CLIENT_ID, CLIENT_SECRET, without_faults},
    command_output::CommandOutput,
    folder::Folder,
};

/// Runs `init genesys` with these answers, one per line.
fn init(folder: &Folder, api: &FakeApi, answers: &str, secret: &str) -> CommandOutput {
    std::fs::write(folder.path("answers"), answers).unwrap();
    let input = File::open(folder.path("answers")).unwrap();
    let command = folder.longhaul("init genesys").stdin(Stdio::from(input));
    let command = command.variable("LONGHAUL_API__BASE_URL", api.base_url());
    let command = command.variable("LONGHAUL_AUTH__TOKEN_URL", api.token_url());
    let command = command.variable("LONGHAUL_RETRY__BASE_DELAY", "1ms");
    let ended = command.variable("GENESYS_CLIENT_SECRET", secret).run();
    std::fs::remove_file(folder.path("answers")).unwrap();
    ended
}

const QUESTIONS: &str = "Region, such as us-west-2, or its domain, such as mypurecloud.de: \n\
                         Id of an OAuth client of the type Client Credentials: \n\
                         Streams, separated by commas; ? lists them [conversations, users]: \n\
                         From, such as 2026-01-01 or now-7d/d [now-7d/d]: \n\
                         To, excluding this time [now/d]: \n";

#[test]
fn the_answers_are_tried_and_written() {
    let (folder, api) = (Folder::empty(), api::start(&without_faults(1750)));
    let answers = format!("EU-Central-1\n{CLIENT_ID}\n\n2026-01-02\n2026-01-04\n");
    let ended = init(&folder, &api, &answers, CLIENT_SECRET);
    assert_eq!(ended.assert_complete().stderr, QUESTIONS);
    assert_eq!(
        ended.stdout,
        "configuration: ok\ntoken: ok\n\
         stream conversations: ok, 100 records on the first page, 100 records on the second\n\
         stream users: ok, 120 records on the only page\n\
         wrote longhaul.toml\n\nnext:\n  longhaul streams\n  longhaul run\n"
    );
    assert_eq!(folder.names_in("."), ["longhaul.toml"]);
    assert_eq!(
        folder.read("longhaul.toml"),
        format!(
            r#"# Written by `longhaul init genesys`. The secret of the client is in the environment variable
# GENESYS_CLIENT_SECRET, not in this file.
system = "genesys"
region = "eu-central-1"

[auth]
client_id = "{CLIENT_ID}"

# conversations with their participants, sessions and segments, by query
[streams.conversations]
# `to` is not included.
window = {{ from = "2026-01-02", to = "2026-01-04" }}
sinks = ["lines"]

# users, also inactive and deleted ones
[streams.users]
sinks = ["lines"]

# One record per line, as the server wrote it.
[sinks.lines]
type = "ndjson"
path = "out/{{stream}}.ndjson"
"#
        )
    );
    api::reach(&api, folder.longhaul("run")).run().assert_complete();
    assert_eq!(folder.read("out/conversations.ndjson").lines().count(), 500);
    assert_eq!(folder.read("out/users.ndjson").lines().count(), 120);
}

#[test]
fn wrong_answers_are_asked_again() {
    let (folder, api) = (Folder::empty(), api::start(&without_faults(1)));
    let answers = format!("us-west-1\nmypurecloud.de\n{CLIENT_ID}\nuser\n?\nusers, queues\n");
    let ended = init(&folder, &api, &answers, CLIENT_SECRET);
    let stderr = &ended.assert_complete().stderr;
    for line in ["unknown stream `user` (did you mean `users`?)", "  queue_members: "] {
        assert!(stderr.lines().any(|shown| shown.starts_with(line)), "{line} is not in {stderr}");
    }
    assert!(stderr.contains("`region`: unknown region `us-west-1`"), "{stderr}");
    let written = folder.read("longhaul.toml");
    assert!(
        written.contains("region = \"mypurecloud.de\"\n") && written.contains("[streams.queues]\n"),
        "{written}"
    );
    assert!(!written.contains("window"), "{written}");
    let (folder, answers) =
        (Folder::empty(), format!("us-west-2\n{CLIENT_ID}\n\nyesterday-ish\nnow-1d/d\nnow/d\n"));
    let ended = init(&folder, &api, &answers, CLIENT_SECRET);
    assert!(ended.stderr.contains("`yesterday-ish` is not a time such as"), "{}", ended.stderr);
}

#[test]
fn if_the_check_fails_the_file_is_written_only_if_that_is_confirmed() {
    let api = api::start(&without_faults(1));
    let answers = format!("us-west-2\n{CLIENT_ID}\nusers\n");
    let question = "The check failed. Write longhaul.toml anyway, yes or no [no]: \n";
    for (confirmed, names) in [("", &[][..]), ("no\n", &[]), ("yes\n", &["longhaul.toml"])] {
        let folder = Folder::empty();
        let ended = init(&folder, &api, &format!("{answers}{confirmed}"), "wr0ng");
        ended.assert_hides("wr0ng");
        assert!(
            ended.stderr.contains("error: the token endpoint refused to issue a token\n"),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains(question), "{}", ended.stderr);
        assert_eq!(folder.names_in("."), names);
        if names.is_empty() {
            assert_eq!(ended.code, Some(3));
            let error = "error: `longhaul.toml` was not written, because the check failed\n\
                         hint: fix the problem, and run init again\n";
            assert_eq!(ended.last_error(), error);
        } else {
            ended.assert_complete();
        }
    }
}

#[test]
fn what_variables_hold_is_not_asked() {
    let (folder, api) = (Folder::empty(), api::start(&without_faults(1)));
    std::fs::write(folder.path("answers"), "users\n").unwrap();
    let input = File::open(folder.path("answers")).unwrap();
    let command = api::reach(&api, folder.longhaul("init genesys").stdin(Stdio::from(input)));
    let ended = command.variable("GENESYS_REGION", "us-east-1").run();
    assert_eq!(
        ended.assert_complete().stderr,
        "Region: from GENESYS_REGION\nId of the OAuth client: from GENESYS_CLIENT_ID\n\
         Streams, separated by commas; ? lists them [conversations, users]: \n"
    );
    let written = folder.read("longhaul.toml");
    assert!(!written.contains("region") && !written.contains("client_id"), "{written}");
}

#[test]
fn what_cannot_be_asked_is_an_error() {
    let folder = Folder::empty();
    folder.run("init genesys").assert_failed(
        2,
        "error: the environment variable `GENESYS_CLIENT_SECRET` is not set\n\
         hint: put the secret of the OAuth client into it; init does not ask for secrets\n",
    );
    let ended = folder.longhaul("init genesys").variable("GENESYS_CLIENT_SECRET", CLIENT_SECRET).run();
    ended.assert_failed(
        2,
        "Region, such as us-west-2, or its domain, such as mypurecloud.de: \n\
         error: the input ended before all questions were answered\nhint: answer each question on a line of its own\n",
    );
    folder.run("init genesys --stream users").assert_failed(
        2,
        "error: init genesys takes no options: it asks what to pull\nhint: the options are for init URL\n",
    );
    assert_eq!(folder.names_in("."), [""; 0]);
}
