//! A conversation in the platform's format, with some of its many optional fields. Missing values
//! are omitted, never null.

#![expect(clippy::struct_field_names, reason = "the names are the platform's")]

use std::collections::BTreeMap;

use serde::Serialize;

use crate::json::Literal;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Conversation {
    pub(super) conversation_id: String,
    pub(super) conversation_start: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) conversation_end: Option<String>,
    pub(super) originating_direction: &'static str,
    pub(super) division_ids: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) media_stats_min_conversation_mos: Option<Literal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) media_stats_min_conversation_r_factor: Option<Literal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) external_tag: Option<String>,
    pub(super) participants: Vec<Participant>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Participant {
    pub(super) participant_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) participant_name: Option<Literal>,
    pub(super) purpose: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) external_contact_id: Option<String>,
    /// Only in the results of jobs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attributes: Option<BTreeMap<&'static str, String>>,
    pub(super) sessions: Vec<Session>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Session {
    pub(super) media_type: &'static str,
    pub(super) session_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) peer_id: Option<String>,
    pub(super) direction: &'static str,
    pub(super) provider: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ani: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dnis: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_dnis: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remote: Option<Literal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remote_name_displayable: Option<Literal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) edge_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) protocol_call_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) callback_numbers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recording: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) requested_routings: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) used_routing: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) selected_agent_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) active_skill_ids: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) flow: Option<Flow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) media_endpoint_stats: Vec<MediaEndpointStat>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) metrics: Vec<Metric>,
    pub(super) segments: Vec<Segment>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Flow {
    pub(super) flow_id: String,
    pub(super) flow_name: &'static str,
    pub(super) flow_type: &'static str,
    pub(super) flow_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entry_reason: Option<String>,
    pub(super) entry_type: &'static str,
    pub(super) exit_reason: &'static str,
    pub(super) starting_language: &'static str,
    pub(super) ending_language: &'static str,
    pub(super) transfer_type: &'static str,
    pub(super) transfer_target_name: String,
    pub(super) transfer_target_address: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MediaEndpointStat {
    pub(super) codecs: [&'static str; 1],
    pub(super) event_time: String,
    pub(super) max_latency_ms: i64,
    pub(super) min_mos: Literal,
    pub(super) min_r_factor: Literal,
    pub(super) received_packets: i64,
    pub(super) discarded_packets: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metric {
    pub(super) emit_date: String,
    pub(super) name: &'static str,
    /// A count or a duration in milliseconds.
    pub(super) value: i64,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Segment {
    pub(super) segment_start: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) segment_end: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) queue_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) wrap_up_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) wrap_up_note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) disconnect_type: Option<&'static str>,
    pub(super) segment_type: &'static str,
    pub(super) conference: bool,
}
