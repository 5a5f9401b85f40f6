//! Shares of a plan, pulled by workers that are killed at random times, each share by two of them at once.
#![cfg(unix)]

use std::time::Duration;

use longhaul_demo::{Faults, Settings};
use longhaul_tests::{Random, min_kills};

use super::{planned, settings, single_run};
use crate::api;

const SHARES: u64 = 8;

/// The number of workers that are killed before the others may complete the plan.
fn most_kills() -> u64 {
    u64::try_from(min_kills()).unwrap().max(SHARES)
}

#[test]
fn shares_are_what_a_single_run_pulls_despite_kills_and_duplicate_attempts() {
    let settings = Settings {
        faults: Faults { rate: 0.05, retry_after: 0, ..Faults::default() },
        latency: Duration::from_millis(3),
        ..settings(160)
    };
    let [lines, table] = single_run(&Settings { faults: Faults::default(), ..settings.clone() });
    let ((_api, folder), clock, mut random) = (planned(&settings), api::clock(), Random::new());
    let worker = |share: u64| {
        folder.longhaul(&format!("run --plan plan.ndjson --part {share}/{SHARES} --workers 1")).start()
    };
    let context = format!("LONGHAUL_TEST_SEED={}", random.seed());
    let mut kills = 0;
    while kills < most_kills() {
        // Two workers at once have the same share.
        let share = random.below(SHARES);
        let twins = [worker(share), worker(share)];
        clock.sleep(Duration::from_millis(20 + random.below(60)));
        for twin in twins {
            let ended = twin.kill();
            if let Some(code) = ended.code {
                assert_eq!(code, 0, "{context}: {}", ended.stderr);
            }
            kills += 1;
        }
    }
    let workers: Vec<_> = (0..SHARES).flat_map(|share| [worker(share), worker(share)]).collect();
    for worker in workers {
        let ended = worker.end();
        assert_eq!(ended.code, Some(0), "{context}: {}", ended.stderr);
    }
    folder.run("verify plan.ndjson").assert_complete();
    let cat = |sink: &str| folder.run(&format!("verify plan.ndjson --cat --sink {sink}")).stdout;
    assert!(cat("lines") == lines && cat("table") == table, "{context}: the records differ");
    let names = folder.names_in("out");
    assert!(names.len() == 32 && names.iter().all(|name| name.starts_with("2026")), "{context}: {names:?}");
    let state = folder.names_in(".longhaul");
    let [plan] = &state[..] else { panic!("{context}: {state:?}") };
    let receipts = folder.names_in(&format!(".longhaul/{plan}"));
    assert!(
        receipts.len() == 16 && receipts.iter().all(|name| name.ends_with("Z.json")),
        "{context}: {receipts:?}"
    );
}
