//! Which libraries are found, and which are refused.

use std::{fs, path::PathBuf};

use longhaul_core::sink::SinkType;
use longhaul_plugin_host::Plugins;

use crate::support::{Shelf, built, file_name};

#[test]
fn a_library_is_a_sink_type_like_any_other() {
    let shelf = Shelf::with("count");
    let sink_type = shelf.sink_type("count");
    assert_eq!(sink_type.name(), "count");
    assert_eq!(sink_type.summary(), "counts the records of each stream");
    assert_eq!(sink_type.version(), env!("CARGO_PKG_VERSION"));
    assert_eq!(sink_type.options(), ["path"]);
    assert_eq!(sink_type.library(), shelf.library("count").canonicalize().unwrap());
}

#[test]
fn the_first_folder_that_has_it_wins_and_missing_ones_do_no_harm() {
    let (one, other) = (Shelf::with("count"), Shelf::with("count"));
    let plugins =
        Plugins::new([PathBuf::from("/nowhere/at/all"), one.path().into(), other.path().into()]).unwrap();
    let found = plugins.find("count").unwrap().unwrap();
    assert_eq!(found.library(), one.library("count").canonicalize().unwrap());
    assert!(plugins.find("sqlite").unwrap().is_none());
}

#[test]
fn a_list_shows_what_can_be_used_and_why_the_rest_cannot() {
    let shelf = Shelf::with("count");
    shelf.put("torn", b"no library");
    shelf.put("Upper", b"no sink's name");
    fs::write(shelf.path().join("README"), "hello").unwrap();
    let list = Plugins::new([shelf.path().to_owned()]).unwrap().list().unwrap();
    assert_eq!(list.keys().collect::<Vec<_>>(), ["count", "torn"]);
    assert_eq!(list["count"].as_ref().unwrap().name(), "count");
    assert!(list["torn"].is_err());
}

#[test]
fn a_name_cannot_lead_out_of_the_folder() {
    for name in ["", "Count", "9", "../count", "a/b", "a-b", "é"] {
        assert_eq!(
            Shelf::new().refusal(name).to_string(),
            format!(
                "`{name}` cannot be the name of a sink: one has lowercase letters, digits and `_`, and starts with \
                 a letter"
            )
        );
    }
}

#[test]
fn a_relative_folder_is_refused() {
    assert_eq!(
        Plugins::new(["plugins".into()]).unwrap_err().to_string(),
        "the plugin folder `plugins` is not an absolute path"
    );
}

#[test]
fn a_folder_that_is_none_is_refused() {
    let shelf = Shelf::new();
    let file = shelf.path().join("file");
    fs::write(&file, "").unwrap();
    let plugins = Plugins::new([file.clone()]).unwrap();
    let expected = format!("cannot look for plugins in `{}`", file.display());
    assert_eq!(plugins.list().unwrap_err().to_string(), expected);
    #[cfg(unix)]
    assert_eq!(plugins.find("count").unwrap_err().to_string(), expected);
}

#[test]
fn a_library_under_another_sinks_name_is_refused() {
    let shelf = Shelf::new();
    shelf.put("sum", &fs::read(built("count")).unwrap());
    assert_eq!(
        shelf.refusal("sum").to_string(),
        format!(
            "the plugin `{}` is a sink of the name `count`, and its file must be called `{}`",
            shelf.library("sum").canonicalize().unwrap().display(),
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

    fn set(place: &Path, mode: u32) {
        fs::set_permissions(place, Permissions::from_mode(mode)).unwrap();
    }

    fn expected(library: &Path, place: &Path) -> [String; 2] {
        let (library, place) = (library.display(), place.display());
        [
            format!("the plugin `{library}` is not loaded, because it cannot be trusted"),
            format!("`{place}` may be written to by others than its owner; `chmod go-w {place}` closes it"),
        ]
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_refused() {
        for mode in [0o777, 0o1777, 0o775] {
            let shelf = Shelf::with("count");
            set(shelf.path(), mode);
            let library = shelf.library("count").canonicalize().unwrap();
            assert_eq!(chain(&shelf.refusal("count")), expected(&library, shelf.path()));
        }
    }

    #[test]
    fn a_library_that_others_may_write_to_is_refused() {
        let shelf = Shelf::with("count");
        let library = shelf.library("count").canonicalize().unwrap();
        set(&library, 0o666);
        assert_eq!(chain(&shelf.refusal("count")), expected(&library, &library));
    }

    #[test]
    fn a_link_is_as_safe_as_what_it_leads_to() {
        let (shelf, open) = (Shelf::new(), Shelf::with("count"));
        symlink(open.library("count"), shelf.library("count")).unwrap();
        assert_eq!(shelf.sink_type("count").name(), "count");
        set(open.path(), 0o777);
        let library = open.library("count").canonicalize().unwrap();
        assert_eq!(chain(&shelf.refusal("count")), expected(&library, library.parent().unwrap()));
    }
}
