//! Errors name the key and the origin.

use super::{Case, GRANT, SMALL};

/// Asserts the error of `SMALL` followed by `more`, which begins on line 5.
#[track_caller]
fn assert_refused(more: &str, message: &str, place: &str) {
    assert_eq!(Case::small(more).refusal(), (message.to_owned(), place.to_owned()));
}

#[test]
fn unknown_keys() {
    assert_refused(
        "[retyr]\nmax_wait = \"1s\"",
        "unknown key `retyr` (did you mean `retry`?)",
        "longhaul.toml:5",
    );
    assert_refused(
        "[streams.users]\npath = \"/u\"\nrecrods = \"/r\"",
        "unknown key `streams.users.recrods` (did you mean `records`?)",
        "longhaul.toml:7",
    );
    assert_refused("[api.x]", "unknown key `api.x`", "longhaul.toml:5");
    assert_refused(
        "[rate]\nrequest = 1",
        "unknown key `rate.request` (did you mean `requests`?)",
        "longhaul.toml:6",
    );
    let vault = GRANT.replace("\"hunter2\"", "{ comand = \"X\" }");
    let refusal = Case::toml(&vault).refusal();
    assert_eq!(refusal.0, "unknown key `auth.client_secret.comand` (did you mean `command`?)");
    assert_eq!(refusal.1, "longhaul.toml:7");
}

#[test]
fn syntax() {
    let cases = [
        (
            "longhaul.toml",
            "[api]\nbase_url = https",
            "the file is not TOML at line 2, column 12: invalid string, expected `\"`, `'`",
            "longhaul.toml:2",
        ),
        (
            "longhaul.toml",
            "a = 1\na = 2\n",
            "the file is not TOML at line 2, column 1: duplicate key `a` in document root",
            "longhaul.toml:2",
        ),
        (
            "longhaul.yaml",
            "api:\n  base_url: a: b\n",
            "the file is not YAML at line 2, column 14: mapping values are not allowed in this context",
            "longhaul.yaml:2",
        ),
        (
            "longhaul.yml",
            "api: [",
            "the file is not YAML at line 2, column 1: did not find expected node content",
            "longhaul.yml:2",
        ),
        (
            "longhaul.json",
            "{\n  \"api\" 1\n}",
            "the file is not JSON at line 2, column 9: expected `:`",
            "longhaul.json:2",
        ),
        (
            "longhaul.json",
            "{\n  \"streams\": {},\n  \"streams\": {}\n}",
            "the file is not JSON at line 3, column 11: duplicate key `streams`",
            "longhaul.json:3",
        ),
        (
            "longhaul.yaml",
            "api:\n  timeout: 1m\nauth:\n  type: none\napi:\n  timeout: 2m\n",
            "the file is not YAML at line 1, column 1: duplicate key `api`",
            "longhaul.yaml:1",
        ),
    ];
    for (name, text, message, place) in cases {
        assert_eq!(Case::new().file(name, text).refusal(), (message.to_owned(), place.to_owned()));
    }
}

#[test]
fn files_without_a_configuration() {
    let refusal = |name, bytes: &[u8]| Case::new().file(name, bytes).refusal();
    let at = |message: &str, place: &str| (message.to_owned(), place.to_owned());
    assert_eq!(refusal("longhaul.toml", b""), at("the file is empty", "longhaul.toml"));
    assert_eq!(refusal("longhaul.json", b" \n"), at("the file is empty", "longhaul.json"));
    assert_eq!(refusal("longhaul.yaml", b"# nothing yet\n"), at("the file is empty", "longhaul.yaml"));
    assert_eq!(refusal("longhaul.toml", b"\xff\xfe\0a"), at("the file is not UTF-8 text", "longhaul.toml"));
    assert_eq!(refusal("longhaul.yaml", b"hunter2"), at("the file has no keys", "longhaul.yaml"));
    assert_eq!(refusal("longhaul.json", b"[\"hunter2\"]"), at("the file has no keys", "longhaul.json"));
}

#[test]
fn unknown_words() {
    let stream = "[streams.users]\npath = \"/u\"\npages = { type = \"nxt_url\" }";
    assert_refused(
        stream,
        "`streams.users.pages.type`: `nxt_url` is not one of `cursor`, `link_header`, `next_url`, `offset`, \
         `page_number`, `single` (did you mean `next_url`?)",
        "longhaul.toml:7",
    );
    assert_eq!(
        Case::toml(&GRANT.replace("client_credentials", "magic")).refusal(),
        (
            "`auth.type`: `magic` is not one of `api_key`, `basic`, `client_credentials`, `jwt_bearer`, `none`, \
             `password`, `refresh_token`, `token`"
                .to_owned(),
            "longhaul.toml:4".to_owned()
        )
    );
    let refusal = Case::toml(&[GRANT, "client_auth = \"psot\""].concat()).refusal();
    assert_eq!(
        refusal.0,
        "`auth.client_auth`: `psot` is not one of `basic`, `none`, `post`, `private_key_jwt` (did you mean `post`?)"
    );
}

#[test]
fn unknown_sinks() {
    let case = Case::small("[streams.users]\npath = \"/u\"\nsinks = [\"outt\"]\n[sinks.out]");
    let error = case.error();
    assert_eq!(error.to_string(), "`streams.users.sinks`: unknown sink `outt` (did you mean `out`?)");
    assert_eq!(error.where_written().as_deref(), Some("longhaul.toml:7"));
    assert_eq!(error.hint(), Some("add a table `[sinks.outt]`"));
    assert_eq!(error.key(), Some("streams.users.sinks"));
}

#[test]
fn state_in_a_store_of_another_kind() {
    let elsewhere = Case::toml(&format!("state_dir = \"gs://bucket/state\"\n{SMALL}"));
    assert_eq!(elsewhere.refusal().0, "`state_dir`: there is no store `gs://`");
    assert_eq!(
        elsewhere.error().hint(),
        Some("use a folder, or a place in a store such as `s3://bucket/state`")
    );
    Case::toml(&format!("state_dir = \"s3://bucket/state\"\n{SMALL}")).load();
}

#[test]
fn urls() {
    let refusal = |url: &str| Case::toml(&SMALL.replace("https://api.example.com", url)).refusal();
    let at = |message: &str| (message.to_owned(), "longhaul.toml:2".to_owned());
    assert_eq!(
        refusal("api.example.com"),
        at("`api.base_url`: `api.example.com` is not a URL that starts with `https://` or `http://`")
    );
    assert_eq!(
        refusal("https://u:hunter2@x.example"),
        at("`api.base_url`: a URL must not hold a user or password")
    );
    let plain = Case::toml(&SMALL.replace("https", "http"));
    assert_eq!(
        plain.refusal(),
        at("`api.base_url`: plain http would send credentials to `api.example.com` unencrypted")
    );
    assert_eq!(plain.error().hint(), Some("use https, or set `api.allow_http` to true"));
    plain.variable("LONGHAUL_API__ALLOW_HTTP", "true").load();
    Case::toml(&SMALL.replace("https://api.example.com", "http://127.0.0.1:8080/x")).load();
    assert_eq!(
        Case::toml(&GRANT.replace("https://login", "http://login")).refusal().0,
        "`auth.token_url`: plain http would send credentials to `login.example.com` unencrypted"
    );
    let case = Case::toml(SMALL).set("api.allowed_origins=['https://x.example/a']");
    assert_eq!(
        case.refusal(),
        (
            "`api.allowed_origins`: `https://x.example/a` has a path; \
             an origin has only a scheme, a host and a port"
                .to_owned(),
            "--set api.allowed_origins".to_owned()
        )
    );
}

#[test]
fn values_of_the_wrong_kind() {
    assert_refused(
        "[retry]\nmax_wait = \"soon\"",
        "`retry.max_wait`: `soon` is not a duration such as `30s`, `2m` or `1h30m`",
        "longhaul.toml:6",
    );
    assert_refused(
        "[retry]\nmax_wait = 30",
        "`retry.max_wait`: `30` has no unit; write `30s` for seconds",
        "longhaul.toml:6",
    );
    assert_refused(
        "[retry]\nmax_wait = true",
        "`retry.max_wait`: expected a duration such as `30s`, `2m` or `1h30m`, found a boolean",
        "longhaul.toml:6",
    );
    assert_refused(
        "[retry]\nmax_attempts = 0",
        "`retry.max_attempts`: expected a whole number from 1, found `0`",
        "longhaul.toml:6",
    );
    assert_refused(
        "[retry]\nmax_attempts = -1",
        "`retry.max_attempts`: expected a whole number from 1, found `-1`",
        "longhaul.toml:6",
    );
    let stream = |line: &str| format!("[streams.users]\npath = \"/u\"\n{line}");
    assert_refused(
        &stream("records = \"results\""),
        "`streams.users.records`: `results` is not a JSON pointer: it must be empty or start with `/`",
        "longhaul.toml:7",
    );
    assert_refused(
        &stream("method = \"get\""),
        "`streams.users.method`: `get` is not a method such as `GET` or `POST`",
        "longhaul.toml:7",
    );
    assert_refused(
        &stream("idempotent = \"perhaps\""),
        "`streams.users.idempotent`: expected `true` or `false`, found `perhaps`",
        "longhaul.toml:7",
    );
    assert_refused(
        &stream("sinks = 5"),
        "`streams.users.sinks`: expected a list, found a number",
        "longhaul.toml:7",
    );
    assert_refused(
        &stream("body = \"{\""),
        "`streams.users.body`: this is not JSON: EOF while parsing an object at line 1 column 1",
        "longhaul.toml:7",
    );
    assert_refused(
        &stream("headers = { \"X Y\" = \"1\" }"),
        "`streams.users.headers.\"X Y\"`: this is not a valid header name",
        "longhaul.toml:7",
    );
    assert_refused(
        &stream("query = { a = { b = 1 } }"),
        "`streams.users.query.a`: expected text, a whole number, a boolean, or a list of those, \
         found a table",
        "longhaul.toml:7",
    );
    assert_refused(
        "[[retry]]\nmax_wait = \"1s\"",
        "`retry`: expected a table, found a list",
        "longhaul.toml:5",
    );
    let case = Case::new()
        .file("longhaul.yaml", "streams: 1\nauth: { type: none }\napi: { base_url: https://a.example }\n");
    assert_eq!(
        case.refusal(),
        ("`streams`: expected a table, found a number".to_owned(), "longhaul.yaml:1".to_owned())
    );
}

#[test]
fn a_secret_of_the_wrong_kind_is_not_shown() {
    let error = Case::toml(&GRANT.replace("\"hunter2\"", "12345")).error();
    assert_eq!(error.to_string(), "`auth.client_secret`: expected text, found a number");
    assert_eq!(error.hint(), Some("put it in quotes"));
    assert!(!format!("{error:?}").contains("12345"));
    let error = Case::toml(&GRANT.replace("\"hunter2\"", "{ env = \"A\", file = \"B\" }")).error();
    assert_eq!(error.to_string(), "`auth.client_secret`: set exactly one of `command`, `env` and `file`");
    let error = Case::new()
        .file("longhaul.toml", "auth = \"hunter2\"\n[api]\nbase_url = \"https://a.example\"")
        .error();
    assert_eq!(error.to_string(), "`auth`: expected a table, found text");
}

#[test]
fn missing_keys() {
    let error = Case::toml(&GRANT.replace("client_secret = \"hunter2\"\n", "")).error();
    assert_eq!(error.to_string(), "`auth.client_secret` is missing");
    assert_eq!(error.where_written().as_deref(), Some("longhaul.toml:3"));
    assert_eq!(
        error.hint(),
        Some(
            "add it to a configuration file, or set the environment variable `LONGHAUL_AUTH__CLIENT_SECRET`"
        )
    );
    let error = Case::new().error();
    assert_eq!(error.to_string(), "`api.base_url` is missing");
    assert_eq!(error.where_written(), None);
    assert_eq!(
        error.hint(),
        Some(
            "add it to a configuration file, or set the environment variable `LONGHAUL_API__BASE_URL`; \
             or name a preset, such as `system = \"genesys\"`"
        )
    );
    let error = Case::toml("api.base_url = \"https://a.example\"").error();
    assert_eq!(error.to_string(), "`auth` is missing");
    assert_eq!(
        error.hint(),
        Some("add a table `[auth]`; its `type` is `none` if the API needs no credentials")
    );
    assert_refused("[streams.users]\nsinks = []", "`streams.users.path` is missing", "longhaul.toml:5");
    assert_refused(
        "[streams.users]\npath = \"/u\"\npages.type = \"next_url\"",
        "`streams.users.pages.next` is missing",
        "longhaul.toml:7",
    );
    assert_eq!(Case::toml(&GRANT.replace("hunter2", "")).refusal().0, "`auth.client_secret` is empty");
}

#[test]
fn keys_of_another_type() {
    let error = Case::small("token = \"hunter2\"").error();
    assert_eq!(error.to_string(), "`auth.token` is not a key of type `none`");
    assert_eq!(error.where_written().as_deref(), Some("longhaul.toml:5"));
    assert_eq!(error.hint(), Some("type `none` has no other keys"));
    let stream = "[streams.users]\npath = \"/u\"\npages = { type = \"single\", next = \"/n\" }";
    assert_refused(stream, "`streams.users.pages.next` is not a key of type `single`", "longhaul.toml:7");
}

#[test]
fn names_and_paths() {
    assert_refused(
        "[streams.Users]\npath = \"/u\"",
        "`streams.Users`: `Users` is not a valid name",
        "longhaul.toml:5",
    );
    assert_eq!(
        Case::small("[streams.Users]\npath = \"/u\"").error().hint(),
        Some("use lower-case letters, digits and single underscores, and start with a letter")
    );
    assert_refused("[sinks.out]\ntype = 5", "`sinks.out`: `type` must be text", "longhaul.toml:5");
    for name in ["a__b", "1a", "a-b", "\"\"", "_a"] {
        let error = Case::toml(&format!("{SMALL}[sinks.{name}]\n")).error();
        assert!(error.to_string().ends_with("is not a valid name"), "{error}");
    }
    assert_refused(
        "[streams.users]\npath = \"u\"",
        "`streams.users.path`: `u` does not start with `/`",
        "longhaul.toml:6",
    );
}

#[test]
fn missing_and_ambiguous_files() {
    let case = Case::toml(SMALL).naming(&["other.toml"]);
    assert_eq!(case.refusal().0, "the configuration file `other.toml` does not exist");
    let case = case.naming(&["config"]);
    assert_eq!(case.refusal().0, "`config` does not end in `.toml`, `.yaml`, `.yml` or `.json`");
    let case = Case::toml(SMALL).file("longhaul.json", "{}");
    assert_eq!(case.refusal().0, "found both `longhaul.toml` and `longhaul.json`");
    assert_eq!(case.error().hint(), Some("remove one of them, or choose one with `-c`"));
    let case = Case::new().file("longhaul.toml/x", "");
    assert_eq!(case.refusal().0, "cannot read `longhaul.toml`");
}
