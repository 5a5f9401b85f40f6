//! `longhaul new-sink`: generates a plugin crate.

use std::{
    env::consts::{DLL_PREFIX, DLL_SUFFIX},
    fs, io,
    path::{self, Path},
};

use toml_edit::Value;

use crate::{args::NewSinkArguments, build, commands::print, exit::Exit, terminal::failure::Failure};

/// The files of the crate. The placeholders in capitals are replaced.
const FILES: [(&str, &str); 4] = [
    ("Cargo.toml", include_str!("Cargo.toml.txt")),
    ("README.md", include_str!("README.md.txt")),
    ("src/lib.rs", include_str!("lib.rs.txt")),
    (".gitignore", "/target\n"),
];

/// The source that this program was built from. A plugin needs it.
const BUILT_FROM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The version of `longhaul-plugin` that belongs to this program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Generates the crate of a sink in a new folder.
pub(crate) fn execute(arguments: &NewSinkArguments) -> Result<Exit, Failure> {
    let name = &arguments.name;
    check(name)?;
    let dependency = dependency(arguments.longhaul.as_deref(), Path::new(BUILT_FROM))?;
    let folder = format!("longhaul_sink_{name}");
    let library = format!("{DLL_PREFIX}{folder}{DLL_SUFFIX}");

    fs::create_dir(&folder).map_err(|error| cannot_create(&folder, error))?;
    fs::create_dir(Path::new(&folder).join("src")).map_err(|error| cannot_create(&folder, error))?;
    for (file, template) in FILES {
        let text = template.replace("ORIGIN", &dependency.origin).replace("SOURCE", &dependency.source);
        let text = text.replace("SINK", name).replace("LIBRARY", &library);
        fs::write(Path::new(&folder).join(file), text).map_err(|error| cannot_create(&folder, error))?;
    }
    print(&format!(
        "created the sink `{name}` in {folder}; to build and test it:\n  cd {folder}\n  cargo build\n  \
         longhaul sinks check target/debug/{library}\n{}",
        dependency.missing
    ))
}

/// Checks that the name is valid in a configuration, and not the name of a built-in sink.
fn check(name: &str) -> Result<(), Failure> {
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.contains("__");
    if !is_name {
        return Err(Failure::usage(format!("`{name}` is not a valid sink name"))
            .hint("use lowercase letters, digits and single `_`, starting with a letter"));
    }
    if build::registry().get(name).is_ok() {
        let error = format!("longhaul already has a built-in sink `{name}`, which would be used instead");
        return Err(Failure::usage(error).hint("choose another name"));
    }
    Ok(())
}

/// The crate `longhaul-plugin`, as a dependency in `Cargo.toml`.
struct Dependency {
    /// Its value.
    source: String,
    /// The comment about it.
    origin: String,
    /// What the user has to do before the crate builds.
    missing: &'static str,
}

/// The dependency on `longhaul-plugin`, in longhaul's source. Where that is not, as next to an installed program, it is the
/// published crate.
fn dependency(place: Option<&str>, built_from: &Path) -> Result<Dependency, Failure> {
    let in_source = |source| Dependency {
        source,
        origin: format!(
            "The source of longhaul. The crate is not on crates.io yet.\n\
             # Once it is published, write: longhaul-plugin = \"{VERSION}\""
        ),
        missing: "",
    };
    if let Some(url) = place.filter(|place| place.contains("://")) {
        return Ok(in_source(format!("{{ git = {} }}", Value::from(url))));
    }
    let folder = place.map_or(built_from, Path::new);
    let crate_folder = path::absolute(folder).and_then(|folder| folder.join("plugins/sdk").canonicalize());
    match (crate_folder, place) {
        (Ok(found), _) => {
            Ok(in_source(format!("{{ path = {} }}", Value::from(found.to_string_lossy().as_ref()))))
        }
        (Err(_), Some(place)) => {
            let error =
                format!("`{place}` does not contain the source of longhaul: it has no folder `plugins/sdk`");
            Err(Failure::usage(error))
        }
        (Err(_), None) => Ok(Dependency {
            source: format!("\"{VERSION}\""),
            origin: "This needs the crate on crates.io. Until it is published, take it from a copy of longhaul's source:\n\
                     # longhaul-plugin = { path = \"FOLDER/plugins/sdk\" } or longhaul-plugin = { git = \"URL\" }"
                .into(),
            missing: "longhaul's source is not here, so Cargo.toml refers to `longhaul-plugin` on crates.io; until it is \
                      published, write there where the source is\n",
        }),
    }
}

fn cannot_create(folder: &str, error: io::Error) -> Failure {
    if error.kind() == io::ErrorKind::AlreadyExists {
        return Failure::usage(format!("`{folder}` already exists"))
            .hint("remove it, or choose another name");
    }
    Failure::usage(CannotCreate { folder: folder.to_owned(), source: error })
}

/// Names the crate.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the crate `{folder}`")]
struct CannotCreate {
    folder: String,
    source: io::Error,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_source_the_crate_depends_on_the_published_one_and_says_so() {
        let Dependency { source, origin, missing } = dependency(None, Path::new("/nowhere/at/all")).unwrap();
        assert_eq!(source, format!("\"{VERSION}\""));
        assert_eq!(
            origin,
            "This needs the crate on crates.io. Until it is published, take it from a copy of longhaul's source:\n\
             # longhaul-plugin = { path = \"FOLDER/plugins/sdk\" } or longhaul-plugin = { git = \"URL\" }"
        );
        assert_eq!(
            missing,
            "longhaul's source is not here, so Cargo.toml refers to `longhaul-plugin` on crates.io; until it is \
             published, write there where the source is\n"
        );
    }
}
