//! Tables: what a stream looks like as CSV.

use longhaul_tests::Reply;

use crate::{
    api::{self, calm, reach},
    folder::Folder,
};

const PRESET: &str = "system = \"genesys\"\nregion = \"mypurecloud.de\"\n";
const USERS: &str = "id,name,email,username,state,title,department,division,divisionId";

/// An API of two pages, the last record of which has a member that no other has.
fn late() -> longhaul_tests::FaultServer {
    api::server(|request| match request.url.query() {
        None => Reply::json(
            r#"{"results":[{"id":1.10,"a":{"b":"x"}},{"id":2,"a":{"b":""}}],"nextPageUri":"?page=2"}"#,
        )
        .into(),
        Some(_) => Reply::json(r#"{"results":[{"id":null,"a":{"late":"=1+1"}}]}"#).into(),
    })
}

#[test]
fn a_type_in_place_of_a_sink_gives_a_table_that_a_person_would_have_made() {
    let api = api::start(&calm(10));
    let folder = Folder::configured(PRESET);
    let ended = reach(&api, folder.longhaul("run users --sink csv")).run();
    let said = ended.assert_complete().said();
    assert!(said.ends_with(" -> FOLDER/users.csv\n"), "{said}");
    let table = folder.read("users.csv");
    assert_eq!((table.lines().next(), table.lines().count()), (Some(USERS), 121));
    assert!(table.lines().all(|row| row.ends_with('\r') || row.split(',').count() >= 9));
    reach(&api, folder.longhaul("run users --sink ndjson")).run().assert_complete();
    assert_eq!(folder.read("users.ndjson").lines().count(), 120);
}

#[test]
fn every_stream_of_the_preset_has_a_table() {
    let api = api::start(&calm(50));
    let week = "window.from=2026-01-01";
    for (stream, first) in [
        (
            "conversations",
            "conversationId,conversationStart,conversationEnd,originatingDirection,divisionIds,",
        ),
        ("conversation_jobs", "conversationId,conversationStart,conversationEnd,"),
        ("user_status_jobs", "userId,startTime,endTime,systemPresence,organizationPresenceId"),
        ("users", USERS),
        ("queues", "id,name,description,division,divisionId,memberCount,"),
        ("wrapup_codes", "id,name,description,division,divisionId,"),
        ("skills", "id,name,state,dateModified"),
        ("groups", "id,name,description,type,state,"),
        ("divisions", "id,name,description,homeDivision"),
        ("presence_definitions", "id,name,label,systemPresence,"),
        ("audits", "id,eventDate,serviceName,level,action,status,userId,"),
        ("scim_users", "id,userName,displayName,active,title,email,division,department,lastModified"),
    ] {
        let folder = Folder::configured(PRESET);
        let mut typed = folder.longhaul("run --sink csv").argument(stream);
        if ["conversations", "conversation_jobs", "user_status_jobs", "audits"].contains(&stream) {
            let to = format!("streams.{stream}.window.to=2026-01-08");
            typed = typed.argument("--set").argument(format!("streams.{stream}.{week}"));
            typed = typed.argument("--set").argument(to);
        }
        if stream.ends_with("jobs") || stream == "audits" {
            typed = typed.argument("--set").argument(format!("streams.{stream}.job.every=1ms"));
        }
        if stream == "audits" {
            typed = typed.argument("--set").argument("streams.audits.job.submit.body.serviceName=Routing");
        }
        reach(&api, typed).run().assert_complete();
        let table = folder.read(&format!("{stream}.csv"));
        assert!(table.starts_with(first), "{stream}: {table:.200}");
        assert!(table.lines().count() > 1, "{stream}");
    }
}

#[test]
fn a_sink_takes_the_streams_own_columns_where_it_asks_for_them() {
    let api = api::start(&calm(10));
    let sinks = "[sinks.table]\ntype = \"csv\"\npath = \"t.csv\"\ndelimiter = \";\"\n[sinks.pipe]\ntype = \"stdout\"\n\
                 format = \"csv\"\n[sinks.some]\ntype = \"csv\"\npath = \"s.csv\"\ncolumns = [\"/name\"]\n";
    let folder = Folder::configured(&[PRESET, sinks].concat());
    let header = |typed: &str, file: &str| {
        reach(&api, folder.longhaul(typed)).run().assert_complete();
        folder.read(file).lines().next().unwrap().to_owned()
    };
    let stream = "run users --sink table --set sinks.table.columns=stream";
    assert_eq!(header(stream, "t.csv"), USERS.replace(',', ";"));
    assert_eq!(header("run users --sink some", "s.csv"), "name");
    for typed in ["run users --sink table", "run users --sink table --set sinks.table.columns=all"] {
        let all = header(typed, "t.csv");
        assert!(all.starts_with("id;name;division.id;division.name;"), "{all}");
    }
    let piped = reach(&api, folder.longhaul("run users --sink pipe")).run();
    assert_eq!(piped.assert_complete().stdout.lines().next(), Some(USERS));
    // NDJSON has no columns.
    let piped = reach(&api, folder.longhaul("run users --sink stdout")).run();
    assert!(piped.assert_complete().stdout.starts_with('{'));
    let fewer = r#"streams.users.table.columns=["/email"]"#;
    let typed = folder.longhaul(stream).argument("--set").argument(fewer);
    reach(&api, typed).run().assert_complete();
    assert_eq!(folder.read("t.csv").lines().next(), Some("email"));
}

#[test]
fn without_any_columns_there_are_all_of_them() {
    let server = late();
    let folder = Folder::configured(&api::tutorial(&api::root(&server)));
    let typed = "run --sink csv";
    folder.run(typed).assert_complete();
    assert_eq!(folder.read("conversations.csv"), "id,a.b,a.late\r\n1.10,x,\r\n2,\"\",\r\n,,=1+1\r\n");
    assert_eq!(folder.names_in("."), [".longhaul", "conversations.csv", "longhaul.toml"]);
}

#[test]
fn a_table_that_makes_no_sense_is_told_where_it_was_written() {
    let server = late();
    let table = "[streams.conversations.table]\nrows = \"/a/*\"\ncolumns = [\"/id\", \"^^^/a\"]\n";
    let folder = Folder::configured(&(api::tutorial(&api::root(&server)) + table));
    let cause = "caused by: column 2: `^^^/a` has 3 `^`, but the record and each `*` of `rows` make only 2\n";
    for typed in ["run --sink csv", "preview conversations"] {
        let said = format!(
            "error: `streams.conversations.table.columns` cannot be used\n  in: longhaul.toml:26\n  {cause}"
        );
        folder.run(typed).assert_failed(2, &said);
    }
    // Where a sink says itself what it wants, or wants no table, nobody asks.
    folder.run("run").assert_complete();
}

#[test]
fn a_stream_without_a_table_cannot_be_asked_for_one() {
    let server = late();
    let sink = "[sinks.table]\ntype = \"csv\"\npath = \"t.csv\"\ncolumns = \"stream\"\n";
    let folder = Folder::configured(&(api::tutorial(&api::root(&server)) + sink));
    folder.run("run --sink table").assert_failed(
        2,
        "error: `sinks.table.columns`: the stream has no table of its own\n  in: longhaul.toml:27\n\
         hint: list the columns, or write a table `[streams.NAME.table]`\n",
    );
}
