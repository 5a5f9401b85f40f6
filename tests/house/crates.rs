//! Which crates may depend on each other.

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

use crate::files::{root, texts};

/// The output of `cargo`. It needs no network, because the dependencies of the workspace have been downloaded to build this
/// test.
pub(crate) fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn metadata() -> Value {
    serde_json::from_str(&cargo(&["metadata", "--offline", "--no-deps", "--format-version", "1"])).unwrap()
}

fn packages() -> Vec<Value> {
    metadata()["packages"].as_array().unwrap().clone()
}

fn name(value: &Value) -> String {
    value["name"].as_str().unwrap().to_owned()
}

/// The dependencies of each crate of the workspace, without dev-dependencies and those of features.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let of_package = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        let mut names: Vec<_> =
            all.filter(|each| each["kind"] != "dev" && each["optional"] == false).map(name).collect();
        names.sort();
        names
    };
    packages().iter().map(|package| (name(package), of_package(package))).collect()
}

/// The dependencies of a crate that belong to this workspace.
fn workspace_dependencies(of: &str) -> Vec<String> {
    let mut all = dependencies();
    let dependencies = all.remove(of).unwrap_or_else(|| panic!("there is no crate {of}"));
    dependencies.into_iter().filter(|dependency| all.contains_key(dependency)).collect()
}

#[test]
fn crates_depend_only_on_the_crates_below_them() {
    assert_eq!(workspace_dependencies("longhaul-core"), [""; 0]);
    assert_eq!(dependencies()["longhaul-plugin-abi"], [""; 0]);
    assert_eq!(workspace_dependencies("longhaul-sinks"), ["longhaul-core"]);
    assert_eq!(workspace_dependencies("longhaul-s3"), ["longhaul-core"]);
    assert_eq!(workspace_dependencies("longhaul-trace"), [""; 0]);
    assert_eq!(workspace_dependencies("longhaul-plugin"), ["longhaul-core", "longhaul-plugin-abi"]);
    assert_eq!(workspace_dependencies("longhaul-plugin-host"), ["longhaul-core", "longhaul-plugin-abi"]);
    assert_eq!(workspace_dependencies("longhaul-plugin-example"), ["longhaul-plugin"]);
    assert_eq!(workspace_dependencies("longhaul-config"), ["longhaul-core", "longhaul-no-schema"]);
    assert_eq!(dependencies()["longhaul-no-schema"], [""; 0]);
    assert_eq!(workspace_dependencies("longhaul-demo"), ["longhaul-core"]);
    assert_eq!(
        workspace_dependencies("longhaul"),
        [
            "longhaul-config",
            "longhaul-core",
            "longhaul-demo",
            "longhaul-plugin-host",
            "longhaul-s3",
            "longhaul-sinks",
            "longhaul-trace"
        ]
    );
}

/// All direct and indirect dependencies of `package`, without dev-dependencies.
fn tree(package: &str) -> Vec<String> {
    let tree = cargo(&["tree", "--offline", "-p", package, "-e", "normal", "--prefix", "none"]);
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn a_plugin_is_built_without_an_http_client() {
    for package in ["longhaul-plugin", "longhaul-sinks", "longhaul-plugin-host"] {
        let tree = tree(package);
        assert!(tree.iter().any(|name| name == "longhaul-core"), "{tree:?}");
        for heavy in ["ureq", "ureq-proto", "rustls", "ring", "tokio"] {
            assert!(!tree.iter().any(|name| name == heavy), "{package} is built with {heavy}");
        }
    }
}

#[test]
fn the_command_has_no_asynchronous_runtime() {
    let tree = tree("longhaul");
    for runtime in ["tokio", "async-std", "smol", "futures"] {
        assert!(!tree.iter().any(|name| name == runtime), "it is built with {runtime}");
    }
}

#[test]
fn the_command_is_built_without_what_only_tests_need_or_only_saves_time_at_runtime() {
    let tree = tree("longhaul");
    for costly in ["schemars", "schemars_derive", "aho-corasick"] {
        assert!(!tree.iter().any(|name| name == costly), "it is built with {costly}");
    }
}

#[test]
fn each_crate_uses_only_the_libraries_of_its_purpose() {
    let forbidden: [(&str, &[&str]); 7] = [
        ("cli/src/", &["libloading", "longhaul_plugin_abi"]),
        ("cli/config/src/", &["UreqTransport", "Registry", "clap::", "libloading", "longhaul_sinks"]),
        ("cli/demo/src/", &["ureq", "clap::", "csv::", "figment", "libloading"]),
        ("core/src/", &["libloading", "dlopen", "clap::", "csv::", "figment"]),
        ("sinks/src/", &["ureq", "http::", "libloading", "rusty_s3"]),
        ("sinks/s3/src/", &["ureq::", "UreqTransport", "libloading", "longhaul_sinks"]),
        ("plugins/sdk/src/", &["ureq", "libloading"]),
    ];
    let texts = texts(&[".rs"]);
    for (folder, words) in forbidden {
        let mut files = texts.iter().filter(|(path, _)| path.starts_with(folder)).peekable();
        assert!(files.peek().is_some(), "there is nothing in {folder}");
        for (path, text) in files {
            for word in words {
                assert!(!text.contains(word), "{} mentions {word}", path.display());
            }
        }
    }
}

/// Only `build` constructs parts of the engine.
#[test]
fn only_build_names_sinks_and_the_transport() {
    for (path, text) in texts(&[".rs"]).iter().filter(|(path, _)| path.starts_with("cli/src/")) {
        if !path.starts_with("cli/src/build") {
            for word in ["longhaul_sinks", "UreqTransport", "Registry"] {
                assert!(!text.contains(word), "{} mentions {word}", path.display());
            }
        }
    }
}

#[test]
fn what_is_built_by_default_has_one_program_so_that_cargo_run_needs_no_name() {
    let metadata = metadata();
    let by_default = metadata["workspace_default_members"].as_array().unwrap();
    let programs: Vec<_> = packages()
        .iter()
        .filter(|package| by_default.contains(&package["id"]))
        .flat_map(|package| package["targets"].as_array().unwrap().clone())
        .filter(|target| target["kind"][0] == "bin")
        .map(|target| name(&target))
        .collect();
    assert_eq!(programs, ["longhaul"]);
}
