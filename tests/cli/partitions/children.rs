//! Plans of streams with parents.

use crate::{
    folder::Folder,
    parents::families::{CHILDREN, Families, PARENTS},
};

/// Gives each team a file of its own.
fn separately(folder: Folder) -> Folder {
    let configuration = folder.read("longhaul.toml").replace("{stream}", "{stream}-{each.team}");
    folder.with("longhaul.toml", configuration)
}

#[test]
fn parents_are_pulled_first_and_are_in_the_plan() {
    let families = Families::new(20);
    let parents = PARENTS.replace("sinks = [\"lines\"]\n", "");
    let folder = separately(families.folder(&[&parents, CHILDREN]));
    let planned = folder.run("plan members --out plan.ndjson");
    assert_eq!(
        planned.assert_complete().stable_stderr(),
        "teams: complete, 20 records in 1 page, TIME -> parents of `members`\nplan: 20 partitions -> `plan.ndjson`\n"
    );
    let plan = folder.read("plan.ndjson");
    assert_eq!(
        plan.lines().nth(3).unwrap(),
        r#"{"id":"2","stream":"members","parent":2,"values":{"team":"t2"},"add":{"team":"t2"}}"#
    );
    // The plan has all that is needed, whatever becomes of the parents.
    families.set_parents(7);
    for index in 0..2 {
        folder.run(&format!("run --plan plan.ndjson --part {index}/2 --workers 1")).assert_complete();
    }
    families.set_parents(20);
    assert_eq!(families.requests("/teams"), 1);
    assert_eq!(folder.run("verify plan.ndjson --cat").assert_complete().stdout, families.members());
    assert_eq!(folder.names_in("out").len(), 20);
}

#[test]
fn a_stream_can_be_planned_together_with_that_of_its_parents() {
    let families = Families::new(3);
    let folder =
        families.folder(&[&PARENTS.replace("sinks = [\"lines\"]\n", "sinks = [\"all\"]\n"), CHILDREN]);
    let all = "[sinks.all]\ntype = \"ndjson\"\npath = \"out/all.ndjson\"\n";
    let folder = separately(folder);
    let configuration = folder.read("longhaul.toml") + all;
    let folder = folder.with("longhaul.toml", configuration);
    folder.run("plan teams members --out plan.ndjson").assert_complete();
    let plan = folder.read("plan.ndjson");
    let ids: Vec<_> = plan.lines().skip(1).map(|line| line.split('"').nth(3).unwrap()).collect();
    assert_eq!(ids, ["teams.all", "members.0", "members.1", "members.2"]);
    folder.run("run --plan plan.ndjson --partition teams.all").assert_complete();
    assert_eq!(folder.names_in("out"), ["all.ndjson"]);
    assert_eq!(folder.run("verify plan.ndjson").stdout, "members.0\nmembers.1\nmembers.2\n");
    folder.run("run --plan plan.ndjson").assert_complete();
    folder.run("verify plan.ndjson --cat").assert_failed(
        2,
        "error: the plan has several streams: `teams`, `members`\nhint: choose the one to print with --stream\n",
    );
    let members = folder.run("verify plan.ndjson --cat --stream members");
    assert_eq!(members.assert_complete().stdout, families.members());
}

/// One that fails because of its own requests does not stop the others.
#[test]
fn a_partition_that_fails_leaves_the_others_to_be_pulled() {
    let families = Families::new(9).with_gone(4);
    let folder = separately(families.folder(&[&PARENTS.replace("sinks = [\"lines\"]\n", ""), CHILDREN]));
    folder.run("plan members --out plan.ndjson").assert_complete();
    let ended = folder.run("run --plan plan.ndjson --summary summary.json");
    assert_eq!(ended.code, Some(4));
    assert!(
        ended.last_error().starts_with("error: the stream `members` is not complete\n"),
        "{}",
        ended.stderr
    );
    assert_eq!(folder.names_in("out").len(), 7);
    assert_eq!(folder.run("verify plan.ndjson").stdout, "4\n8\n");
    let rule = "[[streams.members.answers]]\nwhen = { status = 404 }\nthen = \"skip\"\n";
    let configuration = folder.read("longhaul.toml") + rule;
    let folder = folder.with("longhaul.toml", configuration);
    folder.run("run --plan plan.ndjson").assert_complete();
    assert_eq!(folder.run("verify plan.ndjson --cat").assert_complete().stdout, families.members());
}
