//! `longhaul sinks check`.

use super::{ALL_CASES, file_name, library};
use crate::folder::Folder;

fn folder(sink: &str) -> Folder {
    Folder::empty().with(&file_name(sink), library(sink))
}

fn check(sink: &str, more: &str) -> String {
    format!("sinks check {} {more}", file_name(sink))
}

#[test]
fn without_reading_records_back_only_the_calls_are_tested() {
    let ended = folder("count").run(&check("count", "--read nothing"));
    let printed = ended.assert_complete().stable_stdout();
    let lines = printed.lines().collect::<Vec<_>>();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(lines[0], format!("count {version}, FOLDER/{}", file_name("count")));
    assert_eq!(lines[1], "  ok      an unknown option is rejected");
    assert_eq!(lines[2], "  ok      asking for the destination changes nothing");
    assert_eq!(
        lines[lines.len() - 2..],
        [&format!("{ALL_CASES} passed"), "published records were not read back: only the calls were tested"]
    );
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_file_is_read_as_lines_and_each_case_that_failed_says_what_the_sink_did() {
    let ended = folder("count").run(&check("count", ""));
    let case = "  FAILED  nothing is published too early\n          1 record is published where 3 were expected; \
                the first difference is at record 1: 3 instead of {\"page\":1,\"record\":1}\n";
    assert!(ended.stdout.contains(case), "{}", ended.stdout);
    assert!(ended.stdout.ends_with("7 of 21 cases passed\n"), "{}", ended.stdout);
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (
            Some(5),
            "error: the sink `count` breaks its contract in 14 of 21 cases\n\
             hint: the contract is the documentation of `Sink` in `longhaul-plugin`; if the file does not have one record per line, use `--read-with` or `--read nothing`\n"
        )
    );
}

/// The command turns a count of 0 into no lines, which are an empty result.
#[cfg(unix)]
#[test]
fn a_command_reads_the_published_records() {
    let folder = folder("count");
    let command = folder.longhaul(&check("count", "--read-with"));
    let ended = command.argument("sed '/^0$/d' \"$LONGHAUL_DESTINATION\" 2>/dev/null").run();
    for line in [
        "  ok      dropping publishes nothing\n",
        "  ok      an empty pull publishes an empty result\n",
        "  FAILED  records arrive in order and whole\n",
    ] {
        assert!(ended.stdout.contains(line), "{}", ended.stdout);
    }
    // Control characters are escaped.
    let command = folder.longhaul(&check("count", "--read-with"));
    let ended = command.argument("printf '\\033[2J\\001\\n'").run();
    let difference =
        "the first difference is at record 1: \\u{1b}[2J\\u{1} instead of {\"page\":1,\"record\":1}\n";
    assert!(ended.stdout.contains(difference), "{}", ended.stdout);
}

#[test]
fn a_sink_that_panics_fails_every_case_and_the_check_continues() {
    let options = "--option at=write --option fault=panic";
    let ended = folder("faulty").run(&check("faulty", options));
    let case = "  FAILED  records arrive in order and whole\n          writing failed: the plugin `faulty` panicked: \
                boom in Write\n";
    assert!(ended.stdout.contains(case), "{}", ended.stdout);
    assert_eq!(ended.code, Some(5));
    assert!(ended.stdout.contains("only the calls were tested\n"), "{}", ended.stdout);
}

#[test]
fn a_sink_that_cannot_be_checked_is_an_error() {
    for (sink, more, stderr) in [
        (
            "faulty",
            "",
            "error: the sink `faulty` cannot be checked with these options\n  caused by: `at` is missing\n\
             hint: set its options with `--option KEY=VALUE`: `at`, `fault`\n",
        ),
        ("count", "--option path", "error: expected `--option KEY=VALUE`, found `--option path`\n"),
        (
            "count",
            "--option path=/absolute",
            "error: `/absolute` would be shared by all cases\n\
             hint: use a relative path: each case has its own folder\n",
        ),
        (
            "faulty",
            "-q --option at=drop --option fault=closed --read lines",
            "error: the sink does not write to a file, so its records cannot be read as lines\n\
             hint: use `--read-with` or `--read nothing`\n",
        ),
    ] {
        folder(sink).run(&check(sink, more)).assert_failed(2, stderr);
    }
    let missing = Folder::empty().run("sinks check missing.so");
    assert!(missing.stderr.starts_with("error: cannot read the plugin `missing.so`\n"), "{}", missing.stderr);
    let misnamed = Folder::empty().with("count.so", "").run("sinks check count.so");
    let expected = file_name("NAME");
    misnamed.assert_failed(
        2,
        &format!(
            "error: `count.so` does not have the file name of a sink's library, which is `{expected}` on this system\n"
        ),
    );
}
