//! Runs of parents and children that stop, resume and start again.

use longhaul_tests::Reply;

use super::families::{CHILDREN, Families, PARENTS};
use crate::{
    api::{self, LINES},
    folder::Folder,
};

#[test]
fn a_resumed_run_has_the_same_parents() {
    let families = Families::new(200);
    let expected = families.members();
    let folder = families.folder(&[PARENTS, CHILDREN]);
    let stopped = folder.run("run members --max-requests 200");
    assert_eq!(stopped.code, Some(75), "{}", stopped.stderr);
    // Meanwhile, the API has other parents.
    families.set_parents(7);
    let before = families.requests("/teams");
    let status = folder.run("status members");
    assert!(status.stdout.contains(" of 200 partitions complete\n"), "{}", status.stdout);
    let ended = folder.run("run members");
    ended.assert_complete();
    assert!(folder.read("out/members.ndjson") == expected);
    assert_eq!(families.requests("/teams"), before, "the parents are not pulled again");
    // The next run has the new ones.
    folder.run("run members").assert_complete();
    assert!(folder.read("out/members.ndjson") == families.members());
}

#[test]
fn a_fresh_run_has_new_parents() {
    let families = Families::new(200);
    let folder = families.folder(&[PARENTS, CHILDREN]);
    assert_eq!(folder.run("run members --max-requests 200").code, Some(75));
    families.set_parents(20);
    folder.run("run members --fresh").assert_complete();
    assert!(folder.read("out/members.ndjson") == families.members());
}

#[test]
fn each_run_with_few_requests_makes_progress() {
    let families = Families::new(12);
    let folder = families.folder(&[PARENTS, CHILDREN]);
    let mut runs = 0;
    while folder.run("run members --max-requests 3").code == Some(75) {
        runs += 1;
        assert!(runs < 40, "no progress");
    }
    assert!(folder.read("out/members.ndjson") == families.members());
}

#[test]
fn parents_that_an_earlier_command_completed_are_pulled_again_for_their_children() {
    let families = Families::new(100);
    let folder = families.folder(&[PARENTS, CHILDREN]);
    // Both are stopped in the parents. Then a command that does not know of the children completes these.
    assert_eq!(folder.run("run --max-requests 1").code, Some(75));
    folder.run("run teams").assert_complete();
    let ended = folder.run("run");
    ended.assert_complete();
    assert!(folder.read("out/members.ndjson") == families.members());
    assert_eq!(folder.read("out/teams.ndjson").lines().count(), 100);

    // The other way round: the unfinished pull of the parents began without the children.
    assert_eq!(folder.run("run teams --max-requests 1").code, Some(75));
    folder.run("run").assert_complete();
    assert!(folder.read("out/members.ndjson") == families.members());
}

#[test]
fn children_go_to_stdout_without_any_state() {
    let families = Families::new(30);
    let streams = [PARENTS, CHILDREN].map(|stream| stream.replace("sinks = [\"lines\"]\n", ""));
    let folder = families.folder(&[&streams[0], &streams[1]]);
    let ended = folder.run("run members");
    assert_eq!(ended.assert_complete().stdout, families.members());
    assert_eq!(folder.names_in(".longhaul"), [""; 0]);
}

#[test]
fn check_and_preview_use_the_first_parent() {
    let families = Families::new(30);
    let folder = families.folder(&[PARENTS, CHILDREN]);
    let checked = folder.run("check members");
    assert_eq!(
        checked.assert_complete().stdout,
        "configuration: ok\ntoken: ok\nstream teams: ok, 30 records on the only page\n\
         stream members: ok, 0 records on the only page\n"
    );
    assert!(families.requests("/teams/t0/members") > 0);
    families.set_parents(0);
    let previewed = folder.run("preview members");
    assert_eq!(previewed.stable_stderr(), "members: without a parent there is no page to fetch\n");
    assert_eq!((previewed.code, previewed.stdout.as_str()), (Some(0), ""));
}

#[test]
fn changed_parents_are_not_mixed_with_those_of_an_unfinished_run() {
    let families = Families::new(200);
    let folder = families.folder(&[PARENTS, CHILDREN]);
    assert_eq!(folder.run("run members --max-requests 200").code, Some(75));
    std::fs::write(folder.path(".longhaul/members.parents"), "[{\"team\":\"t1\"},{}]\n").unwrap();
    folder.run("run members").assert_failed(
        6,
        "error: cannot resume `members`: its parents are not those that the unfinished run has\n\
         hint: start again with new parents: longhaul run members --fresh\n",
    );
    folder.run("run members --fresh").assert_complete();
    assert!(folder.read("out/members.ndjson") == families.members());
}

#[test]
fn a_parent_without_sinks_is_not_printed_unless_it_is_named() {
    let families = Families::new(30);
    let folder = families.folder(&[&PARENTS.replace("sinks = [\"lines\"]\n", ""), CHILDREN]);
    let ended = folder.run("run");
    assert_eq!(ended.assert_complete().stdout, "");
    assert!(folder.read("out/members.ndjson") == families.members());
    let ended = folder.run("run members teams");
    assert_eq!(ended.assert_complete().stdout.lines().count(), 30);
}

#[test]
fn all_records_of_an_incremental_stream_are_parents() {
    let families = Families::new(30);
    let window = "window = { from = \"2026-01-01\", to = \"2026-01-02\", incremental = true }\nsinks = [\"days\"]\n\
         query = { day = \"{window.start}\" }\n";
    let days = "[sinks.days]\ntype = \"ndjson\"\npath = \"out/{window.start}.ndjson\"\n";
    let folder = families.folder(&[&PARENTS.replace("sinks = [\"lines\"]\n", window), CHILDREN, days]);
    for run in ["run teams", "run", "run", "run members"] {
        folder.run(run).assert_complete();
        if run != "run teams" {
            assert!(folder.read("out/members.ndjson") == families.members(), "{run}");
            std::fs::remove_file(folder.path("out/members.ndjson")).unwrap();
        }
    }
}

#[test]
fn parents_that_were_published_by_a_killed_run_are_used() {
    let families = Families::new(200);
    let folder = families.folder(&[PARENTS, CHILDREN]);
    assert_eq!(folder.run("run members --max-requests 2").code, Some(75));
    // As if the run had been killed after publishing the parents, and before saving that they are complete.
    let line = |id| format!("[{{\"team\":\"t{id}\"}},{{\"team\":\"t{id}\"}}]\n");
    let parents: String = (0..200).map(line).collect();
    std::fs::write(folder.path(".longhaul/members.parents"), parents).unwrap();
    for _ in 0..2 {
        folder.run("run members").assert_complete();
        assert!(folder.read("out/members.ndjson") == families.members());
    }
}

#[test]
fn each_parent_has_a_job_of_its_own() {
    let server = api::server(|request| match (request.method.as_str(), request.url.path()) {
        ("POST", "/exports") => {
            let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
            Reply::json(format!(r#"{{"jobId":"job-{}"}}"#, body["team"].as_str().unwrap())).into()
        }
        ("GET", path) if path.ends_with("/results") => {
            Reply::json(format!(r#"{{"items":[{{"path":"{path}"}}]}}"#)).into()
        }
        _ => Reply::json(r#"{"state":"DONE"}"#).into(),
    });
    let stream = r#"
[streams.calls]
path = "/exports/{job.id}/results"
records = "/items"
each = { list = ["b", "a", "c"], as = "team", add = { team = "" } }
sinks = ["lines"]

[streams.calls.job]
submit = { path = "/exports", body = { team = "{each.team}" } }
id = "/jobId"
poll = "/exports/{job.id}"
state = "/state"
done = ["DONE"]
every = "1ms"
"#;
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), stream, LINES].concat());
    folder.run("run").assert_complete();
    let line = |team| format!("{{\"path\":\"/exports/job-{team}/results\",\"team\":\"{team}\"}}\n");
    assert_eq!(folder.read("out/calls.ndjson"), line("b") + &line("a") + &line("c"));
}

#[test]
fn a_key_drops_duplicates_of_all_parents_in_order() {
    let server = api::server(|request| {
        let team = request.url.path()[1..].to_owned();
        Reply::json(format!(r#"{{"items":[{{"id":"all","of":"{team}"}},{{"id":"{team}"}}]}}"#)).into()
    });
    let stream = r#"
[streams.members]
path = "/{each.team}"
records = "/items"
unique = "/id"
each = { list = ["c", "a", "b", "c"], as = "team" }
sinks = ["lines"]
"#;
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), stream, LINES].concat());
    folder.run("run").assert_complete();
    let expected = "{\"id\":\"all\",\"of\":\"c\"}\n{\"id\":\"c\"}\n{\"id\":\"a\"}\n{\"id\":\"b\"}\n";
    assert_eq!(folder.read("out/members.ndjson"), expected);
}
