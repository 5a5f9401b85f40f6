//! Libraries that are not loaded: what is said, and that nothing was sent.

use std::{
    fs::{self, Permissions},
    os::unix::{
        fs::{PermissionsExt, chown, symlink},
        net::UnixListener,
    },
    path::Path,
};

use super::{
    file_name, folder_with,
    in_c::{bent, compiled},
    library,
};
use crate::folder::Folder;

fn folder(library: impl AsRef<[u8]>) -> Folder {
    folder_with(library, "http://127.0.0.1:1", "count", "path = \"x\"")
}

/// `run` and `check` say why, and so do the list of sinks and the check of this one.
#[track_caller]
fn assert_refused(folder: &Folder, error: &str, beneath: &str, hint: &str) {
    let path = format!("FOLDER/plugins/{}", file_name("count"));
    let (error, beneath) = (error.replace("PATH", &path), beneath.replace("PATH", &path));
    let causes = beneath.lines().map(|cause| format!("  caused by: {cause}\n")).collect::<Vec<_>>().concat();
    let hint = if hint.is_empty() { String::new() } else { format!("hint: {hint}\n") };
    let words = |written: &str| format!("error: {error}\n{written}{causes}{hint}");
    for command in ["run", "check"] {
        folder.run(command).assert_failed(2, &words("  in: longhaul.toml:22\n"));
    }
    folder.run(&format!("sinks check plugins/{}", file_name("count"))).assert_failed(2, &words(""));
    let listed = folder.run("sinks");
    let line: String = beneath.lines().fold(error, |line, cause| format!("{line}: {cause}"));
    assert!(
        listed.assert_complete().printed().contains(&format!("count\n  cannot be used: {line}\n")),
        "{}",
        listed.stdout
    );
}

const NO_LIBRARY: &str =
    "build it as a shared library: `crate-type = [\"cdylib\"]` in Rust, `cc -shared -fPIC` in C";

#[test]
fn a_text_file() {
    assert_refused(&folder("#!/bin/sh\n"), "`PATH` is not a shared library", "", NO_LIBRARY);
}

#[test]
fn a_library_that_was_cut_off() {
    let whole = library("count");
    let half = &whole[..whole.len() / 2];
    let error =
        format!("`PATH` is cut off: it has {} bytes and must have {} at least", half.len(), whole.len());
    assert_refused(&folder(half), &error, "", "copy or build it again");
}

#[test]
fn a_library_for_another_machine() {
    let mut library = library("count");
    library[18..20].copy_from_slice(&22_u16.to_ne_bytes());
    let error = format!("`PATH` was built for s390x, and this longhaul for {}", std::env::consts::ARCH);
    let hint = "build it on a machine like this one, or get it for one from its author";
    assert_refused(&folder(library), &error, "", hint);
}

#[test]
fn a_library_that_needs_one_that_is_missing() {
    let sources = Folder::empty()
        .with("absent.c", "int absent(void) { return 1; }")
        .with("user.c", "int absent(void); int user(void) { return absent(); }");
    let sources = {
        let absent = compiled(&sources.path("absent.c"), &["-Wl,-soname,libabsent.so"]);
        sources.with("libabsent.so", absent)
    };
    let place = format!("-L{}", sources.path(".").display());
    let user = compiled(&sources.path("user.c"), &["-Wl,--no-as-needed", &place, "-labsent"]);
    let folder = folder(user);
    let ended = folder.run("run");
    let said = ended.said();
    let lines = said.lines().collect::<Vec<_>>();
    let path = format!("FOLDER/plugins/{}", file_name("count"));
    assert_eq!(lines[0], format!("error: `{path}` needs another shared library, which is not there"));
    // Which one is told in the loader's words.
    assert!(lines.iter().any(|line| line.contains("caused by: ") && line.contains("libabsent.so")), "{said}");
    assert_eq!(lines.last(), Some(&"hint: install what it needs; `ldd` lists that"));
    assert_eq!(ended.code, Some(2));
}

#[test]
fn a_library_that_is_no_sink() {
    let sources = Folder::empty().with("nothing.c", "int nothing(void) { return 1; }");
    assert_refused(
        &folder(compiled(&sources.path("nothing.c"), &[])),
        "`PATH` is not a longhaul sink: it has no function `longhaul_sink_v1`",
        "",
        "a sink in Rust ends in `export_sink!`; one in C includes `longhaul_sink.h`",
    );
}

#[test]
fn a_sink_for_another_major_version() {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cli/plugins/bent.c");
    let later = compiled(&program, &["-DCHANGE=", "-DENTRY=longhaul_sink_v2"]);
    assert_refused(
        &folder(later),
        "`PATH` was made for a later longhaul: it has the function `longhaul_sink_v2`, and this one calls \
         `longhaul_sink_v1`",
        "",
        "use a newer longhaul, or an older version of the plugin",
    );
}

#[test]
fn a_table_that_is_too_old_or_too_new_or_has_a_gap() {
    let error = "the plugin `PATH` does not describe a sink that can be used";
    let again = "build it again with the `longhaul-plugin` or the `longhaul_sink.h` of this longhaul";
    let newer = "use a newer longhaul, or an older version of the plugin";
    for (change, beneath, hint) in [
        ("table.size = 16", "it is too old: its table has 16 bytes and must have 136", again),
        (
            "table.features = 0x10000",
            "it is too new: it needs features that this longhaul does not have (0x10000)",
            newer,
        ),
        ("table.commit = NULL", "its table has no function `commit`", ""),
        ("table.options.len = 3", "the `options` in its table are not a JSON Schema with `properties`", ""),
    ] {
        assert_refused(&folder(bent(change)), error, beneath, hint);
    }
}

#[test]
fn a_folder_that_everyone_may_write_to() {
    let folder = folder(library("count"));
    fs::set_permissions(folder.path("plugins"), Permissions::from_mode(0o777)).unwrap();
    assert_refused(
        &folder,
        "the plugin `PATH` is not loaded, because it cannot be trusted",
        "`FOLDER/plugins` may be written to by others than its owner; `chmod go-w FOLDER/plugins` closes it",
        "",
    );
}

#[test]
fn a_library_that_everyone_may_write_to() {
    let folder = folder(library("count"));
    let place = folder.path(&format!("plugins/{}", file_name("count")));
    fs::set_permissions(place, Permissions::from_mode(0o666)).unwrap();
    assert_refused(
        &folder,
        "the plugin `PATH` is not loaded, because it cannot be trusted",
        "`PATH` may be written to by others than its owner; `chmod go-w PATH` closes it",
        "",
    );
}

/// Only root can give a file to someone else.
#[test]
fn a_library_of_someone_else() {
    let folder = folder(library("count"));
    let place = folder.path(&format!("plugins/{}", file_name("count")));
    if chown(&place, Some(4711), None).is_ok() {
        assert_refused(
            &folder,
            "the plugin `PATH` is not loaded, because it cannot be trusted",
            "`PATH` belongs to the user with the id 4711, not to root or the user who runs this",
            "",
        );
    }
}

#[test]
fn a_library_under_the_name_of_another_sink() {
    let expected = file_name("faulty");
    assert_refused(
        &folder(library("faulty")),
        &format!(
            "the plugin `PATH` is a sink of the name `faulty`, and its file must be called `{expected}`"
        ),
        "",
        "",
    );
}

#[test]
fn a_library_that_gives_no_table() {
    let sources = Folder::empty().with("none.c", "void *longhaul_sink_v1(void) { return 0; }");
    assert_refused(
        &folder(compiled(&sources.path("none.c"), &[])),
        "the plugin `PATH` does not describe a sink that can be used",
        "it gives no table",
        "",
    );
}

#[test]
fn a_library_that_the_loader_does_not_take() {
    let sources = Folder::empty().with("user.c", "int absent(void); int (*user)(void) = absent;");
    let ended = folder(compiled(&sources.path("user.c"), &[])).run("run");
    let (said, path) = (ended.said(), format!("FOLDER/plugins/{}", file_name("count")));
    assert!(
        said.starts_with(&format!(
            "error: `{path}` cannot be loaded as a shared library\n  in: longhaul.toml:22\n  caused by: "
        )),
        "{said}"
    );
    // Which function it lacks is told in the loader's words.
    assert!(said.lines().any(|line| line.contains("caused by: ") && line.contains("absent")), "{said}");
    assert_eq!(ended.code, Some(2));
}

/// Rather than that another library of the name is loaded from elsewhere.
#[test]
fn a_link_to_nothing_or_a_folder() {
    let folder = folder("");
    let place = folder.path(&format!("plugins/{}", file_name("count")));
    fs::remove_file(&place).unwrap();
    let said = |why: &str| {
        let ended = folder.run("run");
        let path = format!("FOLDER/plugins/{}", file_name("count"));
        ended.assert_failed(
            2,
            &format!(
                "error: cannot read the plugin `{path}`\n  in: longhaul.toml:22\n  caused by: {why} (os error N)\n"
            ),
        );
    };
    symlink("nowhere", &place).unwrap();
    said("No such file or directory");
    fs::remove_file(&place).unwrap();
    symlink(file_name("count"), &place).unwrap();
    said("Too many levels of symbolic links");
    fs::remove_file(&place).unwrap();
    fs::create_dir(&place).unwrap();
    fs::set_permissions(&place, Permissions::from_mode(0o755)).unwrap();
    said("Is a directory");
}

/// A socket stands for a pipe, of which the program would wait to be written to: to open it fails at once.
#[test]
fn a_place_where_programs_meet() {
    let folder = folder("");
    let place = folder.path(&format!("plugins/{}", file_name("count")));
    fs::remove_file(&place).unwrap();
    let _socket = UnixListener::bind(&place).unwrap();
    fs::set_permissions(&place, Permissions::from_mode(0o755)).unwrap();
    assert_refused(&folder, "`PATH` is not a shared library", "", NO_LIBRARY);
}

#[test]
fn a_plugin_path_that_is_a_file() {
    let folder = folder("").with("file", "");
    let configuration = folder.read("longhaul.toml").replace("[\"plugins\"]", "[\"file\"]");
    let folder = folder.with("longhaul.toml", configuration);
    for command in ["run", "sinks"] {
        let ended = folder.run(command);
        let said = ended.said();
        assert!(said.starts_with("error: cannot look for plugins in `FOLDER/file`\n"), "{said}");
        assert!(said.contains("  caused by: Not a directory"), "{said}");
        assert_eq!(ended.code, Some(2));
    }
}
