//! Secrets reach the server unchanged, and nothing else shows them.

use longhaul_demo::Settings;

use crate::{
    api::{self, without_faults},
    folder::Folder,
};

const AWKWARD: [&str; 16] = [
    "007",
    "1.10",
    "true",
    "[a,b]",
    "{a=1}",
    "\"quoted\"",
    "'quoted'",
    "a \"b\" 'c'",
    "  blanks around and within  ",
    "a&b=c%20d+e",
    "per%cent",
    "1e400",
    "ünïcödé ✓",
    "a:b",
    "null",
    "$HOME `x` \\n",
];

fn configuration(base_url: &str) -> String {
    let configuration = api::connection(base_url).replace("client_secret = \"the-s3cret\"\n", "");
    [
        &configuration,
        "[streams.users]\npath = \"/api/v2/users\"\nrecords = \"/entities\"\npages.type = \"single\"\n",
    ]
    .concat()
}

#[test]
fn secrets_from_the_environment_reach_the_server_unchanged() {
    for secret in AWKWARD {
        let api = api::start(&Settings { client_secret: secret.to_owned(), ..without_faults(1) });
        let folder = Folder::configured(&configuration(api.base_url()));
        for way in ["basic", "post"] {
            let ended = folder
                .longhaul("-vv token")
                .variable("LONGHAUL_AUTH__CLIENT_SECRET", secret)
                .variable("LONGHAUL_AUTH__CLIENT_AUTH", way)
                .run();
            assert_eq!(ended.code, Some(0), "{secret:?} as {way}: {}", ended.stderr);
            if !["null", "true"].contains(&secret) {
                ended.assert_hides(secret);
            }
        }
    }
}

#[test]
fn secrets_also_come_from_a_variable_a_file_or_a_command() {
    let secret = "a \"b\" & ünï";
    let api = api::start(&Settings { client_secret: secret.to_owned(), ..without_faults(1) });
    for form in
        ["{ env = \"THE_SECRET\" }", "{ file = \"secret.txt\" }", "{ command = [\"cat\", \"secret.txt\"] }"]
    {
        let configuration =
            configuration(api.base_url()).replace("[retry]", &format!("client_secret = {form}\n\n[retry]"));
        // Editors end files with a line break, which is not part of the secret.
        let folder = Folder::configured(&configuration).with("secret.txt", format!("{secret}\n"));
        let ended = folder.longhaul("run -vv").variable("THE_SECRET", secret).run();
        assert_eq!(ended.code, Some(0), "{form}: {}", ended.stderr);
        ended.assert_hides(secret);
    }
}

#[test]
fn a_configured_header_may_be_a_secret_and_is_never_shown() {
    let server = api::server(|_| longhaul_tests::Reply::json(r#"{"results":[]}"#).into());
    let configuration = api::tutorial(&api::root(&server))
        .replace("\n[auth]", "headers = { X-Key = { env = \"THE_KEY\" } }\n\n[auth]");
    let folder = Folder::configured(&configuration);
    for line in ["-vv run", "config"] {
        let ended = folder.longhaul(line).variable("THE_KEY", "k3y").run();
        ended.assert_complete().assert_hides("k3y");
    }
    let received = server.received();
    let keys: Vec<_> = received.iter().map(|request| request.header("x-key")).collect();
    // It is not sent to the token endpoint.
    assert_eq!(keys, [None, Some("k3y")]);
}
