//! A plugin that panics.

use super::{folder_with, library};
use crate::api::{self, without_faults};

const HINT: &str = "hint: this is a bug in the sink `faulty`; please report it to its author\n";

#[test]
fn a_panic_in_any_function_ends_the_run_with_an_error() {
    let api = api::start(&without_faults(1));
    let configured = "error: cannot set up the sink `faulty`\n  in: longhaul.toml:22\n";
    let pulling =
        "error: the stream `conversations` is not complete\n  caused by: the sink `faulty` failed\n";
    for (step, before) in [
        ("configure", configured),
        ("destination", configured),
        ("open", pulling),
        ("write", pulling),
        ("commit", pulling),
        ("finish", pulling),
        ("drop", pulling),
    ] {
        let options = format!("at = \"{step}\"\nfault = \"panic\"");
        let ended = folder_with(library("faulty"), api.base_url(), "faulty", &options).run("run");
        let boom = format!("boom in {}{}", step[..1].to_uppercase(), &step[1..]);
        let message = format!("{before}  caused by: the plugin `faulty` panicked: {boom}\n{HINT}");
        assert_eq!((ended.code, ended.last_error()), (Some(5), message), "{step}");
        // The log contains the location. The library itself prints nothing.
        let stderr = ended.stable_stderr();
        let line = stderr.lines().find(|line| line.starts_with("error panicked at ")).unwrap();
        assert!(line.contains("lib.rs:") && line.ends_with(&format!(": {boom}")), "{line}");
        assert!(!stderr.contains("RUST_BACKTRACE"), "{stderr}");
    }
}
