//! Files that are no plugin, or none for this longhaul.

use std::{fs, path::Path};

use longhaul_plugin_host::{LoadError, Plugins};

use crate::support::{Shelf, built, chain, file_name};

/// A shelf with this content under the name of the sink `count`, and where that is.
fn shelf_of(content: &[u8]) -> (Shelf, String) {
    let shelf = Shelf::new();
    shelf.put("count", content);
    let path = shelf.library("count").canonicalize().unwrap().display().to_string();
    (shelf, path)
}

/// The refusal's words, its causes and its hint, for this content under the name of the sink `count`.
#[track_caller]
fn assert_refused(content: &[u8], words: &str, hint: Option<&str>) -> Vec<String> {
    let (shelf, path) = shelf_of(content);
    let error = shelf.refusal("count");
    let chain = chain(&error);
    assert_eq!((chain[0].as_str(), error.hint()), (words.replace("PATH", &path).as_str(), hint));
    chain
}

#[test]
fn a_file_that_is_not_called_like_a_sink_is_refused() {
    let error = Plugins::load(Path::new(file!())).unwrap_err();
    assert!(matches!(error, LoadError::Unreadable { .. }), "{error:?}");
    let shelf = Shelf::new();
    let file = shelf.path().join("libcount.so");
    assert_eq!(
        Plugins::load(&file).unwrap_err().to_string(),
        format!("cannot read the plugin `{}`", file.display())
    );
    fs::write(&file, "").unwrap();
    assert_eq!(
        Plugins::load(&file).unwrap_err().to_string(),
        format!(
            "`{}` is not called like the library of a sink, which on this system is `{}`",
            file.display(),
            file_name("NAME").display()
        )
    );
}

#[test]
fn a_library_is_loaded_from_its_own_path() {
    let shelf = Shelf::with("count");
    assert_eq!(Plugins::load(&shelf.library("count")).unwrap().name(), "count");
}

/// Elsewhere the loader itself looks at the headers, and says the same in words of its own.
#[cfg(target_os = "linux")]
mod on_linux {
    use std::process::Command;

    use super::*;

    const REBUILD: &str =
        "build it as a shared library: `crate-type = [\"cdylib\"]` in Rust, `cc -shared -fPIC` in C";

    /// What the C compiler makes of `program`.
    fn compiled(shelf: &Shelf, name: &str, program: &str, more: &[&str]) -> Vec<u8> {
        let (source, library) = (shelf.path().join("program.c"), shelf.path().join(name));
        fs::write(&source, program).unwrap();
        let compiler = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(&source)
            .arg(format!("-L{}", shelf.path().display()))
            .args(more)
            .output()
            .unwrap();
        assert!(compiler.status.success(), "{}", String::from_utf8_lossy(&compiler.stderr));
        fs::read(library).unwrap()
    }

    #[test]
    fn a_file_that_is_no_library() {
        assert_refused(b"this is no library", "`PATH` is not a shared library", Some(REBUILD));
        assert_refused(b"", "`PATH` is not a shared library", Some(REBUILD));
    }

    #[test]
    fn a_library_that_was_cut_off() {
        let library = fs::read(built("count")).unwrap();
        for length in [10, 1000, library.len() / 2, library.len() - 1] {
            let (shelf, path) = shelf_of(&library[..length]);
            let error = shelf.refusal("count");
            let LoadError::CutOff { needed, .. } = error else { panic!("{error:?}") };
            assert_eq!(
                error.to_string(),
                format!("`{path}` is cut off: it has {length} bytes and must have {needed} at least")
            );
            assert_eq!(error.hint(), Some("copy or build it again"));
        }
    }

    #[test]
    fn a_library_for_another_machine() {
        let mut library = fs::read(built("count")).unwrap();
        library[18..20].copy_from_slice(&22_u16.to_ne_bytes());
        let here = std::env::consts::ARCH;
        assert_refused(
            &library,
            &format!("`PATH` was built for s390x, and this longhaul for {here}"),
            Some("build it on a machine like this one, or get it for one from its author"),
        );
    }

    #[test]
    fn a_library_that_needs_one_that_is_missing() {
        let shelf = Shelf::new();
        compiled(&shelf, "libabsent.so", "int absent(void) { return 1; }", &[]);
        let user = "int absent(void); int user(void) { return absent(); }";
        let library = compiled(&shelf, "libuser.so", user, &["-Wl,--no-as-needed", "-labsent"]);
        let chain = assert_refused(
            &library,
            "`PATH` needs another shared library, which is not there",
            Some("install what it needs; `ldd` lists that"),
        );
        assert!(chain.last().unwrap().contains("libabsent.so"), "{chain:?}");
    }

    #[test]
    fn a_library_that_the_loader_does_not_take() {
        let library = compiled(&Shelf::new(), "lib.so", "int absent(void); int (*user)(void) = absent;", &[]);
        let chain = assert_refused(&library, "`PATH` cannot be loaded as a shared library", None);
        assert!(chain.last().unwrap().contains("absent"), "{chain:?}");
    }

    #[test]
    fn a_library_that_is_no_sink() {
        assert_refused(
            &compiled(&Shelf::new(), "lib.so", "int nothing(void) { return 1; }", &[]),
            "`PATH` is not a longhaul sink: it has no function `longhaul_sink_v1`",
            Some("a sink in Rust ends in `export_sink!`; one in C includes `longhaul_sink.h`"),
        );
    }

    #[test]
    fn a_sink_for_a_later_major_version() {
        assert_refused(
            &compiled(&Shelf::new(), "lib.so", "int longhaul_sink_v9(void) { return 1; }", &[]),
            "`PATH` was made for a later longhaul: it has the function `longhaul_sink_v9`, and this one calls \
             `longhaul_sink_v1`",
            Some("use a newer longhaul, or an older version of the plugin"),
        );
    }
}
