//! Where files are, and how long they may be.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Folders that a build or the demo creates.
const GENERATED: [&str; 2] = ["target", "longhaul-demo"];

/// The root folder of the project.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All files of the project with one of these name endings, with their text.
pub(crate) fn texts(endings: &[&str]) -> Vec<(PathBuf, String)> {
    let mut texts = Vec::new();
    for name in top_level().iter().filter(|name| !name.starts_with('.')) {
        collect(&root().join(name), endings, &mut texts);
    }
    assert!(!texts.is_empty(), "no file ends in any of {endings:?}");
    texts
}

fn collect(path: &Path, endings: &[&str], texts: &mut Vec<(PathBuf, String)>) {
    if path.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for entry in entries {
            collect(&entry, endings, texts);
        }
    } else if endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
        let name = path.strip_prefix(root()).unwrap().to_owned();
        texts.push((name, fs::read_to_string(path).unwrap()));
    }
}

/// The names in the root folder: those in git, or all of them if the project is not in a git repository.
fn top_level() -> Vec<String> {
    let listing = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let tracked = listing.ok().filter(|output| output.status.success() && !output.stdout.is_empty());
    let mut names: Vec<String> = match tracked {
        Some(output) => {
            let paths = String::from_utf8(output.stdout).unwrap();
            paths.split_terminator('\0').map(|path| path.split('/').next().unwrap().to_owned()).collect()
        }
        None => fs::read_dir(root())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !GENERATED.contains(&name.as_str()))
            .collect(),
    };
    names.sort();
    names.dedup();
    names
}

#[test]
fn no_file_is_longer_than_400_lines() {
    for (path, text) in texts(&[".rs", ".h", ".c"]) {
        let lines = text.lines().count();
        assert!(lines <= 400, "{} has {lines} lines", path.display());
    }
}

#[test]
fn the_root_folder_has_only_known_names() {
    let known =
        ["Cargo.lock", "Cargo.toml", "LICENSE", "README.md", "cli", "core", "plugins", "sinks", "tests"];
    for name in top_level() {
        assert!(
            name.starts_with('.') || known.contains(&name.as_str()),
            "{name} does not belong in the root folder"
        );
    }
}
