//! What is measured.

use serde_json::Value;

use crate::{
    child_process::Cost,
    comparison::{medians, print, ratio},
    pages::RECORDS,
    program::{Bench, Pull},
    tools,
};

/// Measures something and prints the results.
type Measure = fn(&Bench);

/// All measures, with their names.
pub(crate) const MEASURES: [(&str, Measure); 14] = [
    ("cpu", |bench| compare_with_curl(bench, &Pull::compact(100))),
    ("tiny", |bench| compare_with_curl(bench, &Pull { shape: "tiny", ..Pull::compact(10_000) })),
    ("pretty", |bench| compare_with_curl(bench, &Pull { shape: "pretty", ..Pull::compact(100) })),
    ("gzip", |bench| compare_with_curl(bench, &Pull { shape: "gzip", stream: LINKS, ..Pull::compact(100) })),
    ("csv", csv),
    ("columns", columns),
    ("linear", linear),
    ("checkpointing", checkpointing),
    ("latency", latency),
    ("partitions", partitions),
    ("lines", lines),
    ("memory", memory),
    ("tools", tools::compare),
    ("startup", startup),
];

/// All pages have the same records.
const LINKS: &str = "pages = { type = \"link_header\", identical_pages = true }";

/// No checkpoints before the end.
const ONE_CHECKPOINT: &str = "commit_every = \"1000h\"";

/// Fetches the same pages with longhaul, once with checkpoints only at the end, and with `curl`, alternately.
fn compare_with_curl(bench: &Bench, pull: &Pull<'_>) {
    let (mut without, mut ours, mut baseline, mut committing) = (Vec::new(), Vec::new(), Vec::new(), 0.0);
    for _ in 0..bench.rounds {
        baseline.extend(bench.curl(pull.shape, pull.pages));
        without.push(bench.longhaul(&Pull { top: ONE_CHECKPOINT, ..*pull }).0);
        let (cost, summary) = bench.longhaul(pull);
        ours.push(cost);
        committing += seconds_committing(&summary);
    }
    let baseline = (!baseline.is_empty()).then(|| medians(&baseline));
    if let Some(baseline) = &baseline {
        print("curl, into files", baseline, None);
    }
    print("longhaul, into NDJSON", &medians(&without), baseline.as_ref());
    print("  with checkpoints", &medians(&ours), baseline.as_ref());
    println!("  {:.3} s of it in commits, on average", committing / count(bench.rounds));
}

/// Six columns of CSV.
fn csv(bench: &Bench) {
    let runs: Vec<Cost> = (0..bench.rounds).map(|_| bench.longhaul(&Pull::six_columns()).0).collect();
    let cost = medians(&runs);
    print("six columns, 100,000 records", &cost, None);
    println!("  {:.0} records for each second of CPU", count(100 * RECORDS) / cost.cpu.as_secs_f64());
}

/// A table of all columns, from pages of 20 records. Ten times the pages should take the same memory.
fn columns(bench: &Bench) {
    const ALL: &str = "type = \"csv\"\npath = \"out.csv\"";
    for pages in [100, 1000, 10_000] {
        let pull = Pull { shape: "small", sink: ALL, ..Pull::compact(pages) };
        print(&format!("{pages} pages"), &bench.longhaul(&pull).0, None);
    }
}

/// Ten times the pages should take ten times the CPU time, and the same memory.
fn linear(bench: &Bench) {
    let runs = |pages| {
        let pull = Pull::compact(pages);
        // Longer runs vary less, so they are repeated less often.
        let rounds = (400 / pages).clamp(1, bench.rounds);
        medians(&(0..rounds).map(|_| bench.longhaul(&pull).0).collect::<Vec<_>>())
    };
    let first = runs(20);
    print("20 pages", &first, None);
    print("200 pages", &runs(200), Some(&first));
    print("2,000 pages", &runs(2000), Some(&first));
}

/// With a checkpoint each second, and with none but the last.
fn checkpointing(bench: &Bench) {
    const PAGES: usize = 1500;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    let mut commits = Vec::new();
    for _ in 0..bench.rounds.min(3) {
        without.push(bench.longhaul(&Pull { top: ONE_CHECKPOINT, ..Pull::compact(PAGES) }).0);
        let (cost, summary) = bench.longhaul(&Pull::compact(PAGES));
        with.push(cost);
        commits.push(format!("{} in {:.2} s", summary["commits"], seconds_committing(&summary)));
    }
    let without = medians(&without);
    print("one checkpoint at the end", &without, None);
    print("one per second", &medians(&with), Some(&without));
    println!("  commits: {}", commits.join(", "));
}

/// 400 pages that take 50 ms each, one at a time and eight at a time.
fn latency(bench: &Bench) {
    const LINES: &str = "type = \"ndjson\"\npath = \"out.ndjson\"";
    const FILES: &str = "type = \"ndjson\"\npath = \"out/{window.start}.ndjson\"";
    let windows = |count: usize| {
        format!(
            "pages = {{ type = \"next_url\", next = \"/nextPageUri\" }}\nquery = {{ from = \"{{window.start}}\" }}\n\
             window = {{ from = \"2026-01-01\", to = \"2026-01-01T{:02}:{:02}Z\", slice = \"1m\" }}",
            count / 60,
            count % 60,
        )
    };
    let numbered =
        "pages = { type = \"page_number\", param = \"page\", page_count = \"/pageCount\" }".to_owned();
    for (name, pages, stream, sink) in [
        ("numbered pages", 400, numbered, LINES),
        ("windows of one page", 1, windows(400), LINES),
        ("windows of one page, a file each", 1, windows(400), FILES),
        ("40 windows of ten, a file each", 10, windows(40), FILES),
    ] {
        let run = |concurrency| {
            let stream = format!("{stream}\nconcurrency = {concurrency}");
            bench.longhaul(&Pull { shape: "slow", stream: &stream, sink, ..Pull::compact(pages) }).0
        };
        let (one, eight) = (run(1), run(8));
        print(name, &one, None);
        print("  eight at a time", &eight, Some(&one));
        println!("  {:.2} × as fast", ratio(one.wall, eight.wall));
    }
}

/// Children of many parents, with one small page each. More parents should hardly take more memory.
fn partitions(bench: &Bench) {
    let run = |count: usize| {
        let file = bench.file("parents.ndjson", &"1\n".repeat(count));
        let file = file.display();
        let stream = format!(
            "each = {{ file = \"{file}\", values = {{ id = \"\" }} }}\nquery = {{ id = \"{{each.id}}\" }}\nconcurrency = 16"
        );
        let pull = Pull { shape: "tiny", stream: &stream, ..Pull::compact(1) };
        (0..bench.rounds.min(3)).map(|_| bench.longhaul(&pull).0).collect::<Vec<_>>()
    };
    // Threads and buffers take a few MiB more or less each time, so the numbers are far apart.
    let (few, many) = (medians(&run(50_000)), medians(&run(350_000)));
    for (number, cost) in [(50_000, &few), (350_000, &many)] {
        print(&format!("{number} partitions of one page"), cost, None);
        println!("  {:.0} requests per second", count(number) / cost.wall.as_secs_f64());
    }
    let more = usize::try_from(many.peak.saturating_sub(few.peak)).unwrap() * 1024;
    println!("  {:.0} bytes of memory for each more partition", count(more) / 300_000.0);
}

/// Pages of 1 GB of lines, into NDJSON.
fn lines(bench: &Bench) {
    for (shape, stream) in [("csv", "format = \"csv\""), ("ndjson", "format = \"ndjson\"")] {
        let pull = Pull { shape, stream, records: "", ..Pull::compact(1000) };
        let runs: Vec<Cost> = (0..bench.rounds).map(|_| bench.longhaul(&pull).0).collect();
        let cost = medians(&runs);
        print(&format!("1 GB of {shape}"), &cost, None);
        let answer = bench.pages.answer(&format!("/{shape}/1000"));
        let megabytes = count(answer.times * answer.body.len()) / 1e6;
        println!("  {:.0} MB/s", megabytes / cost.wall.as_secs_f64());
    }
}

/// Eight large pages in flight, and one that is written meanwhile. They should take their size and 16 MiB.
fn memory(bench: &Bench) {
    const IN_FLIGHT: usize = 8;
    let stream = format!(
        "pages = {{ type = \"page_number\", param = \"page\", page_count = \"/pageCount\" }}\nconcurrency = {IN_FLIGHT}"
    );
    for (name, shape) in [("pages of 4.6 MB", "compact"), ("pages of 200 MB", "huge")] {
        let cost = bench.longhaul(&Pull { shape, stream: &stream, ..Pull::compact(2 * IN_FLIGHT) }).0;
        print(name, &cost, None);
        let answer = bench.pages.answer(&format!("/{shape}/1"));
        let size = answer.times * answer.body.len();
        let limit = (IN_FLIGHT + 1) * size + (16 << 20);
        println!("  {:.3} × nine pages and 16 MiB", count(cost.peak_bytes()) / count(limit));
    }
}

/// The cost of starting the program.
fn startup(bench: &Bench) {
    let rounds = bench.rounds * 5;
    let version: Vec<Cost> = (0..rounds).map(|_| bench.version()).collect();
    print("--version", &medians(&version), None);
    let (mut ours, mut baseline) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        baseline.extend(bench.curl("slow", 1));
        ours.push(bench.longhaul(&Pull { shape: "slow", ..Pull::compact(1) }).0);
    }
    if !baseline.is_empty() {
        print("curl, one small page", &medians(&baseline), None);
    }
    print("longhaul, one small page", &medians(&ours), None);
}

fn seconds_committing(summary: &Value) -> f64 {
    summary["seconds_committing"].as_f64().unwrap()
}

pub(crate) fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}
