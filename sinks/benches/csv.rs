//! How many records per second become CSV, on one core. `cargo bench -p longhaul-sinks` prints the results.

#![expect(clippy::unwrap_used, reason = "a benchmark fails on any error")]
#![expect(clippy::print_stdout, reason = "the results are printed")]

use std::{io, sync::Arc, time::Duration};

use longhaul_core::{
    Clock,
    clock::{Interrupt, SystemClock},
    disk::SystemDisk,
    sink::{Batch, Registry, Variables},
};
use longhaul_sinks::{Stdout, register};
use serde_json::{Value, json};

/// The number of records in a page.
const PAGE: usize = 100;

/// How many rounds of this many pages are measured. The fastest counts: the others were slowed down by the machine.
const ROUNDS: u32 = 200;
const PAGES: usize = 20;

fn main() {
    let six = json!({"columns": [
        "/conversationId", "/conversationStart", "/conversationEnd", "/originatingDirection",
        "/participants/0/purpose", "/participants/1/sessions/0/ani",
    ]});
    let top = json!({"columns": ["/conversationId", "/conversationStart", "/conversationEnd",
        "/originatingDirection", "/divisionIds", "/mediaStatsMinConversationMos"]});
    let rows = json!({"rows": "/participants/*/sessions/*/segments/*", "columns": [
        "^/conversationId", "^^/purpose", "^^^/mediaType", "/segmentStart", "/segmentEnd", "/queueId",
    ]});
    for (name, options) in [("six columns", six), ("six at the top", top), ("two rows of six columns", rows)]
    {
        measure(name, options);
    }
}

fn measure(name: &str, mut options: Value) {
    options["format"] = json!("csv");
    let mut registry = Registry::default();
    register(&mut registry, Stdout::to(io::sink()), Arc::new(SystemDisk));
    let options = serde_json::from_value(options).unwrap();
    let sink = registry.get("stdout").unwrap().configure(&options).unwrap();
    let mut open = sink.open(&Variables::new("conversations", "/"), None).unwrap().sink;
    let (bytes, ends) = page();
    let batch = Batch::new(&bytes, &ends);
    let clock = SystemClock::new(Interrupt::default());
    let fastest = (0..ROUNDS).map(|_| {
        let start = clock.elapsed();
        (0..PAGES).for_each(|_| open.write(&batch).unwrap());
        clock.elapsed().saturating_sub(start)
    });
    let seconds = fastest.min().unwrap_or(Duration::MAX).as_secs_f64();
    let records = u32::try_from(PAGES * PAGE).unwrap();
    let (per_second, size) = (f64::from(records) / seconds, bytes.len() / PAGE);
    println!("{name}: {per_second:.0} records of {size} bytes per second");
}

/// A page of conversations of 1.75 KB each.
fn page() -> (Vec<u8>, Vec<usize>) {
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    for index in 0..PAGE {
        bytes.extend_from_slice(record(index).as_bytes());
        bytes.push(b'\n');
        ends.push(bytes.len());
    }
    (bytes, ends)
}

fn record(index: usize) -> String {
    let session = |purpose: &str| {
        json!({
            "participantId": format!("7d1ce5a2-65ac-4c1b-9d6d-{index:012}"), "purpose": purpose,
            "participantName": "Müller, \"Jo\"", "sessions": [{
                "sessionId": format!("0b5e27c5-1b7e-4b4f-8c48-{index:012}"), "mediaType": "voice",
                "ani": "tel:+14155550123", "dnis": "tel:+18005550100", "direction": "inbound", "provider": "Edge",
                "metrics": [{"name": "tTalk", "value": 5_167_909_208_u64, "emitDate": "2026-01-05T10:11:12.345Z"}],
                "segments": [{
                    "segmentStart": "2026-01-05T10:11:12.345Z", "segmentEnd": "2026-01-05T10:21:12.345Z",
                    "segmentType": "interact", "conference": false, "disconnectType": "peer",
                    "queueId": format!("c2788c7b-c8c3-40ad-97c3-{index:012}"), "wrapUpNote": "said \"no\"\nand left",
                }],
            }],
        })
    };
    let record = json!({
        "conversationId": format!("1f1b0c44-2f0a-4a7c-a0fb-{index:012}"),
        "conversationStart": "2026-01-05T10:11:12.345Z", "conversationEnd": "2026-01-05T10:21:12.345Z",
        "originatingDirection": "inbound", "mediaStatsMinConversationMos": 4.882_3,
        "divisionIds": ["f3a1c1de-6b56-4e63-9cf4-1d2f3e4a5b6c"],
        "participants": [session("customer"), session("agent")],
        "externalTag": "x".repeat(185),
    });
    record.to_string()
}
