//! What the sink says when something fails.

use longhaul_core::sink::Mark;
use longhaul_tests::write_page;
use serde_json::{Value, json};

use crate::{
    server::Server,
    support::{Schema, configured, describe, variables},
};

/// The error of opening the sink with this URL.
fn error_of(url: &str, more: &Value) -> String {
    let mut options = json!({"url": url});
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    describe(&configured(options).unwrap().open(&variables(), None).unwrap_err())
}

#[test]
fn a_server_that_cannot_be_used_is_named_without_its_credentials() {
    let Some(server) = Server::get() else { return };
    let (url, port) = (server.url(), server.port);
    let place = format!("127.0.0.1:{port}/postgres");
    assert_eq!(
        error_of(&url.replace("the%20password", "wrong"), &json!({})),
        format!(
            "Rejected: cannot connect to `{place}`\npassword authentication failed for user \"longhaul\""
        )
    );
    assert_eq!(
        error_of(&url.replace("/postgres", "/missing"), &json!({})),
        format!(
            "Rejected: cannot connect to `127.0.0.1:{port}/missing`\ndatabase \"missing\" does not exist"
        )
    );
    // Nobody listens on the port of a listener that is gone.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = url.replace(&format!(":{port}/"), &format!(":{gone}/"));
    assert_eq!(
        error_of(&url, &json!({})),
        format!(
            "Unavailable: cannot connect to `127.0.0.1:{gone}/postgres`\nConnection refused (os error 111)"
        )
    );
}

#[test]
fn a_schema_that_is_missing_or_forbidden_is_an_error() {
    let Some(server) = Server::get() else { return };
    assert_eq!(
        error_of(&server.url(), &json!({"schema": "missing"})),
        format!(
            "Rejected: cannot open table `missing.users` in `127.0.0.1:{}/postgres`\nschema \"missing\" does not exist",
            server.port
        )
    );
}

#[test]
fn a_user_without_privileges_is_told_which_are_missing() {
    let Some(schema) = Schema::new() else { return };
    let Schema { server, name } = &schema;
    let user = format!("reader_of_{name}");
    schema.run(&format!("CREATE ROLE {user} LOGIN PASSWORD 'x'"));
    let url = server.url().replace("longhaul:the%20password", &format!("{user}:x"));
    let open = |options: Value| describe(&configured(options).unwrap().open(&variables(), None).unwrap_err());
    let missing = "the user needs the privileges USAGE and CREATE on the schema, and those of the owner on existing tables";
    let place = format!("table `{name}.users` in `127.0.0.1:{}/postgres`", server.port);
    assert_eq!(
        open(json!({"url": url, "schema": name})),
        format!("Rejected: cannot open {place}: {missing}\npermission denied for schema {name}")
    );
    // The table of an owner who does not share it.
    schema.run(&format!("CREATE TABLE users (record json); GRANT USAGE, CREATE ON SCHEMA {name} TO {user}"));
    let sink = configured(json!({"url": url, "schema": name, "mode": "append"})).unwrap();
    let mut sink = sink.open(&variables(), None).unwrap().sink;
    write_page(&mut sink, &["1"]).unwrap();
    sink.commit(Mark(1)).unwrap();
    assert_eq!(
        describe(&sink.finish().unwrap_err()),
        format!("Rejected: cannot finish {place}: {missing}\npermission denied for table users")
    );
}

#[test]
fn tls_is_used_as_the_url_says() {
    let Some(server) = Server::get() else { return };
    let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/support/keys");
    let ca = json!({"ca_file": format!("{keys}/ca.pem")});
    let open = |mode: &str, more: &Value| {
        let mut options = json!({"url": format!("{}?sslmode={mode}", server.url()), "table": format!("tls_{}", mode.len())});
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        configured(options).unwrap().open(&variables(), None).map(drop).map_err(|error| describe(&error))
    };
    for mode in ["disable", "prefer", "require"] {
        open(mode, &json!({})).unwrap();
    }
    open("verify-full", &ca).unwrap();
    let unknown = open("verify-full", &json!({})).unwrap_err();
    assert_eq!(
        unknown,
        format!(
            "Unavailable: cannot connect to `127.0.0.1:{}/postgres`\ninvalid peer certificate: UnknownIssuer",
            server.port
        )
    );
}

#[test]
fn a_dropped_connection_is_an_error_and_the_pull_resumes() {
    let Some(schema) = Schema::new() else { return };
    let mut sink = schema.open(json!({})).unwrap();
    write_page(&mut sink, &["1"]).unwrap();
    let receipt = sink.commit(Mark(1)).unwrap();
    write_page(&mut sink, &["2"]).unwrap();
    schema.run(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{}'",
        schema.name
    ));
    let error = describe(&sink.commit(Mark(2)).unwrap_err());
    let shown = schema.shown();
    let expected = [
        format!("Unavailable: cannot write to {shown}\nthe server closed the connection"),
        format!("Unavailable: cannot write to {shown}\nterminating connection due to administrator command"),
    ];
    assert!(expected.contains(&error), "{error}");
    drop(sink);
    let mut sink = schema.resume(json!({}), &receipt, 1).unwrap();
    write_page(&mut sink, &["2"]).unwrap();
    sink.commit(Mark(2)).unwrap();
    sink.finish().unwrap();
    assert_eq!(schema.rows("SELECT record FROM users ORDER BY ctid"), ["1", "2"]);
}

/// A trigger reports what a full disk does.
#[test]
fn a_full_disk_is_an_error_and_nothing_is_published() {
    let Some(schema) = Schema::new() else { return };
    schema.run(
        "CREATE TABLE users (record json); CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE \
         'could not extend file \"base/5/16384\": No space left on device' USING ERRCODE = '53100', HINT = 'Check free \
         disk space.'; END $$; CREATE TRIGGER disk_full BEFORE INSERT ON users EXECUTE FUNCTION disk_full()",
    );
    let options = || json!({"mode": "append"});
    let mut sink = schema.open(options()).unwrap();
    write_page(&mut sink, &["1"]).unwrap();
    let receipt = sink.commit(Mark(1)).unwrap();
    assert_eq!(
        describe(&sink.finish().unwrap_err()),
        format!(
            "Unavailable: cannot finish {}\ncould not extend file \"base/5/16384\": No space left on device",
            schema.shown()
        )
    );
    schema.run("DROP TRIGGER disk_full ON users");
    schema.resume(options(), &receipt, 1).unwrap().finish().unwrap();
    assert_eq!(schema.rows("SELECT record FROM users"), ["1"]);
}

#[test]
fn a_lock_is_waited_for_until_its_timeout() {
    let Some(schema) = Schema::new() else { return };
    schema.pull(json!({}), &["1"]).unwrap();
    let mut sink = schema.open(json!({"lock_timeout": "2s"})).unwrap();
    sink.commit(Mark::START).unwrap();
    let mut other = schema.server.client();
    let mut transaction = other.transaction().unwrap();
    transaction.batch_execute(&format!("LOCK TABLE {}.users IN ACCESS SHARE MODE", schema.name)).unwrap();
    assert_eq!(
        describe(&sink.finish().unwrap_err()),
        format!(
            "Unavailable: cannot finish {}: another program has locked it for longer than `lock_timeout`\ncanceling \
             statement due to lock timeout",
            schema.shown()
        )
    );
}

#[test]
fn a_statement_is_waited_for_until_its_timeout() {
    let Some(schema) = Schema::new() else { return };
    schema.run(
        "CREATE TABLE users (record json); CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM \
         pg_sleep(600); RETURN NEW; END $$; CREATE TRIGGER slow BEFORE INSERT ON users EXECUTE FUNCTION slow()",
    );
    let options = json!({"mode": "append", "statement_timeout": "300ms"});
    assert_eq!(
        describe(&schema.pull(options, &["1"]).unwrap_err()),
        format!(
            "Unavailable: cannot finish {}: it took longer than `statement_timeout`\ncanceling statement due to statement \
             timeout",
            schema.shown()
        )
    );
}

#[test]
fn a_table_that_does_not_fit_is_rejected_with_the_reason() {
    let error = |existing: &str, options: Value| {
        let schema = Schema::new()?;
        schema.run(existing);
        let text = describe(&schema.open(options).unwrap_err());
        let reason = text.strip_prefix(&format!("Rejected: cannot write to {}: ", schema.shown()));
        Some(reason.unwrap_or_else(|| panic!("{text}")).to_owned())
    };
    if Server::get().is_none() {
        return;
    }
    let append = |more: &Value| {
        let mut options = json!({"mode": "append", "columns": ["/id"]});
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        options
    };
    let cases = [
        ("CREATE VIEW users AS SELECT 1 AS id", json!({}), "it already exists as a view"),
        ("CREATE TABLE users (id int)", append(&json!({})), "its column `id` is of type integer, not text"),
        (
            "CREATE TABLE users (name text)",
            append(&json!({})),
            "it has no column `id` (set `add_columns = true` to add it)",
        ),
        (
            "CREATE TABLE users (id text, other text, UNIQUE (id, other))",
            append(&json!({"key": "id"})),
            "it has no PRIMARY KEY or UNIQUE constraint for the `key`, `id`",
        ),
    ];
    for (existing, options, reason) in cases {
        assert_eq!(error(existing, options).unwrap(), reason);
    }
}

#[test]
fn a_constraint_or_a_view_can_stop_a_pull() {
    let Some(schema) = Schema::new() else { return };
    schema.run("CREATE TABLE users (id text UNIQUE)");
    let options = json!({"mode": "append", "columns": ["/id"]});
    assert_eq!(
        describe(&schema.pull(options, &[r#"{"id":1}"#, r#"{"id":1}"#]).unwrap_err()),
        format!(
            "Rejected: cannot finish {}: a row violates a constraint of the table (set `key` to let later rows replace \
             earlier ones)\nduplicate key value violates unique constraint \"users_id_key\": Key (id)=(1) already exists.",
            schema.shown()
        )
    );
    schema.run("CREATE VIEW ids AS SELECT id FROM users");
    assert_eq!(
        describe(&schema.pull(json!({"columns": ["/id"]}), &[]).unwrap_err()),
        format!(
            "Rejected: cannot finish {0}: other objects, such as views, depend on the table that would be replaced (use \
             `mode = \"append\"` with a `key`)\ncannot drop table {1}.users because other objects depend on it: view \
             {1}.ids depends on table {1}.users",
            schema.shown(),
            schema.name
        )
    );
}
