//! Files that are not plugins, or not for this version of longhaul.

use std::{fs, path::Path};

use longhaul_plugin_host::{LoadError, Plugins};

use crate::support::{PluginFolder, built, chain, file_name};

/// A plugin folder with this content in the library of the sink `count`, and the path of the library.
fn folder_with(content: &[u8]) -> (PluginFolder, String) {
    let folder = PluginFolder::new();
    folder.put("count", content);
    let path = folder.library("count").canonicalize().unwrap().display().to_string();
    (folder, path)
}

/// Checks the message and the hint for this content in the library of the sink `count`. Returns the messages of the
/// error and its causes.
#[track_caller]
fn assert_rejected(content: &[u8], message: &str, hint: Option<&str>) -> Vec<String> {
    let (folder, path) = folder_with(content);
    let error = folder.error("count");
    let chain = chain(&error);
    assert_eq!((chain[0].as_str(), error.hint()), (message.replace("PATH", &path).as_str(), hint));
    chain
}

#[test]
fn a_file_without_the_name_of_a_sink_is_rejected() {
    let error = Plugins::load(Path::new(file!())).unwrap_err();
    assert!(matches!(error, LoadError::Unreadable { .. }), "{error:?}");
    let folder = PluginFolder::new();
    let file = folder.path().join("libcount.so");
    assert_eq!(
        Plugins::load(&file).unwrap_err().to_string(),
        format!("cannot read the plugin `{}`", file.display())
    );
    fs::write(&file, "").unwrap();
    assert_eq!(
        Plugins::load(&file).unwrap_err().to_string(),
        format!(
            "`{}` does not have the file name of a sink's library, which is `{}` on this system",
            file.display(),
            file_name("NAME").display()
        )
    );
}

#[test]
fn a_library_is_loaded_from_its_own_path() {
    let folder = PluginFolder::with("count");
    assert_eq!(Plugins::load(&folder.library("count")).unwrap().name(), "count");
}

/// On other systems the loader itself checks the headers, with its own messages.
#[cfg(target_os = "linux")]
mod on_linux {
    use std::process::Command;

    use super::*;

    const REBUILD: &str =
        "build it as a shared library: `crate-type = [\"cdylib\"]` in Rust, `cc -shared -fPIC` in C";

    /// Compiles a C program to a shared library.
    fn compiled(folder: &PluginFolder, name: &str, program: &str, more: &[&str]) -> Vec<u8> {
        let (source, library) = (folder.path().join("program.c"), folder.path().join(name));
        fs::write(&source, program).unwrap();
        let compiler = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(&source)
            .arg(format!("-L{}", folder.path().display()))
            .args(more)
            .output()
            .unwrap();
        assert!(compiler.status.success(), "{}", String::from_utf8_lossy(&compiler.stderr));
        fs::read(library).unwrap()
    }

    #[test]
    fn a_file_that_is_not_a_library() {
        assert_rejected(b"this is not a library", "`PATH` is not a shared library", Some(REBUILD));
        assert_rejected(b"", "`PATH` is not a shared library", Some(REBUILD));
    }

    #[test]
    fn a_truncated_library() {
        let library = fs::read(built("count")).unwrap();
        for length in [10, 1000, library.len() / 2, library.len() - 1] {
            let (folder, path) = folder_with(&library[..length]);
            let error = folder.error("count");
            let LoadError::Truncated { needed, .. } = error else { panic!("{error:?}") };
            assert_eq!(
                error.to_string(),
                format!("`{path}` is truncated: it has {length} bytes, but needs at least {needed}")
            );
            assert_eq!(error.hint(), Some("copy or build it again"));
        }
    }

    #[test]
    fn a_library_for_another_machine() {
        let mut library = fs::read(built("count")).unwrap();
        library[18..20].copy_from_slice(&22_u16.to_ne_bytes());
        let here = std::env::consts::ARCH;
        assert_rejected(
            &library,
            &format!("`PATH` was built for s390x, but this longhaul for {here}"),
            Some("build it on this machine, or ask its author for a matching build"),
        );
    }

    #[test]
    fn a_library_that_needs_one_that_is_missing() {
        let folder = PluginFolder::new();
        compiled(&folder, "libabsent.so", "int absent(void) { return 1; }", &[]);
        let user = "int absent(void); int user(void) { return absent(); }";
        let library = compiled(&folder, "libuser.so", user, &["-Wl,--no-as-needed", "-labsent"]);
        let chain = assert_rejected(
            &library,
            "`PATH` needs another shared library that is missing",
            Some("install the missing library; `ldd` shows which one it is"),
        );
        assert!(chain.last().unwrap().contains("libabsent.so"), "{chain:?}");
    }

    #[test]
    fn a_library_that_the_loader_rejects() {
        let library =
            compiled(&PluginFolder::new(), "lib.so", "int absent(void); int (*user)(void) = absent;", &[]);
        let chain = assert_rejected(&library, "cannot load `PATH` as a shared library", None);
        assert!(chain.last().unwrap().contains("absent"), "{chain:?}");
    }

    #[test]
    fn a_library_that_is_not_a_sink() {
        assert_rejected(
            &compiled(&PluginFolder::new(), "lib.so", "int nothing(void) { return 1; }", &[]),
            "`PATH` is not a longhaul sink: it has no function `longhaul_sink_v1`",
            Some("export the sink with `export_sink!` in Rust, or include `longhaul_sink.h` in C"),
        );
    }

    #[test]
    fn a_sink_for_a_newer_major_version() {
        assert_rejected(
            &compiled(&PluginFolder::new(), "lib.so", "int longhaul_sink_v9(void) { return 1; }", &[]),
            "`PATH` was built for a newer longhaul: it has the function `longhaul_sink_v9`, but this version needs \
             `longhaul_sink_v1`",
            Some("use a newer longhaul, or an older version of the plugin"),
        );
    }
}
