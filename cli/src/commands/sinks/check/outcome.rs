//! The results of the cases.

use std::fmt::Write;

use longhaul_core::sink::conformance::Publishes;

use crate::terminal::numbers::counted;

/// The result of a case.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) case: &'static str,
    pub(super) verdict: Verdict,
}

/// How a case ended.
#[derive(Debug)]
pub(super) enum Verdict {
    Passed,
    /// How the sink violated the contract.
    Failed(String),
    /// Why it could not be checked.
    NotChecked(String),
}

impl From<Option<String>> for Verdict {
    fn from(failure: Option<String>) -> Self {
        failure.map_or(Self::Passed, Self::Failed)
    }
}

/// The number of cases that were checked.
pub(super) fn checked(outcomes: &[Outcome]) -> u64 {
    outcomes.iter().filter(|outcome| !matches!(outcome.verdict, Verdict::NotChecked(_))).count() as u64
}

/// The number of cases that failed.
pub(super) fn failed(outcomes: &[Outcome]) -> u64 {
    outcomes.iter().filter(|outcome| matches!(outcome.verdict, Verdict::Failed(_))).count() as u64
}

/// The table of all results, and the score.
pub(super) fn table(title: &str, outcomes: &[Outcome], publishes: Publishes) -> String {
    let mut text = format!("{title}\n");
    for Outcome { case, verdict } in outcomes {
        // Writing to a string does not fail.
        let _ = match verdict {
            Verdict::Passed => writeln!(text, "  ok      {case}"),
            Verdict::Failed(failure) => writeln!(text, "  FAILED  {case}\n          {failure}"),
            Verdict::NotChecked(reason) => {
                writeln!(text, "  -       {case}\n          not checked: {reason}")
            }
        };
    }
    let (checked, failed) = (checked(outcomes), failed(outcomes));
    let _ = writeln!(text, "{} of {} passed", checked - failed, counted(checked, "case"));
    if publishes == Publishes::Unseen {
        text.push_str("published records were not read back: only the calls were tested\n");
    }
    text
}
