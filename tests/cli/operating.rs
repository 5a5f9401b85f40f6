//! The files for schedulers in `cli/docs/operating` do what they say.
#![cfg(unix)]

use std::{fs, path::Path, process::Command};

use figment::{
    Figment,
    providers::{Format, Yaml},
};
use longhaul_tests::{FaultServer, Reply};
use serde_json::{Value, json};

use crate::{
    api,
    folder::Folder,
    repairable_api::{ALL, RepairableApi},
};

/// A file of `cli/docs/operating`.
fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operating").join(name)).unwrap()
}

/// The value of `key` in a unit of systemd.
fn setting<'u>(unit: &'u str, key: &str) -> &'u str {
    let mut values = unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    values.next().unwrap_or_else(|| panic!("no {key} in {unit}"))
}

/// Runs `script` in a shell that finds `longhaul`. The configuration is in `longhaul.toml`, and the variable `PING_URL` in
/// `environment`.
#[track_caller]
fn assert_pulls(script: &str) {
    let (listing, monitor) = (
        RepairableApi::new(Reply::status(410)),
        FaultServer::start(api::clock(), |_| Reply::status(200).into()),
    );
    listing.repair();
    let environment = format!("PING_URL={}/check\n", api::root(&monitor));
    let folder = listing
        .folder()
        .with("pulls/longhaul.toml", listing.configuration())
        .with("pulls/environment", environment);
    let program = Path::new(env!("CARGO_BIN_EXE_longhaul")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("sh");
    command
        .args(["-c", script])
        .current_dir(&folder)
        .env_clear()
        .env("PATH", path)
        .env("HOME", folder.as_ref());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    let told: Vec<_> = monitor.received().iter().map(|request| request.url.path().to_owned()).collect();
    assert_eq!(told, ["/check/start", "/check"]);
    assert_eq!(folder.read("pulls/out/conversations.ndjson"), ALL);
}

#[test]
fn the_service_of_systemd_pulls_and_resumes() {
    let service = file("longhaul.service");
    let command = setting(&service, "ExecStart");
    let words = command.strip_prefix("/usr/local/bin/longhaul -c /etc/longhaul/longhaul.toml ").unwrap();
    assert_pulls(&format!("cd pulls && . ./environment && longhaul -c longhaul.toml {words}"));
    // The codes of a fault that may pass, and of a run that was stopped.
    assert_eq!(setting(&service, "RestartForceExitStatus"), "75");
    assert_eq!(setting(&service, "SuccessExitStatus"), "143");
    assert_eq!(setting(&file("longhaul.timer"), "Persistent"), "true");
}

/// Only where systemd is installed.
#[test]
fn systemd_accepts_its_units() {
    if !Command::new("systemd-analyze").arg("--version").output().is_ok_and(|output| output.status.success())
    {
        return;
    }
    // It checks that the program exists.
    let service = file("longhaul.service").replace("/usr/local/bin/longhaul", env!("CARGO_BIN_EXE_longhaul"));
    let folder =
        Folder::empty().with("longhaul.service", service).with("longhaul.timer", file("longhaul.timer"));
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no", "./longhaul.service", "./longhaul.timer"]).current_dir(&folder);
    let output = verify.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !stderr.contains("longhaul."), "{stderr}");
}

#[test]
fn the_line_for_cron_pulls() {
    let table = file("crontab");
    let line = table.lines().find(|line| line.contains("longhaul -q")).unwrap();
    let command = line.splitn(6, ' ').nth(5).unwrap();
    // A percent sign would end the command.
    assert!(!command.contains('%'), "{command}");
    assert_pulls(command);
}

#[test]
fn the_job_of_kubernetes_pulls() {
    let manifest = file("cronjob.yaml");
    let documents: Vec<Value> =
        manifest.split("\n---\n").map(|text| Figment::from(Yaml::string(text)).extract().unwrap()).collect();
    let [volume, job] = &documents[..] else { panic!("{documents:?}") };
    assert_eq!((&volume["kind"], &job["kind"]), (&json!("PersistentVolumeClaim"), &json!("CronJob")));
    assert_eq!(job["spec"]["concurrencyPolicy"], "Forbid");
    let attempt = &job["spec"]["jobTemplate"]["spec"];
    let codes = &attempt["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"];
    assert_eq!(*codes, json!([2, 3]));
    let pod = &attempt["template"]["spec"];
    assert_eq!(pod["restartPolicy"], "Never", "a policy for failures needs it");
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    let container = &pod["containers"][0];
    for mount in container["volumeMounts"].as_array().unwrap() {
        let volumes = pod["volumes"].as_array().unwrap();
        assert!(volumes.iter().any(|volume| volume["name"] == mount["name"]), "{mount}");
    }
    assert_eq!(pod["volumes"][0]["persistentVolumeClaim"]["claimName"], volume["metadata"]["name"]);
    let words =
        [&container["command"], &container["args"]].map(|words| words.as_array().unwrap().clone()).concat();
    let words: Vec<_> = words.iter().map(|word| word.as_str().unwrap()).collect();
    let command =
        words.join(" ").replace("/config/longhaul.toml", "longhaul.toml").replace("$(PING_URL)", "$PING_URL");
    assert_pulls(&format!("cd pulls && . ./environment && {command}"));
}
