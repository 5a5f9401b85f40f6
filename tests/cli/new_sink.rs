//! `longhaul new-sink`: the generated crate builds, passes the check and writes records unchanged.

use std::{env::consts, fs, path::Path, process::Command};

use crate::{
    api::{self, without_faults},
    folder::Folder,
    plugins::ALL_CASES,
};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn library(name: &str) -> String {
    format!("{}longhaul_sink_{name}{}", consts::DLL_PREFIX, consts::DLL_SUFFIX)
}

/// Builds the crate in `folder` with the dependencies of the workspace, without network access. The dependencies stay
/// compiled between runs.
fn build(folder: &Path) -> Vec<u8> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-sink");
    fs::copy(Path::new(ROOT).join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let cargo = Command::new(env!("CARGO"))
        .args(["build", "--offline", "--quiet"])
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTFLAGS", "-D warnings")
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    fs::read(target.join("debug").join(library("widget"))).unwrap()
}

#[test]
fn a_new_sink_builds_passes_the_check_and_writes_records_unchanged() {
    let folder = Folder::empty();
    let ended = folder.run("new-sink widget");
    let library = library("widget");
    assert_eq!(
        ended.assert_complete().stdout,
        format!(
            "created the sink `widget` in longhaul_sink_widget; to build and test it:\n  cd longhaul_sink_widget\n  \
             cargo build\n  longhaul sinks check target/debug/{library}\n"
        )
    );
    assert_eq!(folder.names_in("longhaul_sink_widget"), [".gitignore", "Cargo.toml", "README.md", "src"]);
    assert!(folder.read("longhaul_sink_widget/README.md").contains(&library));

    let built = build(&folder.path("longhaul_sink_widget"));
    let folder = folder.with(&format!("plugins/{library}"), built);
    let checked = folder.run(&format!("sinks check plugins/{library}"));
    assert!(checked.stdout.ends_with(&format!("\n{ALL_CASES} passed\n")), "{}", checked.stdout);
    checked.assert_complete();

    let settings = without_faults(120);
    let api = api::start(&settings);
    let streams = api::TUTORIAL.replace("lines", "widget");
    let sink = "\n[sinks.widget]\npath = \"out/{stream}.txt\"\n";
    let configuration =
        format!("plugin_path = [\"plugins\"]\n{}{streams}{sink}", api::connection(api.base_url()));
    let folder = folder.with("longhaul.toml", configuration);
    folder.run("run").assert_complete();
    assert!(folder.read("out/conversations.txt") == api::lines(&settings), "the records differ");
}

#[test]
fn the_source_of_longhaul_may_be_a_folder_or_a_url() {
    let folder = Folder::empty();
    folder.longhaul("new-sink one --longhaul").argument(ROOT).run().assert_complete();
    let sdk = Path::new(ROOT).join("plugins/sdk").canonicalize().unwrap();
    let manifest = folder.read("longhaul_sink_one/Cargo.toml");
    assert!(
        manifest.contains(&format!("longhaul-plugin = {{ path = \"{}\" }}", sdk.display())),
        "{manifest}"
    );

    // What replaces the source later.
    let published =
        format!("# Once it is published, write: longhaul-plugin = \"{}\"\n", env!("CARGO_PKG_VERSION"));
    assert!(manifest.contains(&published), "{manifest}");

    folder.run("new-sink two --longhaul https://git.example/longhaul.git").assert_complete();
    let manifest = folder.read("longhaul_sink_two/Cargo.toml");
    let dependency = "longhaul-plugin = { git = \"https://git.example/longhaul.git\" }\n";
    assert!(manifest.contains(dependency), "{manifest}");
}

#[test]
fn a_crate_that_cannot_be_generated_is_an_error() {
    let name = "hint: use lowercase letters, digits and single `_`, starting with a letter\n";
    for (arguments, stderr) in [
        ("new-sink My-sink", format!("error: `My-sink` is not a valid sink name\n{name}")),
        ("new-sink a__b", format!("error: `a__b` is not a valid sink name\n{name}")),
        (
            "new-sink csv",
            "error: longhaul already has a built-in sink `csv`, which would be used instead\nhint: choose another name\n".into(),
        ),
        (
            "new-sink there",
            "error: `longhaul_sink_there` already exists\nhint: remove it, or choose another name\n".into(),
        ),
        (
            "new-sink x --longhaul unused_url",
            "error: `unused_url` does not contain the source of longhaul: it has no folder `plugins/sdk`\n".into(),
        ),
    ] {
        let folder = Folder::empty().with("longhaul_sink_there/kept", "");
        folder.run(arguments).assert_failed(2, &stderr);
        assert_eq!(folder.names_in("."), ["longhaul_sink_there"]);
    }
}
