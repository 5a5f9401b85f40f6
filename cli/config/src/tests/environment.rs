//! Environment variables are read as their keys require.

use std::os::unix::ffi::OsStringExt;

use super::{Case, GRANT, SMALL};
use crate::Auth;

#[test]
fn text_is_taken_literally() {
    for text in [
        "007",
        "1.10",
        "true",
        "[a,b]",
        "{a=1}",
        "\"quoted\"",
        "'single'",
        " blanks ",
        "a&b=c%20",
        "pässwörd",
        "1e5",
        "null",
        "# no comment",
        "line\nbreak",
        "$HOME",
        "0x1F",
        "-5",
    ] {
        let loaded = Case::toml(GRANT)
            .variable("LONGHAUL_AUTH__CLIENT_SECRET", text)
            .variable("LONGHAUL_AUTH__CLIENT_ID", text)
            .variable("LONGHAUL_AUTH__EXTRA__AUDIENCE", text)
            .variable("LONGHAUL_API__HEADERS__X-TENANT", text)
            .variable("LONGHAUL_STREAMS__U__PATH", "/u")
            .variable("LONGHAUL_STREAMS__U__QUERY__EXPAND", text)
            .variable("LONGHAUL_STREAMS__U__METHOD", "POST")
            .variable("LONGHAUL_STREAMS__U__BODY__ORDER", text)
            .variable("LONGHAUL_SINKS__OUT__PATH", text)
            .load();
        let config = &loaded.config;
        let Auth::ClientCredentials(grant) = &config.auth else { panic!("{:?}", config.auth) };
        assert_eq!(grant.client_id, text);
        assert_eq!(grant.client_secret.as_ref().unwrap().resolve(&[]).unwrap().expose(), text);
        assert_eq!(grant.extra["audience"].resolve(&[]).unwrap().expose(), text);
        assert_eq!(config.api.headers["x-tenant"].resolve(&[]).unwrap().expose(), text);
        assert_eq!(config.streams["u"].query["expand"].as_slice(), [text]);
        assert_eq!(config.sinks["out"].options["path"], text);
    }
}

#[test]
fn other_types_are_read_from_text() {
    let config = Case::toml(GRANT)
        .variable("LONGHAUL_RETRY__MAX_ATTEMPTS", "3")
        .variable("LONGHAUL_RETRY__MAX_WAIT", "90s")
        .variable("LONGHAUL_API__ALLOW_HTTP", "true")
        .variable("LONGHAUL_API__ALLOWED_ORIGINS", "[\"https://a.example\", \"https://b.example\"]")
        .variable("LONGHAUL_API__MAX_PAGE", "10MB")
        .variable("LONGHAUL_AUTH__SCOPE", "a:b:c,d")
        .variable("LONGHAUL_STATE_DIR", "/var/lib/longhaul")
        .variable("LONGHAUL_STREAMS__U__PATH", "/u")
        .variable("LONGHAUL_STREAMS__U__METHOD", "POST")
        .variable("LONGHAUL_STREAMS__U__BODY", "{\"size\": 3}")
        .variable("LONGHAUL_STREAMS__U__SINKS", "")
        .load()
        .config;
    assert_eq!(config.retry.max_attempts.get(), 3);
    assert_eq!(config.retry.max_wait.as_secs(), 90);
    assert!(config.api.allow_http);
    assert_eq!(config.api.allowed_origins.len(), 2);
    assert_eq!(config.api.max_page, 10_000_000);
    assert_eq!(config.auth.grant().unwrap().scope, ["a:b:c", "d"]);
    assert_eq!(config.state_dir.to_str(), Some("/var/lib/longhaul"));
    assert_eq!(config.streams["u"].sinks, Vec::<String>::new());
}

#[test]
fn names_have_no_case() {
    let case = Case::small(
        "[streams.users]\npath = \"/u\"\nquery = { pageSize = 1 }\nheaders = { \"X-Tenant\" = \"1\" }",
    )
    .variable("LONGHAUL_streams__Users__QUERY__PAGESIZE", "2")
    .variable("LONGHAUL_STREAMS__USERS__HEADERS__X-TENANT", "2")
    .variable("LONGHAUL_STREAMS__NEW__PATH", "/n")
    .variable("LONGHAUL_STREAMS__new__METHOD", "POST");
    let loaded = case.load();
    let users = &loaded.config.streams["users"];
    assert_eq!(users.query["pageSize"].as_slice(), ["2"]);
    assert_eq!(users.query.len(), 1);
    assert_eq!(users.headers["X-Tenant"].resolve(&[]).unwrap().expose(), "2");
    assert_eq!(loaded.config.streams["new"].method, "POST");
}

#[test]
fn an_unknown_name_with_levels_is_an_error_and_without_a_warning() {
    let refusal = |name: &str| Case::toml(SMALL).variable(name, "hunter2").refusal();
    assert_eq!(
        refusal("LONGHAUL_AUTH__CLIENT_SECERT"),
        (
            "the environment variable `LONGHAUL_AUTH__CLIENT_SECERT` is not a key \
             (did you mean `CLIENT_SECRET`?)"
                .to_owned(),
            "environment variable LONGHAUL_AUTH__CLIENT_SECERT".to_owned()
        )
    );
    let deep = format!("LONGHAUL_SINKS__OUT{}", "__A".repeat(10_000));
    assert_eq!(refusal(&deep).0, format!("the environment variable `{deep}` is not a key"));
    assert_eq!(refusal("LONGHAUL_X__Y").0, "the environment variable `LONGHAUL_X__Y` is not a key");
    let case = Case::toml(SMALL).variable("LONGHAUL_STREAMS__USERS", "x");
    assert_eq!(
        case.refusal().0,
        "the environment variable `LONGHAUL_STREAMS__USERS` names a table, not a key"
    );
    assert_eq!(case.error().hint(), Some("set one of its keys, as in `LONGHAUL_STREAMS__USERS__KEY`"));
    let loaded = Case::toml(SMALL)
        .variable("LONGHAUL_SERVICE_HOST", "10.0.0.1")
        .variable("LONGHAUL_STATEDIR", "x")
        .variable("LONGHAUL_LOG", "debug")
        .variable("LONGHAUL_PLUGIN_PATH", "/p")
        .variable("LONGHAUL", "x")
        .variable("PATH", "/bin")
        .load();
    assert_eq!(
        loaded.warnings,
        [
            "ignoring the environment variable `LONGHAUL_SERVICE_HOST`, which is not a key",
            "ignoring the environment variable `LONGHAUL_STATEDIR`, which is not a key \
             (did you mean `STATE_DIR`?)",
        ]
    );
    assert!(loaded.config.plugin_path.is_empty());
}

#[test]
fn what_is_not_utf_8_is_named_and_not_shown() {
    let mut case = Case::toml(GRANT);
    let value = OsStringExt::from_vec(b"hunter\xff".to_vec());
    case.sources.environment.push(("LONGHAUL_AUTH__CLIENT_SECRET".into(), value));
    let error = case.error();
    assert_eq!(
        error.to_string(),
        "the value of the environment variable `LONGHAUL_AUTH__CLIENT_SECRET` is not UTF-8"
    );
    assert!(!format!("{error:?}").contains("hunter"));
}

#[test]
fn a_wrong_value_names_its_variable() {
    let refusal = Case::toml(SMALL).variable("LONGHAUL_RETRY__MAX_ATTEMPTS", "five").refusal();
    assert_eq!(refusal.0, "`retry.max_attempts`: expected a whole number from 1, found `five`");
    assert_eq!(refusal.1, "environment variable LONGHAUL_RETRY__MAX_ATTEMPTS");
}

#[test]
fn an_empty_value_counts() {
    let refusal = Case::toml(GRANT).variable("LONGHAUL_AUTH__CLIENT_SECRET", "").refusal();
    assert_eq!(refusal.0, "`auth.client_secret` is empty");
    assert_eq!(refusal.1, "environment variable LONGHAUL_AUTH__CLIENT_SECRET");
}

#[test]
fn two_variables_for_one_key_are_refused() {
    let refusal = |one, other| Case::toml(GRANT).variable(one, "a").variable(other, "b").refusal().0;
    assert_eq!(
        refusal("LONGHAUL_AUTH__CLIENT_ID", "LONGHAUL_AUTH__client_id"),
        "the environment variables `LONGHAUL_AUTH__CLIENT_ID` and `LONGHAUL_AUTH__client_id` \
         both set `auth.client_id`"
    );
    assert_eq!(
        refusal("LONGHAUL_AUTH__CLIENT_SECRET", "LONGHAUL_AUTH__CLIENT_SECRET__FILE"),
        "the environment variables `LONGHAUL_AUTH__CLIENT_SECRET` and `LONGHAUL_AUTH__CLIENT_SECRET__FILE` \
         both set `auth.client_secret.file`"
    );
}
