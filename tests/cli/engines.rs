//! The drivers that `longhaul engine` prints. `tests/engines/run` runs those for Ray and Spark on these engines.
#![cfg(unix)]

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use figment::{
    Figment,
    providers::{Format, Yaml},
};
use serde_json::Value;

use crate::{
    command_output::CommandOutput,
    folder::Folder,
    parents::families::{CHILDREN, Families, PARENTS},
};

/// A folder with the streams `teams` and `members`, which has a file for each team.
fn folder(families: &Families) -> Folder {
    let folder = families.folder(&[&PARENTS.replace("sinks = [\"lines\"]\n", ""), CHILDREN]);
    let configuration = folder.read("longhaul.toml").replace("{stream}", "{partition}");
    folder.with("longhaul.toml", configuration)
}

fn printed(engine: &str) -> String {
    Folder::empty().run(&format!("engine {engine}")).assert_complete().stdout.clone()
}

/// The value at this JSON pointer.
#[track_caller]
fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    value.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is missing in {value}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn the_manifest_for_kubernetes_has_the_shape_of_its_schemas() {
    let manifest = printed("kubernetes");
    let documents: Vec<Value> =
        manifest.split("\n---\n").map(|text| Figment::from(Yaml::string(text)).extract().unwrap()).collect();
    let names: Vec<_> = documents
        .iter()
        .map(|document| (text(at(document, "/kind")), text(at(document, "/metadata/name"))))
        .collect();
    let jobs = ["longhaul-plan", "longhaul-pull", "longhaul-verify"].map(|name| ("Job", name));
    assert_eq!(names, [&[("PersistentVolumeClaim", "longhaul")], &jobs[..]].concat());
    assert_eq!(*at(&documents[0], "/spec/accessModes"), serde_json::json!(["ReadWriteMany"]));
    for job in &documents[1..] {
        assert_eq!(text(at(job, "/apiVersion")), "batch/v1");
        assert!(
            at(job, "/spec").get("backoffLimit").is_some()
                != at(job, "/spec").get("backoffLimitPerIndex").is_some()
        );
        assert!(["Never", "OnFailure"].contains(&text(at(job, "/spec/template/spec/restartPolicy"))));
        let volumes = at(job, "/spec/template/spec/volumes").as_array().unwrap();
        let container = at(job, "/spec/template/spec/containers/0");
        assert_eq!(
            text(at(container, "/envFrom/0/secretRef/name")),
            "longhaul",
            "secrets are in no manifest"
        );
        for mount in at(container, "/volumeMounts").as_array().unwrap() {
            assert!(volumes.iter().any(|volume| volume["name"] == mount["name"]), "{mount}");
        }
    }
    let pull = &documents[2];
    assert_eq!(text(at(pull, "/spec/completionMode")), "Indexed");
    // Limits for each index need it (KEP-3850).
    assert_eq!(text(at(pull, "/spec/template/spec/restartPolicy")), "Never");
    assert_eq!(at(pull, "/spec/completions"), at(pull, "/spec/parallelism"));
    let (number, last) = (at(pull, "/spec/completions"), at(pull, "/spec/template/spec/containers/0/args/6"));
    assert_eq!(text(last), format!("$(JOB_COMPLETION_INDEX)/{number}"));
}

#[test]
fn the_command_lines_for_kubernetes_pull_a_plan() {
    let families = Families::new(40);
    let folder = folder(&families);
    let manifest = printed("kubernetes");
    let run = |job: &Value, index: &str| -> CommandOutput {
        let container = at(job, "/spec/template/spec/containers/0");
        let all = [at(container, "/command"), at(container, "/args")];
        // What the kubelet does with the variables of the container.
        let words = all
            .into_iter()
            .flat_map(|words| words.as_array().unwrap())
            .map(|word| text(word).replace("$(JOB_COMPLETION_INDEX)", index).replace("/config/", ""));
        let words: Vec<_> = words.collect();
        if words[0] == "longhaul" {
            return folder.run(&words[1..].join(" "));
        }
        in_shell(&folder, &words.iter().map(String::as_str).collect::<Vec<_>>(), &[])
    };
    let mut jobs =
        manifest.split("\n---\n").skip(1).map(|text| Figment::from(Yaml::string(text)).extract().unwrap());
    let [plan, pull, verify]: [Value; 3] = [jobs.next(), jobs.next(), jobs.next()].map(Option::unwrap);
    run(&plan, "").assert_complete();
    let planned = folder.read("plan.ndjson");
    run(&plan, "").assert_complete();
    assert_eq!(folder.read("plan.ndjson"), planned, "a plan that is there is finished");
    assert_eq!(run(&verify, "").code, Some(75));
    for index in 0..at(&pull, "/spec/completions").as_u64().unwrap() {
        run(&pull, &index.to_string()).assert_complete();
    }
    run(&verify, "").assert_complete();
    let members = folder.run("verify plan.ndjson --cat --stream members");
    assert_eq!(members.assert_complete().stdout, families.members());
}

/// Runs a command that finds `longhaul`, and whatever is in `bin`, on the PATH.
fn in_shell(folder: &Folder, words: &[&str], variables: &[(&str, &str)]) -> CommandOutput {
    let bin = folder.path("bin");
    fs::create_dir_all(&bin).unwrap();
    let link = bin.join("longhaul");
    if !link.exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_longhaul"), &link).unwrap();
    }
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).current_dir(folder).env_clear().env("PATH", path);
    command.envs(variables.iter().copied());
    let output = command.output().unwrap();
    CommandOutput::new(output.status, output.stdout, output.stderr, folder.as_ref())
}

fn executable(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
}

/// `sbatch` is replaced by a script that runs the tasks of the array with the variables that Slurm sets.
#[test]
fn the_script_for_slurm_plans_pulls_and_verifies() {
    let families = Families::new(40);
    let folder = folder(&families);
    let script = printed("slurm");
    let options: Vec<_> = script.lines().filter(|line| line.starts_with("#SBATCH ")).collect();
    assert!(options.contains(&"#SBATCH --requeue"), "{options:?}");
    assert!(options.iter().all(|option| option.starts_with("#SBATCH --")), "{options:?}");
    let folder = folder.with("pull.sh", script);
    executable(
        &folder.path("bin/sbatch"),
        "#!/bin/sh\nset -e\ntest \"$1 $2 $3\" = '--wait --array=0-2 pull.sh'\nexport SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_COUNT=3\n\
         for task in 0 1 2; do SLURM_ARRAY_TASK_ID=$task sh pull.sh; done\n",
    );
    let workers = [("PULL_WORKERS", "3")];
    in_shell(&folder, &["sh", "pull.sh", "members"], &workers).assert_complete();
    let members = folder.run("verify plan.ndjson --cat");
    assert_eq!(members.assert_complete().stdout, families.members());
    assert_eq!(families.requests("/teams"), 1);
    let (requests, again) =
        (families.all_requests(), in_shell(&folder, &["sh", "pull.sh", "members"], &workers));
    again.assert_complete();
    assert_eq!(families.all_requests(), requests, "a plan that is there is finished");
}

#[test]
fn a_task_of_slurm_that_can_be_continued_is_requeued() {
    let families = Families::new(3);
    let folder = folder(&families);
    folder.run("plan members --out plan.ndjson").assert_complete();
    drop(families);
    let folder = folder.with("pull.sh", printed("slurm"));
    executable(&folder.path("bin/scontrol"), "#!/bin/sh\necho \"$@\" >> requeued\n");
    let task = [
        ("SLURM_ARRAY_JOB_ID", "7"),
        ("SLURM_ARRAY_TASK_ID", "1"),
        ("SLURM_ARRAY_TASK_COUNT", "2"),
        ("LONGHAUL_RETRY__MAX_ATTEMPTS", "1"),
    ];
    assert_eq!(in_shell(&folder, &["sh", "pull.sh", "members"], &task).code, Some(75));
    assert_eq!(folder.read("requeued"), "requeue 7_1\n");
}

#[test]
fn scripts_take_streams_and_keep_the_plan_in_the_current_folder() {
    for engine in ["ray", "spark"] {
        let script = printed(engine);
        for part in ["PLAN = \"plan.ndjson\"", "[\"longhaul\", \"plan\", *sys.argv[1:], \"--out\", PLAN]"] {
            assert!(script.contains(part), "{script}");
        }
    }
    let spark = printed("spark");
    assert!(spark.contains("\"spark.speculation\": \"true\""), "{spark}");
}
