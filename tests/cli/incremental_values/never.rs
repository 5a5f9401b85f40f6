//! Times that APIs write for "never".

use super::*;

#[test]
fn a_time_that_means_never_is_in_the_future() {
    let feed = Feed::new("updated_at");
    let folder = feed.folder(&[]);
    feed.set(&[
        ticket(1, "9999-12-31T00:00:00Z"),
        ticket(2, "2026-01-02T00:00:00Z"),
        ticket(3, "9999-12-31T23:59:59.9999999Z"),
    ]);
    folder.run("run").assert_complete();
    assert_eq!(ids(&folder, "tickets"), [1, 2, 3]);
    feed.since();
    folder.run("run").assert_complete();
    assert_eq!(feed.since(), some("2026-01-02T00:00:00Z"));
}
