//! A year of daily runs, which takes some seconds.
//!
//! The API has outages, its tokens expire, its totals change while they are read, some of its records appear up to sixteen
//! hours late, and its users change while they are pulled. The process is killed, the disk fails and loses what was not
//! synced. Days are those of Berlin, so two of them do not have 24 hours. In the end, each record was written once.

mod stream;
mod world;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use jiff::{Span, Timestamp, tz::TimeZone};
use longhaul_core::{Clock, pull::window::tile};
use longhaul_tests::{Done, Fault, ManualClock, Random, SimulatedDisk};
use serde_json::Value;

use self::{
    stream::Stream,
    world::{USERS, World},
};

const DAYS: u64 = 366;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// How many runs failed.
#[derive(Debug, Default)]
struct Failures {
    on_disk: usize,
    other: usize,
}

/// Pulls a stream until it is complete. A run that fails is repeated an hour later.
fn pull_until_complete(
    stream: Stream,
    world: &Arc<World>,
    disk: &mut SimulatedDisk,
    has_faults: bool,
    failures: &mut Failures,
) {
    let zone = berlin();
    let first = Timestamp::from_second(EPOCH).unwrap().to_zoned(zone.clone()).start_of_day().unwrap();
    loop {
        let fails = has_faults && world.below(8) == 0;
        if fails {
            let faults =
                [Fault::Once(Done::Half), Fault::Full, Fault::Stop(Done::Half), Fault::Stop(Done::All)];
            let fault = faults[usize::try_from(world.below(4)).unwrap()];
            disk.fail_at(disk.operations() + world.below(200), fault);
        }
        let outcome = stream.pull(world, disk, &zone, &first);
        if fails {
            failures.on_disk += usize::from(outcome.is_err());
            *disk = match world.below(2) {
                0 => disk.after_kill(),
                _ => disk.after_power_cut(world.below(1 << 30)),
            };
        } else {
            failures.other += usize::from(outcome.is_err());
        }
        if outcome.is_ok() {
            return;
        }
        world.clock.advance(Duration::from_secs(3600));
    }
}

/// When the clock starts, in seconds since the Unix epoch.
const EPOCH: i64 = longhaul_tests::EPOCH.as_secs().cast_signed();

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

/// The records in a file.
fn records(disk: &SimulatedDisk, path: &Path) -> Vec<Value> {
    let text = String::from_utf8(disk.contents(path).unwrap()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn in_a_year_of_daily_runs_each_record_is_written_once() {
    let random = Random::new();
    let seed = random.seed();
    let clock = ManualClock::new();
    let world = Arc::new(World::new(Arc::clone(&clock), random, DAYS));
    let mut disk = SimulatedDisk::new();
    disk.put_folder("/state");
    disk.put_folder("/out/days");
    let mut failures = Failures::default();
    for day in 1..=DAYS + 3 {
        // Each night at two, unless the run before took longer.
        let at = DAY * u32::try_from(day).unwrap() + Duration::from_secs(13 * 3600);
        clock.advance(at.saturating_sub(clock.elapsed()));
        for stream in Stream::ALL {
            pull_until_complete(stream, &world, &mut disk, day <= DAYS, &mut failures);
        }
    }
    let seed = format!("LONGHAUL_TEST_SEED={seed}");
    let calls = records(&disk, "/out/calls.ndjson".as_ref());
    let mut ids: Vec<_> = calls.iter().map(|call| call["id"].as_u64().unwrap()).collect();
    ids.sort_unstable();
    let expected: Vec<_> = world.calls().map(|(_, id)| id).collect();
    assert!(ids == expected, "{seed}: {} calls, not {}", ids.len(), expected.len());
    check_days(&disk, &world, &seed);
    check_users(&disk, &world, &seed);
    let (issued, refused) = world.tokens();
    let counts = &world.counts;
    let [in_outage, too_deep, late] =
        [&counts.in_outage, &counts.too_deep, &counts.late].map(|count| count.load(Ordering::Relaxed));
    let happened = format!(
        "{seed}: {issued} tokens, {refused} refused; {in_outage} requests in an outage; {too_deep} queries too deep; \
         {late} calls not there yet; {failures:?}"
    );
    assert!(refused > 50 && in_outage > 50 && too_deep > 5 && late > 100, "{happened}");
    assert!(failures.on_disk > 20 && failures.other > 5, "{happened}");
}

/// The files of each day have the calls of that day, also on the days on which the clocks change.
fn check_days(disk: &SimulatedDisk, world: &World, seed: &str) {
    let mut files: Vec<_> = disk.files().into_iter().filter(|path| path.starts_with("/out/days")).collect();
    let start = Timestamp::from_second(EPOCH).unwrap();
    let start = start.to_zoned(berlin()).start_of_day().unwrap().timestamp();
    let days = tile(start, world.now(), Some(&Span::new().days(1)), &berlin()).unwrap();
    let hours: Vec<_> = days.iter().map(|day| day.end.duration_since(day.start).as_hours()).collect();
    assert!(hours.contains(&23) && hours.contains(&25), "{hours:?}");
    for day in days {
        // The windows of a busy day were halved, and each half has its own file.
        let name = |at: Timestamp| format!("/out/days/{}.ndjson", at.strftime("%Y%m%dT%H%M%SZ")).into();
        let names: (PathBuf, PathBuf) = (name(day.start), name(day.end));
        let of_day = files.extract_if(.., |path| *path >= names.0 && *path < names.1);
        let calls = of_day.flat_map(|path| records(disk, &path));
        let mut ids: Vec<_> = calls.map(|call| call["id"].as_u64().unwrap()).collect();
        ids.sort_unstable();
        let expected: Vec<_> =
            world.calls().filter(|(at, _)| *at >= day.start && *at < day.end).map(|(_, id)| id).collect();
        assert_eq!(ids, expected, "{seed}: {}", names.0.display());
    }
    // The day before the first call was pulled again, too.
    let others: Vec<_> = files.iter().filter(|path| !records(disk, path).is_empty()).collect();
    assert!(others.is_empty(), "{seed}: {others:?}");
}

/// Each version of a user that was written was written once, and the newest one was written last.
fn check_users(disk: &SimulatedDisk, world: &World, seed: &str) {
    let mut versions = BTreeMap::<u64, Vec<u64>>::new();
    for user in records(disk, "/out/users.ndjson".as_ref()) {
        let [id, version] = ["id", "version"].map(|name| user[name].as_u64().unwrap());
        versions.entry(id).or_default().push(version);
    }
    assert_eq!(versions.len() as u64, USERS, "{seed}");
    for (user, newest) in world.users() {
        let versions = &versions[&user];
        assert!(versions.is_sorted_by(|one, other| one < other), "{seed}: {user}: {versions:?}");
        assert_eq!(versions.last(), Some(&newest), "{seed}: {user}");
    }
}
