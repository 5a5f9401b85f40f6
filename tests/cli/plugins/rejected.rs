//! Libraries that are not loaded: the errors, and that no request is sent.

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
    in_c::{changed, compiled},
    library,
};
use crate::folder::Folder;

fn folder(library: impl AsRef<[u8]>) -> Folder {
    folder_with(library, "http://127.0.0.1:1", "count", "path = \"x\"")
}

/// `run` and `check` report the error, and so do the list of sinks and the check of this one.
#[track_caller]
fn assert_rejected(folder: &Folder, error: &str, causes: &str, hint: &str) {
    let path = format!("FOLDER/plugins/{}", file_name("count"));
    let (error, causes) = (error.replace("PATH", &path), causes.replace("PATH", &path));
    let shown = causes.lines().map(|cause| format!("  caused by: {cause}\n")).collect::<Vec<_>>().concat();
    let hint = if hint.is_empty() { String::new() } else { format!("hint: {hint}\n") };
    let message = |origin: &str| format!("error: {error}\n{origin}{shown}{hint}");
    for command in ["run", "check"] {
        folder.run(command).assert_failed(2, &message("  in: longhaul.toml:22\n"));
    }
    folder.run(&format!("sinks check plugins/{}", file_name("count"))).assert_failed(2, &message(""));
    let listed = folder.run("sinks");
    let line: String = causes.lines().fold(error, |line, cause| format!("{line}: {cause}"));
    assert!(
        listed.assert_complete().stable_stdout().contains(&format!("count\n  cannot be used: {line}\n")),
        "{}",
        listed.stdout
    );
}

const REBUILD: &str =
    "build it as a shared library: `crate-type = [\"cdylib\"]` in Rust, `cc -shared -fPIC` in C";

#[test]
fn a_text_file() {
    assert_rejected(&folder("#!/bin/sh\n"), "`PATH` is not a shared library", "", REBUILD);
}

#[test]
fn a_truncated_library() {
    let whole = library("count");
    let half = &whole[..whole.len() / 2];
    let error =
        format!("`PATH` is truncated: it has {} bytes, but needs at least {}", half.len(), whole.len());
    assert_rejected(&folder(half), &error, "", "copy or build it again");
}

#[test]
fn a_library_for_another_machine() {
    let mut library = library("count");
    library[18..20].copy_from_slice(&22_u16.to_ne_bytes());
    let error = format!("`PATH` was built for s390x, but this longhaul for {}", std::env::consts::ARCH);
    let hint = "build it on this machine, or ask its author for a matching build";
    assert_rejected(&folder(library), &error, "", hint);
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
    let path = format!("-L{}", sources.path(".").display());
    let user = compiled(&sources.path("user.c"), &["-Wl,--no-as-needed", &path, "-labsent"]);
    let folder = folder(user);
    let ended = folder.run("run");
    let stderr = ended.stable_stderr();
    let lines = stderr.lines().collect::<Vec<_>>();
    let path = format!("FOLDER/plugins/{}", file_name("count"));
    assert_eq!(lines[0], format!("error: `{path}` needs another shared library that is missing"));
    // The loader's message names it.
    assert!(
        lines.iter().any(|line| line.contains("caused by: ") && line.contains("libabsent.so")),
        "{stderr}"
    );
    assert_eq!(lines.last(), Some(&"hint: install the missing library; `ldd` shows which one it is"));
    assert_eq!(ended.code, Some(2));
}

#[test]
fn a_library_that_is_not_a_sink() {
    let sources = Folder::empty().with("nothing.c", "int nothing(void) { return 1; }");
    assert_rejected(
        &folder(compiled(&sources.path("nothing.c"), &[])),
        "`PATH` is not a longhaul sink: it has no function `longhaul_sink_v1`",
        "",
        "export the sink with `export_sink!` in Rust, or include `longhaul_sink.h` in C",
    );
}

#[test]
fn a_sink_for_a_newer_major_version() {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cli/plugins/changed.c");
    let later = compiled(&program, &["-DCHANGE=", "-DENTRY=longhaul_sink_v2"]);
    assert_rejected(
        &folder(later),
        "`PATH` was built for a newer longhaul: it has the function `longhaul_sink_v2`, but this version needs \
         `longhaul_sink_v1`",
        "",
        "use a newer longhaul, or an older version of the plugin",
    );
}

#[test]
fn a_table_that_is_too_old_or_too_new_or_incomplete() {
    let error = "the plugin `PATH` has an invalid sink table";
    let again = "build it again with the `longhaul-plugin` or `longhaul_sink.h` of this version";
    let newer = "use a newer longhaul, or an older version of the plugin";
    for (change, causes, hint) in [
        ("table.size = 16", "it is too old: its table has 16 bytes, but 136 are needed", again),
        (
            "table.features = 0x10000",
            "it is too new: it needs features that this longhaul does not support (0x10000)",
            newer,
        ),
        ("table.commit = NULL", "its table has no function `commit`", ""),
        ("table.options.len = 3", "the `options` in its table are not a JSON Schema with `properties`", ""),
    ] {
        assert_rejected(&folder(changed(change)), error, causes, hint);
    }
}

#[test]
fn a_folder_that_everyone_can_write_to() {
    let folder = folder(library("count"));
    fs::set_permissions(folder.path("plugins"), Permissions::from_mode(0o777)).unwrap();
    assert_rejected(
        &folder,
        "refusing to load the plugin `PATH`: it is not trusted",
        "users other than the owner can write to `FOLDER/plugins`; fix this with `chmod go-w FOLDER/plugins`",
        "",
    );
}

#[test]
fn a_library_that_everyone_can_write_to() {
    let folder = folder(library("count"));
    let path = folder.path(&format!("plugins/{}", file_name("count")));
    fs::set_permissions(path, Permissions::from_mode(0o666)).unwrap();
    assert_rejected(
        &folder,
        "refusing to load the plugin `PATH`: it is not trusted",
        "users other than the owner can write to `PATH`; fix this with `chmod go-w PATH`",
        "",
    );
}

/// Only root can change the owner of a file.
#[test]
fn a_library_of_another_user() {
    let folder = folder(library("count"));
    let path = folder.path(&format!("plugins/{}", file_name("count")));
    if chown(&path, Some(4711), None).is_ok() {
        assert_rejected(
            &folder,
            "refusing to load the plugin `PATH`: it is not trusted",
            "`PATH` belongs to the user with the ID 4711, not to root or the current user",
            "",
        );
    }
}

#[test]
fn a_library_with_the_name_of_another_sink() {
    let expected = file_name("faulty");
    assert_rejected(
        &folder(library("faulty")),
        &format!("the plugin `PATH` contains the sink `faulty`, so its file must be named `{expected}`"),
        "",
        "",
    );
}

#[test]
fn a_library_that_returns_no_table() {
    let sources = Folder::empty().with("none.c", "void *longhaul_sink_v1(void) { return 0; }");
    assert_rejected(
        &folder(compiled(&sources.path("none.c"), &[])),
        "the plugin `PATH` has an invalid sink table",
        "it returned no table",
        "",
    );
}

#[test]
fn a_library_that_the_loader_rejects() {
    let sources = Folder::empty().with("user.c", "int absent(void); int (*user)(void) = absent;");
    let ended = folder(compiled(&sources.path("user.c"), &[])).run("run");
    let (stderr, path) = (ended.stable_stderr(), format!("FOLDER/plugins/{}", file_name("count")));
    assert!(
        stderr.starts_with(&format!(
            "error: cannot load `{path}` as a shared library\n  in: longhaul.toml:22\n  caused by: "
        )),
        "{stderr}"
    );
    // The loader's message names the missing function.
    assert!(stderr.lines().any(|line| line.contains("caused by: ") && line.contains("absent")), "{stderr}");
    assert_eq!(ended.code, Some(2));
}

/// An error, so that no other library with this name is loaded from elsewhere.
#[test]
fn a_broken_link_or_a_folder() {
    let folder = folder("");
    let path = folder.path(&format!("plugins/{}", file_name("count")));
    fs::remove_file(&path).unwrap();
    let assert_unreadable = |cause: &str| {
        let ended = folder.run("run");
        let path = format!("FOLDER/plugins/{}", file_name("count"));
        ended.assert_failed(
            2,
            &format!(
                "error: cannot read the plugin `{path}`\n  in: longhaul.toml:22\n  caused by: {cause} (os error N)\n"
            ),
        );
    };
    symlink("unused_url", &path).unwrap();
    assert_unreadable("No such file or directory");
    fs::remove_file(&path).unwrap();
    symlink(file_name("count"), &path).unwrap();
    assert_unreadable("Too many levels of symbolic links");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    assert_unreadable("Is a directory");
}

/// A socket in place of a pipe: opening a pipe would block, opening a socket fails at once.
#[test]
fn a_socket() {
    let folder = folder("");
    let path = folder.path(&format!("plugins/{}", file_name("count")));
    fs::remove_file(&path).unwrap();
    let _socket = UnixListener::bind(&path).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    assert_rejected(&folder, "`PATH` is not a shared library", "", REBUILD);
}

#[test]
fn a_plugin_path_that_is_a_file() {
    let folder = folder("").with("file", "");
    let configuration = folder.read("longhaul.toml").replace("[\"plugins\"]", "[\"file\"]");
    let folder = folder.with("longhaul.toml", configuration);
    for command in ["run", "sinks"] {
        let ended = folder.run(command);
        let stderr = ended.stable_stderr();
        assert!(stderr.starts_with("error: cannot look for plugins in `FOLDER/file`\n"), "{stderr}");
        assert!(stderr.contains("  caused by: Not a directory"), "{stderr}");
        assert_eq!(ended.code, Some(2));
    }
}
