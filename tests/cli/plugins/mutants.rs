//! `longhaul sinks check` finds what is wrong with a sink, and says so.

use super::{file_name, library};
use crate::{command_output::CommandOutput, folder::Folder};

fn check(mutation: &str, more: &str) -> CommandOutput {
    let folder = Folder::empty().with(&file_name("mutant"), library("mutant"));
    folder.run(&format!("sinks check {} --option mutation={mutation} {more}", file_name("mutant")))
}

/// The cases that failed, each with what the sink did.
fn failed(output: &CommandOutput) -> Vec<(&str, &str)> {
    let lines = output.stdout.lines().collect::<Vec<_>>();
    let pairs =
        lines.windows(2).filter_map(|pair| Some((pair[0].strip_prefix("  FAILED  ")?, pair[1].trim())));
    pairs.collect()
}

#[test]
fn a_sink_that_keeps_the_contract_passes() {
    let ways = ["none", "uses_an_unnamed_file"];
    let on_linux = ["opens_with_dsync", "maps_and_syncs"];
    for mutation in ways.iter().chain(on_linux.iter().filter(|_| cfg!(target_os = "linux"))) {
        let checked = check(mutation, "");
        assert_eq!(failed(&checked), [], "{mutation}");
        checked.assert_complete();
    }
}

#[test]
fn each_violation_is_found_by_the_case_for_its_clause() {
    for (mutation, case) in [
        ("accepts_any_option", "an unknown option is rejected"),
        ("acknowledges_early", "a pull resumes from its last commit"),
        ("empty_files_are_missing", "an empty pull publishes an empty result"),
        ("forgets_to_truncate", "what was written after the last commit is gone"),
        ("keeps_the_first_receipt", "a pull resumes from its last commit"),
        ("leaves_a_lock_file", "a pull leaves only its result"),
        ("loses_non_ascii", "records keep their text"),
        ("loses_the_last_record", "records arrive in order and whole"),
        ("publishes_early", "nothing is published too early"),
        ("publishes_when_dropped", "dropping publishes nothing"),
        ("skips_repeats", "identical records are all kept"),
    ] {
        let checked = check(mutation, "");
        let failed = failed(&checked);
        assert!(failed.iter().any(|(failed, _)| *failed == case), "{mutation} was found by {failed:?}");
        assert_eq!(checked.code, Some(5), "{mutation}");
    }
}

/// Only the case that follows the system calls can find these.
#[cfg(target_os = "linux")]
#[test]
fn a_sink_that_does_not_sync_is_found_by_its_system_calls() {
    let part = "`check_1.out.part` was synced";
    for (mutation, found) in [
        ("never_syncs", format!("commit 1 returned before {part}")),
        ("maps_without_syncing", format!("commit 1 returned before {part}")),
        ("maps_and_syncs_later", format!("commit 1 returned before {part}")),
        ("syncs_a_range", format!("commit 1 returned before {part}")),
        ("syncs_before_writing", format!("commit 1 returned before {part}")),
        ("syncs_once", format!("commit 2 returned before {part}")),
        ("syncs_only_the_folder", format!("commit 1 returned before {part}")),
        ("syncs_with_the_next_page", format!("commit 1 returned before {part}")),
        ("writes_index_unsynced", "commit 1 returned before `check_1.out.part.index` was synced".into()),
    ] {
        let checked = check(mutation, "");
        let case = ("what was committed is synced", found.as_str());
        let failed = failed(&checked);
        assert!(failed.contains(&case), "{mutation}: {failed:?}");
        let (expected, stopped) = (failed.len() == 1, checked.code == Some(5));
        // The last one also leaves nothing of its page when it is dropped.
        assert!((expected || mutation == "syncs_before_writing") && stopped, "{mutation}: {failed:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_stays_open_is_found() {
    let checked = check("leaves_the_file_open", "");
    let open = ("a pull leaves only its result", "`check_0.out` is still open after the pull");
    assert_eq!(failed(&checked), [open]);
}

#[test]
fn a_sink_that_blocks_ends_the_check() {
    for (mutation, case) in [
        ("blocks_in_commit", "records arrive in order and whole"),
        ("blocks_in_drop", "records arrive in order and whole"),
    ] {
        let checked = check(mutation, "--timeout 2s");
        let blocked = "it did not end within 2 seconds; the cases after it were not run";
        assert_eq!(failed(&checked), [(case, blocked)], "{mutation}");
        assert_eq!(checked.code, Some(5), "{mutation}");
    }
}

#[test]
fn a_file_that_is_not_text_is_not_printed() {
    for more in ["", "--read lines"] {
        check("writes_binary", more).assert_failed(
            2,
            "error: the sink writes a file that is not text, so its records cannot be read as lines\n\
             hint: use `--read-with` with a command that prints the records, one per line, or `--read nothing`\n",
        );
    }
}
