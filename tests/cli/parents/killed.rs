//! Children of 1,000 parents, whose pull is killed again and again.
#![cfg(unix)]

use std::time::Duration;

use longhaul_tests::{Random, min_kills};

use super::families::{CHILDREN, Families, PARENTS};
use crate::api;

#[test]
fn children_of_many_parents_are_complete_despite_kills() {
    let families = Families::new(1000).with_gone(13);
    let rule = "[[streams.members.answers]]\nwhen = { status = 404 }\nthen = \"skip\"\n";
    let mut random = Random::new();
    for concurrency in [1, 8] {
        let folder = families.folder(&[PARENTS, CHILDREN, rule]);
        let command =
            format!("run members --set commit_every=10ms --set streams.members.concurrency={concurrency}");
        let (mut kills, clock) = (0, api::clock());
        let most = (min_kills() / 10).clamp(3, 12);
        while kills < most {
            let running = folder.longhaul(&command).start();
            clock.sleep(Duration::from_millis(20 + random.below(400)));
            let ended = running.kill();
            if let Some(code) = ended.code {
                assert_eq!(code, 0, "LONGHAUL_TEST_SEED={}: {}", random.seed(), ended.stderr);
                break;
            }
            kills += 1;
        }
        folder.run(&command).assert_complete();
        assert!(
            folder.read("out/members.ndjson") == families.members(),
            "LONGHAUL_TEST_SEED={}: the records differ, with concurrency {concurrency}",
            random.seed()
        );
        assert_eq!(folder.names_in("out"), ["members.ndjson"]);
    }
}
