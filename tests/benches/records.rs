//! Realistic records for all benchmarks.

use serde_json::{Value, json};

/// A conversation of about `size` bytes.
pub(crate) fn record(index: usize, size: usize) -> Value {
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
