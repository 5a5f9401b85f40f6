//! Which crates of others the project may depend on. `.deny.toml` decides, and `cargo deny` reads it, too. These tests need
//! neither that program nor a network, so they are there for everyone.

use std::{collections::BTreeMap, fs};

use serde_json::Value;
use spdx::{Expression, LicenseReq, ParseMode};
use toml_edit::{DocumentMut, Item};

use crate::{crates::cargo, files::root};

fn toml(path: &str) -> DocumentMut {
    fs::read_to_string(root().join(path)).unwrap().parse().unwrap()
}

/// Every crate that is compiled on this machine for any feature.
fn compiled() -> Vec<Value> {
    let version = cargo(&["--version", "--verbose"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = cargo(&[
        "metadata",
        "--offline",
        "--locked",
        "--all-features",
        "--format-version",
        "1",
        "--filter-platform",
        host,
    ]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap().clone();
    assert!(packages.len() > 200, "{}", packages.len());
    packages
}

fn shown(package: &Value) -> String {
    format!("{} {}", package["name"].as_str().unwrap(), package["version"].as_str().unwrap())
}

/// The crates in `Cargo.lock`, which are those of all platforms, with their versions.
fn locked() -> BTreeMap<String, Vec<String>> {
    let mut versions = BTreeMap::<String, Vec<String>>::new();
    for package in toml("Cargo.lock")["package"].as_array_of_tables().unwrap() {
        let [name, version] = ["name", "version"].map(|key| package[key].as_str().unwrap().to_owned());
        versions.entry(name).or_default().push(version);
    }
    versions
}

/// Whether `version` begins with the numbers in `requirement`.
fn is_of(version: &str, requirement: &str) -> bool {
    version.strip_prefix(requirement).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[test]
fn every_dependency_has_a_reason() {
    let manifest = toml("Cargo.toml");
    let dependencies = manifest["workspace"]["dependencies"].as_table_like().unwrap();
    for (name, dependency) in dependencies.iter() {
        let is_own = dependency.get("path").is_some();
        let before = dependencies.key(name).unwrap().leaf_decor().prefix().and_then(|text| text.as_str());
        let has_reason = before.is_some_and(|text| text.contains("# "));
        assert!(is_own || has_reason, "Cargo.toml does not say what {name} is for, in a comment above it");
    }
}

#[test]
fn every_license_is_allowed() {
    let deny = toml(".deny.toml");
    let names = |array: &Item| -> Vec<String> {
        array.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let allowed = names(&deny["licenses"]["allow"]);
    let exceptions = deny["licenses"]["exceptions"].as_array().unwrap();
    for package in compiled() {
        let mut allowed = allowed.clone();
        let exception = exceptions.iter().filter_map(|entry| entry.as_inline_table());
        for exception in exception.filter(|entry| entry["crate"].as_str() == package["name"].as_str()) {
            allowed.extend(names(&Item::Value(exception["allow"].clone())));
        }
        let is_allowed = |needed: &LicenseReq| {
            needed.license.id().is_some_and(|id| allowed.iter().any(|name| name == id.name))
        };
        let license = package["license"].as_str().unwrap_or_else(|| panic!("{} has none", shown(&package)));
        let expression = Expression::parse_mode(license, ParseMode::LAX).unwrap();
        assert!(expression.evaluate(is_allowed), "{} has the license {license}", shown(&package));
    }
}

#[test]
fn two_versions_of_a_crate_have_a_reason() {
    let deny = toml(".deny.toml");
    let skipped = deny["bans"]["skip"].as_array().unwrap().iter().map(|entry| {
        let entry = entry.as_inline_table().unwrap();
        assert!(entry["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{entry}");
        entry["crate"].as_str().unwrap().split_once('@').unwrap()
    });
    let skipped: Vec<_> = skipped.collect();
    let locked = locked();
    for (name, versions) in &locked {
        let is_skipped = |version: &&String| {
            skipped.iter().any(|(crate_name, of)| crate_name == name && is_of(version, of))
        };
        let others = versions.iter().filter(|version| !is_skipped(version)).count();
        assert!(others <= 1, "{name} has the versions {versions:?}; see `skip` in .deny.toml");
    }
    for (name, of) in skipped {
        let versions = locked.get(name).map(Vec::as_slice).unwrap_or_default();
        let is_needed = versions.len() > 1 && versions.iter().any(|version| is_of(version, of));
        assert!(is_needed, "{name}@{of} in .deny.toml is no longer needed: {versions:?}");
    }
}

#[test]
fn every_crate_comes_from_the_registry() {
    for package in toml("Cargo.lock")["package"].as_array_of_tables().unwrap() {
        let source = package.get("source").map(|source| source.as_str().unwrap());
        let is_known =
            source.is_none_or(|url| url == "registry+https://github.com/rust-lang/crates.io-index");
        assert!(is_known, "{package}");
    }
}

/// The lint `incompatible_msrv` checks the same of the standard library.
#[test]
fn no_crate_needs_a_later_compiler() {
    let numbers = |version: &str| version.split('.').map(|part| part.parse().unwrap()).collect::<Vec<u32>>();
    let manifest = toml("Cargo.toml");
    let own = numbers(manifest["workspace"]["package"]["rust-version"].as_str().unwrap());
    for package in compiled() {
        if let Some(needed) = package["rust_version"].as_str() {
            assert!(numbers(needed)[..2] <= own[..], "{} needs Rust {needed}", shown(&package));
        }
    }
}
