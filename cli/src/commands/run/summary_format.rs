//! The format of a summary. Its schema is `cli/summary.schema.json`.

use std::collections::BTreeMap;

use longhaul_core::listing::end::End;
use serde::Serialize;

/// The version of the format.
pub(super) const VERSION: u8 = 1;

/// The outcome of a command of longhaul, as `--summary` writes it. Later versions of longhaul may add keys. If a key is
/// removed or gets another meaning, `version` changes.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Summary"))]
pub(super) struct SummaryFormat<'o> {
    /// The version of this format.
    pub(super) version: u8,
    /// The exit code of the command.
    pub(super) exit_code: u8,
    /// When the command started (RFC 3339, in UTC).
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub(super) begun: String,
    /// How many requests were sent, including those for tokens.
    pub(super) requests: u64,
    /// How many of them were sent again after a fault.
    pub(super) retries: u64,
    /// How many tokens were issued.
    pub(super) tokens: u64,
    /// How often the API rejected a token before it had expired. With several workers, a token can be rejected several times.
    pub(super) tokens_died: u64,
    /// How many seconds the command has waited for rate limits, before retries, and for jobs.
    pub(super) seconds_waited: f64,
    /// How often progress was saved.
    pub(super) commits: u64,
    /// How many seconds that took.
    pub(super) seconds_committing: f64,
    /// Whether the same command resumes a pull that is not complete.
    pub(super) resumable: bool,
    /// The pulls: one for each stream that was reached, in order.
    pub(super) pulls: Vec<PullFormat<'o>>,
}

/// The outcome of the pull of a stream. Numbers include those of earlier runs of the same pull.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Pull"))]
pub(super) struct PullFormat<'o> {
    /// The name of the stream.
    pub(super) stream: &'o str,
    /// Whether all records have arrived.
    pub(super) complete: bool,
    /// Whether `--limit` ended the pull, so that records may be missing.
    pub(super) sample: bool,
    /// How many records were written.
    pub(super) records: u64,
    /// How many pages they were on.
    pub(super) pages: u64,
    /// How many windows were pulled, if the stream has no parents.
    pub(super) windows: u64,
    /// How many partitions were pulled, if the stream has parents.
    pub(super) partitions: u64,
    /// How many duplicates were dropped by the key in `unique`.
    pub(super) repeated_dropped: u64,
    /// How many records were left out because they have not changed since the last complete pull.
    pub(super) unchanged_dropped: u64,
    /// How many records were left out by `where`.
    pub(super) filtered: u64,
    /// How many records are missing, compared with the totals that the API reported.
    pub(super) missing: u64,
    /// How many listings had totals that changed during the pull.
    pub(super) totals_changed: u64,
    /// How many pages before the last one had fewer records than were requested.
    pub(super) short_pages: u64,
    /// The columns in which no record has a value: their places, by the name of the sink.
    pub(super) unmatched_columns: &'o BTreeMap<String, Vec<String>>,
    /// How many partitions were left out by a rule with `then = "skip"`.
    pub(super) skipped: u64,
    /// Why the last listing is complete.
    #[cfg_attr(test, schemars(with = "Option<tests::EndFormat>"))]
    pub(super) end: Option<&'o End>,
    /// How many seconds this run has taken for the pull.
    pub(super) seconds: f64,
    /// Where the records are: paths of files, addresses of objects, or names of tables.
    pub(super) files: &'o [String],
    /// The exit code of this pull alone.
    pub(super) exit_code: u8,
    /// Why the pull is not complete.
    pub(super) error: Option<&'o str>,
    /// Whether the same command resumes the pull.
    pub(super) resumable: bool,
}

#[cfg(test)]
mod tests {
    use std::{env, fs};

    use longhaul_core::listing::end::Proof;
    use schemars::{JsonSchema, schema_for};
    use serde_json::{Value, json};

    use super::*;

    /// Why a listing is complete.
    #[derive(JsonSchema)]
    #[schemars(rename = "End")]
    #[expect(dead_code, reason = "it is only a schema")]
    pub(super) struct EndFormat {
        /// The kind of the proof.
        proof: ProofFormat,
        /// Where in the response it is.
        at: Option<String>,
        /// The number of the last page, from 1.
        page: u64,
        /// The total number of records, if the API reported one.
        total: Option<u64>,
    }

    /// The kind of a proof.
    #[derive(JsonSchema, Serialize)]
    #[schemars(rename = "Proof")]
    #[serde(rename_all = "snake_case")]
    enum ProofFormat {
        /// The page says that there are no more.
        MoreFalse,
        /// The page has a next link or cursor, but an empty one.
        NextNull,
        /// The page has no next link or cursor, and earlier pages had one.
        NextMissing,
        /// The page has nothing that looks as if there are more pages, and is not full.
        NoContinuation,
        /// It is the last page according to the page count.
        PageCount,
        /// As many records as the total have arrived.
        Total,
        /// A condition in `end` matches.
        Condition,
        /// The page has fewer records than were requested, which means the end by a condition in `end`.
        Short,
        /// The page has no records.
        NoRecords,
        /// A response after this page means the end, by an answer rule.
        Answer,
        /// The stream has a single page.
        Single,
        /// The API refuses to page any deeper, after all records have arrived.
        TooDeep,
    }

    fn format_of(proof: &Proof) -> ProofFormat {
        match proof {
            Proof::MoreFalse { .. } => ProofFormat::MoreFalse,
            Proof::NextNull { .. } => ProofFormat::NextNull,
            Proof::NextMissing { .. } => ProofFormat::NextMissing,
            Proof::NoContinuation => ProofFormat::NoContinuation,
            Proof::PageCount { .. } => ProofFormat::PageCount,
            Proof::Total { .. } => ProofFormat::Total,
            Proof::Condition { .. } => ProofFormat::Condition,
            Proof::Short => ProofFormat::Short,
            Proof::NoRecords => ProofFormat::NoRecords,
            Proof::Answer => ProofFormat::Answer,
            Proof::Single => ProofFormat::Single,
            Proof::TooDeep => ProofFormat::TooDeep,
        }
    }

    #[test]
    fn every_proof_is_in_the_schema() {
        let at = || "/next".to_owned();
        let proofs = [
            Proof::MoreFalse { at: at() },
            Proof::NextNull { at: at() },
            Proof::NextMissing { at: at() },
            Proof::NoContinuation,
            Proof::PageCount { at: at() },
            Proof::Total { at: at() },
            Proof::Condition { at: at() },
            Proof::Short,
            Proof::NoRecords,
            Proof::Answer,
            Proof::Single,
            Proof::TooDeep,
        ];
        for proof in proofs {
            let format = serde_json::to_value(format_of(&proof)).unwrap();
            let mut end = serde_json::to_value(End { proof, page: 3, total: Some(7) }).unwrap();
            let keys: Vec<_> = end.as_object_mut().unwrap().keys().cloned().collect();
            assert!(
                keys == ["at", "page", "proof", "total"] || keys == ["page", "proof", "total"],
                "{keys:?}"
            );
            assert_eq!(end["proof"], format);
        }
    }

    #[test]
    fn the_schema_is_up_to_date() {
        let mut schema: Value = schema_for!(SummaryFormat<'_>).into();
        schema["properties"]["version"] =
            json!({ "const": VERSION, "description": "The version of this format." });
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/summary.schema.json");
        if env::var_os("UPDATE_REFERENCE").is_some() {
            fs::write(path, &text).unwrap();
        }
        assert!(
            fs::read_to_string(path).is_ok_and(|found| found == text),
            "cli/summary.schema.json is out of date; run `UPDATE_REFERENCE=1 cargo test -p longhaul --lib summary`"
        );
    }
}
