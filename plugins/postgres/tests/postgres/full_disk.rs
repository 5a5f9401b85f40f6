//! A server whose disk is full during a pull.

use longhaul_demo::Settings;
use postgres::{Client, error::SqlState};

use crate::{
    run::{Pull, act_as_command, failure, saved},
    server::Server,
};

/// Tables of the server need about 40 MiB before there is any row.
const DISK: u32 = 64;

#[test]
fn the_run_fails_and_the_same_command_resumes() {
    act_as_command();
    let Some(server) = Server::start_on_disk_of(DISK) else { return };
    let mut client = server.client();
    fill(&mut client);
    let settings = Settings { records: 4000, rate_allowed: u32::MAX, ..Settings::default() };
    let test = "full_disk::the_run_fails_and_the_same_command_resumes";
    let pull = Pull::new(test, settings, server.url(), 50, ["commit_every = \"0s\"", ""]);
    let (code, stderr) = pull.run("longhaul run");
    assert_eq!(code, Some(5), "{stderr}");
    let error = &stderr[stderr.find("error: ").unwrap()..];
    let expected = ["write to", "commit to"].map(|doing| {
        let place = format!("127.0.0.1:{}/postgres", server.port);
        let what = format!("cannot {doing} table `public.conversations` in `{place}`");
        let cause = "could not extend file \"base/N/N\": No space left on device";
        failure(&[&what, cause], "fix the problem, then resume with: longhaul run")
    });
    assert!(expected.contains(&without_numbers(error)), "{stderr}");
    assert!(saved(&stderr) > 0, "{stderr}");

    client.batch_execute("DROP TABLE ballast").unwrap();
    let (code, stderr) = pull.run("longhaul run");
    assert_eq!(code, Some(0), "{stderr}");
    pull.assert_complete(server.texts("SELECT record FROM conversations"), "");
}

/// Fills the disk, but for about 1 MiB.
fn fill(client: &mut Client) {
    let add = |table: &str, pages: u32| {
        format!("INSERT INTO {table} SELECT repeat('x', 7000) FROM generate_series(1, {pages})")
    };
    client
        .batch_execute(
            "CREATE TABLE room (text text); CREATE TABLE ballast (text text); ALTER TABLE room ALTER text SET STORAGE \
             PLAIN; ALTER TABLE ballast ALTER text SET STORAGE PLAIN",
        )
        .unwrap();
    client.batch_execute(&add("room", 128)).unwrap();
    let full = (0..).find_map(|_| client.batch_execute(&add("ballast", 16)).err()).unwrap();
    assert_eq!(full.code(), Some(&SqlState::DISK_FULL), "{full}");
    client.batch_execute("DROP TABLE room").unwrap();
}

/// The path of a file of the server has numbers that differ.
fn without_numbers(text: &str) -> String {
    let Some((start, rest)) = text.split_once("\"base/") else { return text.to_owned() };
    let (_, end) = rest.split_once('"').unwrap();
    // On this disk, half a page may fit.
    let end = match end.split_once('\n') {
        Some((cause, end)) if cause.starts_with(": wrote only") => {
            format!(": No space left on device\n{end}")
        }
        _ => end.to_owned(),
    };
    format!("{start}\"base/N/N\"{end}")
}
