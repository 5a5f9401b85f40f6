//! Which layer wins.

use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

use serde_json::json;

use super::{Case, GRANT, SMALL};
use crate::{Auth, Body, ClientAuth, Origin, RelativeTo, Style};

#[test]
fn defaults_complete_a_small_configuration() {
    let loaded = Case::small("[streams.users]\npath = \"/u\"\n[sinks.stdout]").load();
    let config = &loaded.config;
    assert_eq!(config.state_dir.to_str(), Some(".longhaul"));
    assert_eq!(config.api.timeout, Duration::from_secs(120));
    assert_eq!(config.api.idle_timeout, Duration::from_secs(30));
    assert_eq!(config.api.max_time, Duration::from_secs(1800));
    assert_eq!(config.api.connect_timeout, Duration::from_secs(10));
    assert_eq!(config.api.max_page, 256 << 20);
    assert!(!config.api.allow_http && config.api.allowed_origins.is_empty() && config.api.proxy.is_none());
    assert_eq!(config.retry.max_attempts.get(), 6);
    assert_eq!(config.retry.base_delay, Duration::from_secs(1));
    assert_eq!(config.retry.max_delay, Duration::from_secs(60));
    assert_eq!(config.retry.max_wait, Duration::from_secs(180));
    let users = &config.streams["users"];
    assert_eq!((users.method.as_str(), users.idempotent), ("GET", true));
    assert_eq!((users.records.to_string(), &users.pages.style), (String::new(), &Style::Single));
    assert!(users.sinks.is_empty() && users.body.is_none());
    assert_eq!(config.sinks["stdout"].kind, "stdout");
    assert!(loaded.warnings.is_empty());
}

#[test]
fn a_grant_has_defaults_of_its_own() {
    let loaded = Case::toml(GRANT).load();
    let Auth::ClientCredentials(grant) = &loaded.config.auth else { panic!("{:?}", loaded.config.auth) };
    assert_eq!(grant.client_auth, ClientAuth::Basic);
    assert_eq!(grant.refresh_ahead, Duration::from_secs(300));
    assert!(grant.scope.is_empty() && grant.extra.is_empty() && grant.refresh_token.is_none());
    assert!(!format!("{loaded:?}").contains("hunter2"));
}

#[test]
fn each_layer_overrides_the_one_before() {
    let mut case = Case::small("[retry]\nbase_delay = \"3s\"\nmax_delay = \"3s\"\nmax_wait = \"3s\"")
        .file(
            "machine.toml",
            "[retry]\nbase_delay = \"1s\"\nmax_delay = \"1s\"\nmax_wait = \"1s\"\nmax_attempts = 1",
        )
        .file("home/.config/longhaul/config.toml", "[retry]\nbase_delay = \"2s\"\nmax_attempts = 2")
        .variable("LONGHAUL_RETRY__MAX_DELAY", "4s")
        .variable("LONGHAUL_RETRY__MAX_WAIT", "4s")
        .set("retry.max_wait=5s");
    let home = case.path("home").to_str().unwrap().to_owned();
    case = case.variable("HOME", &home);
    case.sources.machine_file = Some(case.path("machine.toml"));
    let loaded = case.load();
    let retry = &loaded.config.retry;
    assert_eq!(retry.max_attempts.get(), 2);
    assert_eq!(retry.base_delay.as_secs(), 3);
    assert_eq!(retry.max_delay.as_secs(), 4);
    assert_eq!(retry.max_wait.as_secs(), 5);
    let origin = |key| loaded.origin_of(key).to_string();
    assert_eq!(origin("retry.max_attempts"), format!("{home}/.config/longhaul/config.toml:3"));
    assert_eq!(origin("retry.base_delay"), "longhaul.toml:6");
    assert_eq!(origin("retry.max_delay"), "environment variable LONGHAUL_RETRY__MAX_DELAY");
    assert_eq!(origin("retry.max_wait"), "--set retry.max_wait");
    assert_eq!(origin("commit_every"), "default");

    let xdg = case.path("xdg").to_str().unwrap().to_owned();
    let case =
        case.file("xdg/longhaul/config.toml", "[retry]\nmax_attempts = 7").variable("XDG_CONFIG_HOME", &xdg);
    assert_eq!(case.load().config.retry.max_attempts.get(), 7);
}

#[test]
fn named_files_replace_the_default_file() {
    let case = Case::toml("this is = not read")
        .file("a.toml", [SMALL, "[retry]\nmax_attempts = 1\nmax_wait = \"1s\""].concat())
        .file("b/b.yml", "retry:\n  max_attempts: 2\n")
        .naming(&["a.toml", "b/b.yml"]);
    let loaded = case.load();
    assert_eq!(loaded.config.retry.max_attempts.get(), 2);
    assert_eq!(loaded.origin_of("retry.max_attempts").to_string(), "b/b.yml:2");
    assert_eq!(loaded.origin_of("retry.max_wait").to_string(), "a.toml:7");
}

#[test]
fn toml_yaml_and_json_are_equivalent() {
    let toml = "[streams.users]\npath = \"/u\"\nmethod = \"POST\"\nbody = { size = 3 }\n\
                query = { pageSize = 100, expand = [\"a\", \"b\"] }\n\
                pages = { type = \"next_url\", next = \"/next\", relative_to = \"base\" }";
    let yaml = "api: { base_url: https://api.example.com }\nauth: { type: none }\n\
                streams:\n  users:\n    path: /u\n    \
                method: POST\n    body: { size: 3 }\n    query: { pageSize: 100, expand: [a, b] }\n    \
                pages: { type: next_url, next: /next, relative_to: base }\n";
    let json = json!({
        "api": { "base_url": "https://api.example.com" }, "auth": { "type": "none" },
        "streams": { "users": {
            "path": "/u", "method": "POST", "body": { "size": 3 },
            "query": { "pageSize": 100, "expand": ["a", "b"] },
            "pages": { "type": "next_url", "next": "/next", "relative_to": "base" },
        } },
    });
    for case in [
        Case::small(toml),
        Case::new().file("longhaul.yaml", yaml),
        Case::new().file("longhaul.json", format!("\u{feff}{json}")),
    ] {
        let loaded = case.load();
        let users = &loaded.config.streams["users"];
        assert_eq!(users.query["pageSize"].as_slice(), ["100"]);
        assert_eq!(users.query["expand"].as_slice(), ["a", "b"]);
        assert_eq!(users.body, Some(Body::Json(json!({ "size": 3 }).into())));
        let Style::NextUrl { method, next, relative_to, .. } = &users.pages.style else {
            panic!("{:?}", users.pages)
        };
        assert_eq!(
            (method.as_str(), next.to_string(), *relative_to),
            ("GET", "`/next`".to_owned(), RelativeTo::Base)
        );
    }
}

#[test]
fn tables_extend_and_lists_replace() {
    let case = Case::small(
        "[streams.users]\npath = \"/u\"\nsinks = [\"out\"]\nbody = { a = 1 }\nmethod = \"POST\"\n\
         [sinks.out]\ntype = \"ndjson\"",
    )
    .file("more.toml", "[streams.users]\nsinks = [\"other\"]\nbody = { b = 2 }\n[sinks.other]\n");
    let case = case.naming(&["longhaul.toml", "more.toml"]);
    let loaded = case.load();
    let users = &loaded.config.streams["users"];
    assert_eq!(users.sinks, ["other"]);
    assert_eq!(users.body, Some(Body::Json(json!({ "a": 1, "b": 2 }).into())));
    assert_eq!(loaded.origin_of("streams.users").to_string(), "more.toml:1");
}

#[test]
fn a_form_replaces_the_form_below_it() {
    let vault = GRANT.replace("\"hunter2\"", "{ env = \"VAULT\" }");
    let case =
        Case::toml(&[&vault, "[streams.a]\npath = \"/a\"\nmethod = \"POST\"\nbody = { size = 1 }"].concat())
            .file("secret", "from a file\n")
            .file("body.json", "{\"from\": \"a file\"}")
            .variable("LONGHAUL_AUTH__CLIENT_SECRET__FILE", "secret")
            .set("streams.a.body.file=body.json");
    let loaded = case.load();
    let Auth::ClientCredentials(grant) = &loaded.config.auth else { panic!("{:?}", loaded.config.auth) };
    let secret = grant.client_secret.as_ref().unwrap().resolve(&[]).unwrap();
    assert_eq!(secret.expose(), "from a file");
    let body = loaded.config.streams["a"].body.as_ref().unwrap();
    assert_eq!(body.read("streams.a.body", &Origin::Default).unwrap(), json!({ "from": "a file" }).into());
}

#[test]
fn paths_that_are_read_are_relative_to_what_names_them() {
    let more = "[streams.a]\npath = \"/a\"\nmethod = \"POST\"\nbody.file = \"q.json\"\n\
                [sinks.out]\npath = \"out.ndjson\"";
    let case = Case::new().file("conf/base.toml", [SMALL, more].concat()).naming(&["conf/base.toml"]);
    let case = case.set("api.ca_file=ca.pem").set("plugin_path=['p']");
    let config = case.load().config;
    assert_eq!(config.streams["a"].body, Some(Body::File(case.path("conf/q.json"))));
    assert_eq!(config.api.ca_file, Some(case.path("ca.pem")));
    assert_eq!(config.plugin_path, [case.path("p")]);
    assert_eq!(config.sinks["out"].options["path"], "out.ndjson");
}

#[test]
fn streams_come_in_the_order_they_are_defined() {
    let stream = |name: &str| format!("[streams.{name}]\npath = \"/{name}\"\n");
    let case = Case::toml(&[SMALL, &stream("users"), &stream("calls"), &stream("agents")].concat())
        .file("more.toml", [stream("queues"), stream("calls")].concat())
        .variable("LONGHAUL_STREAMS__BATCH__PATH", "/batch");
    let case = case.naming(&["longhaul.toml", "more.toml"]);
    let loaded = case.load();
    let names: Vec<_> = loaded.streams().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["users", "calls", "agents", "queues", "batch"]);
}

#[test]
fn a_secret_knows_its_origin() {
    let text = GRANT.replace("\"hunter2\"", "{ env = \"VAULT\" }");
    let loaded = Case::toml(&[&text, "[auth.extra]\nassertion = { env = \"VAULT\" }"].concat())
        .variable("LONGHAUL_API__HEADERS__X-TENANT__ENV", "TENANT")
        .load();
    let Auth::ClientCredentials(grant) = &loaded.config.auth else { panic!("{:?}", loaded.config.auth) };
    let error = grant.client_secret.as_ref().unwrap().resolve(&[]).unwrap_err();
    assert_eq!(error.to_string(), "`auth.client_secret`: the environment variable `VAULT` is not set");
    assert_eq!(error.where_written().as_deref(), Some("longhaul.toml:7"));
    let error = grant.extra["assertion"].resolve(&[]).unwrap_err();
    assert_eq!(error.where_written().as_deref(), Some("longhaul.toml:9"));
    let error = loaded.config.api.headers["x-tenant"].resolve(&[]).unwrap_err();
    assert_eq!(error.key(), Some("api.headers.x-tenant"));
    assert_eq!(
        error.where_written().as_deref(),
        Some("environment variable LONGHAUL_API__HEADERS__X-TENANT__ENV")
    );
}

#[test]
fn a_body_with_get_is_allowed_with_a_warning() {
    let loaded = Case::small("[streams.users]\npath = \"/u\"\nbody = { a = 1 }").load();
    assert_eq!(
        loaded.warnings,
        ["`streams.users` sends a body with `GET`, which few servers read; did you mean `POST`?"]
    );
}

#[test]
fn an_error_in_a_default_points_to_the_table_around_it() {
    let loaded = Case::small("[sinks.kafka]\n[sinks.out]\ntype = \"ndjsno\"").load();
    let error = loaded.error_at("sinks.out.type", "unknown sink type `ndjsno`");
    assert_eq!(error.where_written().as_deref(), Some("longhaul.toml:7"));
    let error = loaded.error_at("sinks.kafka.type", "unknown sink type `kafka`");
    assert_eq!(error.where_written().as_deref(), Some("longhaul.toml:5"));
    assert_eq!(loaded.origin_of("sinks.kafka.type"), Origin::Default);
}

#[test]
fn each_type_of_auth_has_its_keys() {
    let password = GRANT.replace("client_credentials", "password").replace("client_secret", "password");
    let case = Case::toml(&[&password, "username = \"me\"\nclient_auth = \"post\""].concat());
    let auth = case.load().config.auth;
    let Auth::Password { grant, username, password } = &auth else { panic!("{auth:?}") };
    assert_eq!((&*grant.client_id, grant.client_auth, &**username), ("id", ClientAuth::Post, "me"));
    assert_eq!(password.resolve(&[]).unwrap().expose(), "hunter2");
    assert!(grant.client_secret.is_none());
    let case = Case::new().variable("LONGHAUL_API__BASE_URL", "https://api.example.com");
    let case = case.variable("LONGHAUL_AUTH__TYPE", "token").variable("LONGHAUL_AUTH__TOKEN", "007");
    let auth = case.load().config.auth;
    let Auth::Token { token, .. } = &auth else { panic!("{auth:?}") };
    assert_eq!(token.resolve(&[]).unwrap().expose(), "007");
}

#[test]
fn a_file_that_others_can_write_to_is_read_but_runs_nothing() {
    let text = GRANT.replace("\"hunter2\"", "{ command = [\"./secret\"] }");
    let case = Case::toml(&text).file("secret", "#!/bin/sh\necho hunter2\n");
    let allow = |name, mode| fs::set_permissions(case.path(name), fs::Permissions::from_mode(mode)).unwrap();
    let resolve = || {
        let config = case.load().config;
        config.auth.grant().and_then(|grant| grant.client_secret.clone()).unwrap().resolve(&[])
    };
    allow("secret", 0o700);
    allow("longhaul.toml", 0o644);
    assert_eq!(resolve().unwrap().expose(), "hunter2");
    allow("longhaul.toml", 0o664);
    let error = resolve().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`auth.client_secret`: the configuration file must not run commands, \
         because other users can write to it"
    );
    assert_eq!(error.where_written().as_deref(), Some("longhaul.toml:7"));
}

#[test]
fn nothing_shows_the_environment() {
    let case = Case::toml(GRANT).variable("LONGHAUL_AUTH__EXTRA__PIN", "hunter2").set("state_dir=hunter2");
    assert!(!format!("{:?}", case.sources).contains("hunter2"));
    assert!(!format!("{:?}", case.load().config.auth).contains("hunter2"));
}
