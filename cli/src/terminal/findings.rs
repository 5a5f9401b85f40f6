//! What suggests that records of a complete pull may be missing, in words.

use longhaul_core::state::{Finding, Summary};

use crate::terminal::numbers::{counted, grouped};

/// The findings about a pull, each as a clause.
pub(crate) fn clauses(summary: &Summary) -> Vec<String> {
    summary.findings().into_iter().map(|finding| clause(finding, summary)).collect()
}

/// What users can do about findings.
pub(crate) const ADVICE: &str = "pages may shift while the API's data changes: set `unique`, continue from the last record with `cursor = \"last:…\"`, or pull windows";

fn clause(finding: Finding, summary: &Summary) -> String {
    let Summary { records, repeated, unchanged, filtered, windows, partitions, .. } = *summary;
    match finding {
        // With several listings, the total is unknown: some may have more records than the API reported.
        Finding::Missing { records: missing } if windows + partitions > 0 => {
            format!("{} that the API reported did not arrive", counted(missing, "record"))
        }
        Finding::Missing { records: missing } => {
            // Duplicates do not count, because they may stand for records that never arrived.
            let arrived = records + unchanged + filtered;
            let different = if repeated > 0 { " different ones" } else { "" };
            format!(
                "the API reported {}; {}{different} arrived",
                counted(arrived + missing, "record"),
                grouped(arrived)
            )
        }
        Finding::TotalsChanged { listings } if windows > 0 => {
            let were = if listings == 1 { "was" } else { "were" };
            format!("the total changed while {} {were} pulled", counted(listings, "window"))
        }
        Finding::TotalsChanged { .. } => "the total changed while the pages were pulled".to_owned(),
        Finding::ShortPages { pages } => {
            format!("{} before the last one had fewer records than requested", counted(pages, "page"))
        }
        Finding::NoKeys => "no record has the key of `unique`, so duplicates were not dropped".to_owned(),
        Finding::UnmatchedColumns => {
            let sinks = summary.unmatched_columns.iter();
            let columns = sinks.flat_map(|(sink, places)| {
                places.iter().map(move |place| format!("`{place}` (a column of sink `{sink}`)"))
            });
            format!("no record has a value at {}", columns.collect::<Vec<_>>().join(", "))
        }
        Finding::SameFirstPages { partitions } => {
            let (kind, placeholders) =
                if windows > 0 { ("windows", "{window.…}") } else { ("partitions", "{each.…}") };
            let partitions = grouped(partitions);
            format!(
                "all {partitions} {kind} with records have the same records on their first page, as if the API ignored \
                 the parameters with `{placeholders}`: check their names"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use longhaul_core::state::FirstPages;

    use super::*;

    #[test]
    fn every_finding_has_its_words() {
        let listing = Summary { records: 1, unchanged: 2, repeated: 7, missing: 1200, ..Summary::default() };
        assert_eq!(clauses(&listing), ["the API reported 1,203 records; 3 different ones arrived"]);
        let alone = Summary { repeated: 0, ..listing.clone() };
        assert_eq!(clauses(&alone), ["the API reported 1,203 records; 3 arrived"]);
        let moving = Summary { totals_changed: 1, short_pages: 2, without_key: 1, missing: 0, ..listing };
        let rest = [
            "2 pages before the last one had fewer records than requested",
            "no record has the key of `unique`, so duplicates were not dropped",
        ];
        assert_eq!(clauses(&moving), ["the total changed while the pages were pulled", rest[0], rest[1]]);
        let windows = Summary { windows: 4, missing: 1, ..moving };
        assert_eq!(
            clauses(&windows),
            [
                "1 record that the API reported did not arrive",
                "the total changed while 1 window was pulled",
                rest[0],
                rest[1],
            ]
        );
        let places = |places: &[&str]| places.iter().map(|&place| place.to_owned()).collect();
        let unmatched_columns =
            [("a".to_owned(), places(&["/x", "/y/*/z"])), ("b".to_owned(), places(&["/x"]))];
        let columns =
            Summary { records: 1, unmatched_columns: unmatched_columns.into(), ..Summary::default() };
        assert_eq!(
            clauses(&columns),
            [
                "no record has a value at `/x` (a column of sink `a`), `/y/*/z` (a column of sink `a`), `/x` (a column of \
              sink `b`)"
            ]
        );
        assert_eq!(clauses(&Summary { records: 0, ..columns }), [""; 0], "without records, nothing is known");
        let first_pages = |partitions| FirstPages::Same { records: 7, partitions };
        let alike = Summary { windows: 4, first_pages: first_pages(3), ..Summary::default() };
        assert_eq!(
            clauses(&alike),
            [
                "all 3 windows with records have the same records on their first page, as if the API ignored the \
                 parameters with `{window.…}`: check their names"
            ]
        );
        let alike = Summary { windows: 0, partitions: 2, first_pages: first_pages(2), ..alike };
        assert_eq!(
            clauses(&alike),
            [
                "all 2 partitions with records have the same records on their first page, as if the API ignored the \
                 parameters with `{each.…}`: check their names"
            ]
        );
        assert_eq!(clauses(&Summary { first_pages: first_pages(1), ..alike }), [""; 0]);
    }
}
