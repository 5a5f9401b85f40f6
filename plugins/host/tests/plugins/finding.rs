//! Which libraries are found and which are rejected.

use std::{fs, path::PathBuf};

use longhaul_core::sink::SinkType;
use longhaul_plugin_host::Plugins;

use crate::support::{PluginFolder, built, file_name};

#[test]
fn a_library_is_a_sink_type_like_any_other() {
    let folder = PluginFolder::with("count");
    let sink_type = folder.sink_type("count");
    assert_eq!(sink_type.name(), "count");
    assert_eq!(sink_type.summary(), "counts the records of each stream");
    assert_eq!(sink_type.version(), env!("CARGO_PKG_VERSION"));
    assert_eq!(sink_type.options(), ["path"]);
    assert_eq!(sink_type.library(), folder.library("count").canonicalize().unwrap());
}

#[test]
fn the_first_folder_with_the_sink_wins_and_missing_folders_are_skipped() {
    let (one, other) = (PluginFolder::with("count"), PluginFolder::with("count"));
    let plugins =
        Plugins::new([PathBuf::from("/nowhere/at/all"), one.path().into(), other.path().into()]).unwrap();
    let found = plugins.find("count").unwrap().unwrap();
    assert_eq!(found.library(), one.library("count").canonicalize().unwrap());
    assert!(plugins.find("sqlite").unwrap().is_none());
}

#[test]
fn a_list_contains_every_plugin_or_its_error() {
    let folder = PluginFolder::with("count");
    folder.put("torn", b"not a library");
    folder.put("Upper", b"not a sink's name");
    fs::write(folder.path().join("README"), "hello").unwrap();
    let list = Plugins::new([folder.path().to_owned()]).unwrap().list().unwrap();
    assert_eq!(list.keys().collect::<Vec<_>>(), ["count", "torn"]);
    assert_eq!(list["count"].as_ref().unwrap().name(), "count");
    assert!(list["torn"].is_err());
}

#[test]
fn a_name_cannot_lead_out_of_the_folder() {
    for name in ["", "Count", "9", "../count", "a/b", "a-b", "é"] {
        assert_eq!(
            PluginFolder::new().error(name).to_string(),
            format!(
                "`{name}` is not a valid sink name: use lowercase letters, digits and `_`, starting with a letter"
            )
        );
    }
}

#[test]
fn a_relative_folder_is_rejected() {
    assert_eq!(
        Plugins::new(["plugins".into()]).unwrap_err().to_string(),
        "the plugin folder `plugins` is not an absolute path"
    );
}

#[test]
fn a_folder_that_is_a_file_is_rejected() {
    let folder = PluginFolder::new();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let plugins = Plugins::new([file.clone()]).unwrap();
    let expected = format!("cannot look for plugins in `{}`", file.display());
    assert_eq!(plugins.list().unwrap_err().to_string(), expected);
    #[cfg(unix)]
    assert_eq!(plugins.find("count").unwrap_err().to_string(), expected);
}

#[test]
fn a_library_with_the_name_of_another_sink_is_rejected() {
    let folder = PluginFolder::new();
    folder.put("sum", &fs::read(built("count")).unwrap());
    assert_eq!(
        folder.error("sum").to_string(),
        format!(
            "the plugin `{}` contains the sink `count`, so its file must be named `{}`",
            folder.library("sum").canonicalize().unwrap().display(),
            file_name("count").display()
        )
    );
}

#[cfg(unix)]
mod permissions {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::{PermissionsExt, symlink},
        path::Path,
    };

    use super::*;
    use crate::support::chain;

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    fn expected(library: &Path, path: &Path) -> [String; 2] {
        let (library, path) = (library.display(), path.display());
        [
            format!("refusing to load the plugin `{library}`: it is not trusted"),
            format!("users other than the owner can write to `{path}`; fix this with `chmod go-w {path}`"),
        ]
    }

    #[test]
    fn a_folder_that_others_can_write_to_is_rejected() {
        for mode in [0o777, 0o1777, 0o775] {
            let folder = PluginFolder::with("count");
            set(folder.path(), mode);
            let library = folder.library("count").canonicalize().unwrap();
            assert_eq!(chain(&folder.error("count")), expected(&library, folder.path()));
        }
    }

    #[test]
    fn a_library_that_others_can_write_to_is_rejected() {
        let folder = PluginFolder::with("count");
        let library = folder.library("count").canonicalize().unwrap();
        set(&library, 0o666);
        assert_eq!(chain(&folder.error("count")), expected(&library, &library));
    }

    #[test]
    fn a_link_is_as_trusted_as_its_target() {
        let (folder, target) = (PluginFolder::new(), PluginFolder::with("count"));
        symlink(target.library("count"), folder.library("count")).unwrap();
        assert_eq!(folder.sink_type("count").name(), "count");
        set(target.path(), 0o777);
        let library = target.library("count").canonicalize().unwrap();
        assert_eq!(chain(&folder.error("count")), expected(&library, library.parent().unwrap()));
    }
}
