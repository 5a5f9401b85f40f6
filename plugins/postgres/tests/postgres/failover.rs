//! A server with a standby, which takes over when the server crashes during a pull.

use std::time::Duration;

use longhaul_demo::Settings;
use serde_json::json;

use crate::{
    restarted::assert_is_crash,
    run::{Pull, act_as_command, failure, saved},
    server::{Server, client, texts, url},
    support::{configured, describe, variables},
};

/// A pull into the server, and after it into the standby. Every page is committed.
fn pull(test: &'static str, ports: &[u16]) -> Pull {
    let settings = Settings {
        records: 200,
        rate_allowed: u32::MAX,
        latency: Duration::from_millis(5),
        ..Settings::default()
    };
    Pull::new(test, settings, url(ports), 2, ["commit_every = \"0s\"", ""])
}

/// The hosts, as messages name them.
fn place(ports: &[u16]) -> String {
    let hosts = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect::<Vec<_>>().join(",");
    format!("{hosts}/postgres")
}

#[test]
fn the_same_command_resumes_on_a_standby_that_has_every_commit() {
    act_as_command();
    let Some((mut server, standby)) = Server::start_with_standby() else { return };
    let ports = [server.port, standby];
    // A commit waits until the standby has it.
    for sql in ["ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"] {
        server.client().batch_execute(sql).unwrap();
    }
    let test = "failover::the_same_command_resumes_on_a_standby_that_has_every_commit";
    let pull = pull(test, &ports);
    let running = pull.command("longhaul run").spawn().unwrap();
    pull.wait_for_pages(20);
    server.tell("crash");
    let output = running.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    assert_is_crash(&stderr, &place(&ports));
    assert!(saved(&stderr) > 0, "{stderr}");

    // Nobody has taken over yet.
    let (code, stderr) = pull.run("longhaul run");
    assert_eq!(code, Some(5), "{stderr}");
    let what = format!(
        "cannot connect to `{}` (this is what the last host says): it is read-only (wait until it has taken over from the \
         primary, or add the primary to `url`)",
        place(&ports)
    );
    let causes = [what.as_str(), "database does not allow writes"];
    let error = failure(&causes, "fix the problem, then resume with: longhaul run");
    assert!(stderr.ends_with(&error), "{stderr}");

    server.tell("promote");
    let (code, stderr) = pull.run("longhaul run");
    assert_eq!(code, Some(0), "{stderr}");
    pull.assert_complete(texts(standby, "SELECT record FROM conversations"), "");
}

#[test]
fn a_standby_that_lacks_commits_is_an_error_until_the_pull_starts_over() {
    act_as_command();
    let Some((mut server, standby)) = Server::start_with_standby() else { return };
    let ports = [server.port, standby];
    let test = "failover::a_standby_that_lacks_commits_is_an_error_until_the_pull_starts_over";
    let pull = pull(test, &ports);
    let running = pull.command("longhaul run").spawn().unwrap();
    pull.wait_for_pages(20);
    server.tell("stop standby");
    // Each page is requested after the commit of the one before the last.
    pull.wait_for_pages(pull.api.stats().pages + 10);
    server.tell("crash");
    let output = running.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    let committed = saved(&stderr);

    server.tell("start standby");
    server.tell("promote");
    let (code, stderr) = pull.run("longhaul run");
    assert_eq!(code, Some(5), "{stderr}");
    let rows = texts(standby, "SELECT \"rows\" FROM _longhaul").remove(0);
    let what = format!(
        "cannot resume table `public.conversations` in `{}`: it has {rows} rows, but {committed} were committed: the \
         database is older than the checkpoint (restore it, or start over with `--fresh`)",
        place(&ports)
    );
    let hint = "discard what was pulled so far and start again: longhaul run conversations --fresh";
    assert!(stderr.ends_with(&failure(&[&what], hint)), "{stderr}");

    let (code, stderr) = pull.run("longhaul run --fresh");
    assert_eq!(code, Some(0), "{stderr}");
    pull.assert_complete(texts(standby, "SELECT record FROM conversations"), "");
}

#[test]
fn the_host_that_accepts_writes_is_used() {
    let Some((mut server, standby)) = Server::start_with_standby() else { return };
    let open = |ports: &[u16], attributes: &str| {
        let options = json!({"url": format!("{}?application_name=x{attributes}", url(ports))});
        configured(options).unwrap().open(&variables(), None).map(drop).map_err(|error| describe(&error))
    };
    let ports = [standby, server.port];
    for attributes in ["", "&target_session_attrs=any", "&target_session_attrs=primary"] {
        open(&ports, attributes).unwrap();
    }
    assert_eq!(
        open(&[standby], "").unwrap_err(),
        format!(
            "Unavailable: cannot connect to `{}`: it is read-only (wait until it has taken over from the primary, or add \
             the primary to `url`)\ndatabase does not allow writes",
            place(&[standby])
        )
    );
    server.tell("crash");
    assert_eq!(
        open(&ports, "").unwrap_err(),
        format!(
            "Unavailable: cannot connect to `{}` (this is what the last host says)\nConnection refused (os error 111)",
            place(&ports)
        )
    );
    assert!(client(standby).batch_execute("CREATE TABLE x ()").is_err());
}
