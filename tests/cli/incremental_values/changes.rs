//! What has changed since the last run.

use super::*;

#[test]
fn a_full_refresh_starts_at_the_beginning_again() {
    let feed = Feed::new("updated_at");
    let folder = feed.folder(&[]);
    feed.set(&[ticket(1, "2026-01-02")]);
    folder.run("run").assert_complete();
    folder.run("run --fresh").assert_complete();
    feed.since();
    folder.run("run --full-refresh").assert_complete();
    assert_eq!((feed.since(), ids(&folder, "tickets")), (some("2026-01-01"), vec![1, 1]));
    folder.run("run").assert_complete();
    assert_eq!((feed.since(), ids(&folder, "tickets")), (some("2026-01-02"), vec![1, 1]));
    // What the value means has changed.
    let changed = folder.read("longhaul.toml").replace("at = \"/updated_at\"", "at = \"/id\"");
    let folder = folder.with("longhaul.toml", changed);
    folder.run("run").assert_failed(
        6,
        "error: cannot continue `tickets` where the last run ended: `streams.tickets.incremental`, or the request, \
         has changed since\n\
         hint: restore the configuration; or, to pull everything again, run: longhaul run tickets --full-refresh\n",
    );
    folder.run("run --full-refresh").assert_complete();
}

/// Another tenant, for example, has other records.
#[test]
fn a_changed_header_is_an_error() {
    let with = |folder: Folder, from: &str, to: &str| {
        let changed = folder.read("longhaul.toml").replace(from, to);
        assert!(changed.contains(to));
        folder.with("longhaul.toml", changed)
    };
    for (before, header) in [("[sinks.lines]", "[streams.tickets.headers]"), ("[auth]", "[api.headers]")] {
        let feed = Feed::new("updated_at");
        let folder = feed.folder(&[]);
        let folder = with(folder, before, &format!("{header}\nX-Tenant = \"acme\"\n\n{before}"));
        feed.set(&[ticket(1, "2026-01-02")]);
        folder.run("run").assert_complete();
        folder.run("run").assert_complete();
        with(folder, "acme", "globex").run("run").assert_failed(
            6,
            "error: cannot continue `tickets` where the last run ended: `streams.tickets.incremental`, or the request, \
             has changed since\n\
             hint: restore the configuration; or, to pull everything again, run: longhaul run tickets \
             --full-refresh\n",
        );
    }
}

#[test]
fn another_file_without_the_earlier_records_is_a_warning() {
    const WARNING: &str = "warn  tickets: `sinks.lines.path` is not what it was in the last complete run, so only later \
                           records are written there; for all of them, run: longhaul run tickets --full-refresh\n";
    let feed = Feed::new("updated_at");
    let folder = feed.folder(&[]);
    feed.set(&[ticket(1, "2026-01-02")]);
    assert!(!folder.run("run").assert_complete().stderr.contains("warn "));
    feed.set(&[ticket(1, "2026-01-02"), ticket(2, "2026-01-03")]);
    let changed = folder.read("longhaul.toml").replace("out/{stream}.ndjson", "new/{stream}.ndjson");
    let folder = folder.with("longhaul.toml", changed);
    let ended = folder.run("run");
    assert!(ended.assert_complete().stable_stderr().starts_with(WARNING), "{}", ended.stderr);
    assert!(!folder.run("run").assert_complete().stderr.contains("warn "), "once");
}
