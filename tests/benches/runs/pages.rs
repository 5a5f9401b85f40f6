//! The pages that the server has.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

/// The records of a page, rendered once: only what leads to the next page differs.
#[derive(Debug)]
pub(crate) struct Pages {
    compact: Vec<u8>,
    pretty: Vec<u8>,
    /// Whole: its next link is in the head.
    gzip: Vec<u8>,
    /// Records of 1.75 KB.
    narrow: Vec<u8>,
    /// Few.
    slow: Vec<u8>,
}

/// How many records a page has.
pub(crate) const RECORDS: usize = 1000;

impl Pages {
    pub(crate) fn new() -> Self {
        let records = |size, count| (0..count).map(|index| record(index, size)).collect::<Vec<_>>();
        let wide = records(4600, RECORDS);
        let compact = open(serde_json::to_vec(&wide).unwrap());
        let pretty = open(serde_json::to_vec_pretty(&wide).unwrap());
        let narrow = open(serde_json::to_vec(&records(1750, RECORDS)).unwrap());
        let slow = open(serde_json::to_vec(&records(1750, 20)).unwrap());
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&compact).and_then(|()| gzip.write_all(b"}")).unwrap();
        Self { compact, pretty, gzip: gzip.finish().unwrap(), narrow, slow }
    }

    /// The head, the records and the end of the answer to a target such as `/compact/20/1`.
    pub(crate) fn answer(&self, target: &str) -> (String, &[u8], String) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut parts = path.trim_start_matches('/').split('/');
        let shape = parts.next().unwrap_or_default();
        let mut number = || parts.next().and_then(|part| part.parse::<usize>().ok()).unwrap_or(1);
        let (count, number) = (number(), number());
        let next = (number < count).then(|| format!("/{shape}/{count}/{}?{query}", number + 1));
        let body = match shape {
            "pretty" => &self.pretty,
            "gzip" => &self.gzip,
            "narrow" => &self.narrow,
            "slow" => &self.slow,
            _ => &self.compact,
        };
        let (fields, tail) = match (shape, next) {
            ("gzip", Some(next)) => {
                (format!("content-encoding: gzip\r\nlink: <{next}>; rel=\"next\"\r\n"), String::new())
            }
            ("gzip", None) => ("content-encoding: gzip\r\n".to_owned(), String::new()),
            (_, next) => (String::new(), format!(",\"nextPageUri\":{}}}", Value::from(next))),
        };
        let length = body.len() + tail.len();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{fields}content-length: {length}\r\n\r\n"
        );
        (head, body, tail)
    }
}

/// A page without its end.
fn open(records: Vec<u8>) -> Vec<u8> {
    [b"{\"results\":".to_vec(), records].concat()
}

/// A conversation of about `size` bytes.
fn record(index: usize, size: usize) -> Value {
    let mut record = json!({
        "conversationId": format!("1f1b0c44-2f0a-4a7c-a0fb-{index:012}"),
        "conversationStart": "2026-01-05T10:11:12.345Z", "conversationEnd": "2026-01-05T10:21:12.345Z",
        "originatingDirection": "inbound", "mediaStatsMinConversationMos": 4.882_3,
        "divisionIds": ["f3a1c1de-6b56-4e63-9cf4-1d2f3e4a5b6c"],
        "participants": [],
    });
    let participants = record["participants"].as_array_mut().unwrap();
    let each = participant(0).to_string().len() + 1;
    participants.extend((0..(size - 300) / each).map(participant));
    let missing = size.saturating_sub(record.to_string().len() + 18);
    record["externalTag"] = "a word or two ".chars().cycle().take(missing).collect::<String>().into();
    record
}

fn participant(index: usize) -> Value {
    json!({
        "participantId": format!("7d1ce5a2-65ac-4c1b-9d6d-{index:012}"), "purpose": "customer",
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
}
