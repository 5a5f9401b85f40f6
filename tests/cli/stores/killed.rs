//! A pull into a store that is killed at random times, again and again.

use std::time::Duration;

use longhaul_tests::{Random, S3Server, min_kills};

use super::{LINES, PAGES, all_records, assert_clean, configuration, long_api, reach};
use crate::{api, folder::Folder};

/// How often a pull is killed at most. After that, it may complete.
const MAX_KILLS_PER_PULL: usize = 5;

#[test]
fn every_record_arrives_once_and_no_upload_is_left() {
    let mut random = Random::new();
    let clock = api::clock();
    let expected = all_records().into_bytes();
    let mut left = min_kills() / 2;
    while left > 0 {
        let (api, store) = (long_api(), S3Server::start());
        let folder = Folder::configured(&configuration(&api, LINES));
        let run = || reach(&store, folder.longhaul("run"));
        let seed = format!("LONGHAUL_TEST_SEED={}", random.seed());
        let mut is_complete = false;
        for _ in 0..left.min(MAX_KILLS_PER_PULL) {
            let mut running = run().start();
            let from = api.api_requests().len();
            let pages = usize::try_from(random.below(PAGES)).unwrap();
            while api.api_requests().len() < from + pages && !running.has_ended() {
                clock.sleep(Duration::from_millis(1));
            }
            // Much is done at the end: the last part is sent, and the object is published.
            clock.sleep(Duration::from_millis(random.below(if pages > 16 { 900 } else { 90 })));
            let ended = running.kill();
            left -= 1;
            is_complete = ended.code.is_some();
            if let Some(code) = ended.code {
                assert_eq!(code, 0, "{seed}: {}", ended.stderr);
                break;
            }
        }
        if !is_complete {
            run().run().assert_complete();
        }
        assert!(store.bucket().object("out/items.ndjson").unwrap() == expected, "{seed}: the records differ");
        assert_clean(&store, &folder);
    }
}
