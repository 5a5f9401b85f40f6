//! Streams as CSV tables.

use longhaul_tests::Reply;

use crate::{
    api::{self, reach, without_faults},
    folder::Folder,
};

const PRESET: &str = "system = \"genesys\"\nregion = \"mypurecloud.de\"\n";
const USERS: &str = "id,name,email,username,state,title,department,division,divisionId";

/// An API with two pages. Only the last record has the member `late`.
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
fn a_type_in_place_of_a_sink_writes_a_useful_table() {
    let api = api::start(&without_faults(10));
    let folder = Folder::configured(PRESET);
    let ended = reach(&api, folder.longhaul("run users --sink csv")).run();
    let stderr = ended.assert_complete().stable_stderr();
    assert!(stderr.ends_with(" -> FOLDER/users.csv\n"), "{stderr}");
    let table = folder.read("users.csv");
    assert_eq!((table.lines().next(), table.lines().count()), (Some(USERS), 121));
    assert!(table.lines().all(|row| row.ends_with('\r') || row.split(',').count() >= 9));
    reach(&api, folder.longhaul("run users --sink ndjson")).run().assert_complete();
    assert_eq!(folder.read("users.ndjson").lines().count(), 120);
}

const OF_SESSIONS: &str =
    "sessionId,mediaType,direction,ani,dnis,remote,provider,queueId,flowName,metrics,segments";
const OF_CONVERSATIONS: &str = "conversationId,conversationStart,conversationEnd,originatingDirection,divisionIds,\
                                participantId,participantName,purpose,userId";

/// Each table starts with the ids, and has readable names. No column is empty, except for `description`.
#[test]
fn every_stream_of_the_preset_has_a_table() {
    let api = api::start(&without_faults(50));
    let columns: [(&str, &[&str]); 12] = [
        ("conversations", &[OF_CONVERSATIONS, OF_SESSIONS]),
        ("conversation_jobs", &[OF_CONVERSATIONS, "attributes", OF_SESSIONS]),
        ("user_status_jobs", &["userId,startTime,endTime,systemPresence,organizationPresenceId"]),
        ("users", &[USERS]),
        (
            "queues",
            &[
                "id,name,description,division,divisionId,memberCount,skillEvaluationMethod,dateCreated,dateModified",
            ],
        ),
        ("wrapup_codes", &["id,name,description,division,divisionId,dateCreated,dateModified"]),
        ("skills", &["id,name,state,dateModified"]),
        ("groups", &["id,name,description,type,state,visibility,memberCount,dateModified"]),
        ("divisions", &["id,name,description,homeDivision"]),
        ("presence_definitions", &["id,name,label,systemPresence,primary,deactivated,modifiedDate"]),
        (
            "audits",
            &[
                "id,eventDate,serviceName,level,action,status,userId,clientId,remoteIp,entityType,entityId,entityName,\
               propertyChanges,context",
            ],
        ),
        ("scim_users", &["id,userName,displayName,active,title,email,division,department,lastModified"]),
    ];
    for (stream, columns) in columns {
        let folder = Folder::configured(PRESET);
        let mut keys = Vec::new();
        if ["conversations", "conversation_jobs", "user_status_jobs", "audits"].contains(&stream) {
            keys.extend(["window.from=2026-01-01", "window.to=2026-01-08"]);
        }
        if stream.ends_with("jobs") || stream == "audits" {
            keys.push("job.every=1ms");
        }
        if stream == "audits" {
            keys.push("job.submit.body.serviceName=Routing");
        }
        let command =
            keys.iter().fold(folder.longhaul(&format!("run {stream} --sink csv")), |command, key| {
                command.argument("--set").argument(format!("streams.{stream}.{key}"))
            });
        reach(&api, command).run().assert_complete();
        let mut table = csv::Reader::from_path(folder.path(&format!("{stream}.csv"))).unwrap();
        let names = table.headers().unwrap().clone();
        assert_eq!(names.iter().collect::<Vec<_>>().join(","), columns.join(","), "{stream}");
        let rows: Vec<_> = table.records().map(Result::unwrap).collect();
        let is_empty = |at: &usize| rows.iter().all(|row| row[*at].is_empty());
        let empty: Vec<_> = (0..names.len()).filter(is_empty).map(|at| &names[at]).collect();
        let described = names.iter().filter(|name| *name == "description").collect::<Vec<_>>();
        assert_eq!(empty, described, "{stream}");
        assert!(rows.iter().all(|row| row[0].len() == 36), "{stream} begins with an id");
    }
}

#[test]
fn a_sink_uses_the_columns_of_the_stream_on_request() {
    let api = api::start(&without_faults(10));
    let sinks = "[sinks.table]\ntype = \"csv\"\npath = \"t.csv\"\ndelimiter = \";\"\n[sinks.pipe]\ntype = \"stdout\"\n\
                 format = \"csv\"\n[sinks.some]\ntype = \"csv\"\npath = \"s.csv\"\ncolumns = [\"/name\"]\n";
    let folder = Folder::configured(&[PRESET, sinks].concat());
    let header = |command: &str, file: &str| {
        reach(&api, folder.longhaul(command)).run().assert_complete();
        folder.read(file).lines().next().unwrap().to_owned()
    };
    let stream = "run users --sink table --set sinks.table.columns=stream";
    assert_eq!(header(stream, "t.csv"), USERS.replace(',', ";"));
    assert_eq!(header("run users --sink some", "s.csv"), "name");
    for command in ["run users --sink table", "run users --sink table --set sinks.table.columns=all"] {
        let all = header(command, "t.csv");
        assert!(all.starts_with("id;name;division.id;division.name;"), "{all}");
    }
    let piped = reach(&api, folder.longhaul("run users --sink pipe")).run();
    assert_eq!(piped.assert_complete().stdout.lines().next(), Some(USERS));
    // NDJSON has no columns.
    let piped = reach(&api, folder.longhaul("run users --sink stdout")).run();
    assert!(piped.assert_complete().stdout.starts_with('{'));
    let fewer = r#"streams.users.table.columns=["/email"]"#;
    let command = folder.longhaul(stream).argument("--set").argument(fewer);
    reach(&api, command).run().assert_complete();
    assert_eq!(folder.read("t.csv").lines().next(), Some("email"));
}

#[test]
fn without_a_list_of_columns_all_columns_are_written() {
    let server = late();
    let folder = Folder::configured(&api::tutorial(&api::root(&server)));
    let command = "run --sink csv";
    folder.run(command).assert_complete();
    assert_eq!(folder.read("conversations.csv"), "id,a.b,a.late\r\n1.10,x,\r\n2,\"\",\r\n,,=1+1\r\n");
    assert_eq!(folder.names_in("."), [".longhaul", "conversations.csv", "longhaul.toml"]);
}

#[test]
fn an_error_in_a_table_shows_where_it_is_configured() {
    let server = late();
    let table = "[streams.conversations.table]\nrows = \"/a/*\"\ncolumns = [\"/id\", \"^^^/a\"]\n";
    let folder = Folder::configured(&(api::tutorial(&api::root(&server)) + table));
    let cause = "caused by: column 2: `^^^/a` has 3 `^`, but there are only 2 levels: the record and each `*` of `rows`\n";
    for command in ["run --sink csv", "preview conversations"] {
        let stderr = format!(
            "error: cannot use `streams.conversations.table.columns`\n  in: longhaul.toml:26\n  {cause}"
        );
        folder.run(command).assert_failed(2, &stderr);
    }
    // A sink with its own columns, or without any, does not use the table.
    folder.run("run").assert_complete();
}

#[test]
fn columns_of_a_stream_without_a_table_are_an_error() {
    let server = late();
    let sink = "[sinks.table]\ntype = \"csv\"\npath = \"t.csv\"\ncolumns = \"stream\"\n";
    let folder = Folder::configured(&(api::tutorial(&api::root(&server)) + sink));
    folder.run("run --sink table").assert_failed(
        2,
        "error: `sinks.table.columns`: the stream has no `table`\n  in: longhaul.toml:27\n\
         hint: list the columns, or add a table `[streams.NAME.table]`\n",
    );
}
