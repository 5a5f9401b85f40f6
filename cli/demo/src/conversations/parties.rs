//! The participants of a conversation.

use super::{
    course::{Course, Direction, Ending, Leg, Media},
    quirks,
    shape::{Flow, MediaEndpointStat, Metric, Participant, Segment, Session},
};
use crate::{
    directory,
    interval::stamp,
    json::{self, Literal},
    random::Random,
};

/// The participants of a conversation, in the order in which they joined.
pub(super) fn participants(seed: u64, course: &Course, random: &mut Random) -> Vec<Participant> {
    let customer = quirks::customer(random);
    let line = Line {
        seed,
        course,
        ani: format!("tel:+1{}", random.between(2_010_000_000..=9_899_999_999)),
        dnis: format!("tel:+1800{}", random.between(2_000_000..=9_999_999)),
        customer,
    };
    let mut participants = vec![line.customer(random)];
    let mut at = course.start + course.flow;
    if course.direction == Direction::Inbound {
        participants.push(line.flow(random));
    }
    for (number, leg) in course.legs.iter().enumerate() {
        let place = Place { at, leg, is_last: number + 1 == course.legs.len() };
        if course.direction == Direction::Inbound {
            participants.push(line.queue(&place, random));
        }
        if course.ending != Ending::Abandoned {
            participants.push(line.agent(&place, random));
        }
        at += leg.handled();
    }
    participants
}

/// What all participants share.
struct Line<'c> {
    seed: u64,
    course: &'c Course,
    ani: String,
    dnis: String,
    customer: Literal,
}

/// A leg of the course and its start time.
struct Place<'c> {
    at: i64,
    leg: &'c Leg,
    is_last: bool,
}

impl Line<'_> {
    fn customer(&self, random: &mut Random) -> Participant {
        let (start, left) = (self.course.start, self.customer_left());
        let metrics = match self.course.direction {
            Direction::Inbound => vec![metric("nConnected", 1, start)],
            Direction::Outbound => vec![metric("nConnected", 1, start), metric("tContacting", 0, start)],
        };
        let segments = vec![Segment {
            disconnect_type: left.map(|_| random.pick(&["peer", "client", "endpoint"])),
            ..segment("interact", start, left)
        }];
        let session = Session {
            session_dnis: self.course.media.is_voice().then(|| self.dnis.clone()),
            remote_name_displayable: Some(self.customer.clone()),
            protocol_call_id: self.course.media.is_voice().then(|| random.uuid()),
            callback_numbers: match self.course.media {
                Media::Callback => vec![self.ani.trim_start_matches("tel:").to_owned()],
                _ => Vec::new(),
            },
            metrics,
            segments,
            ..self.session(random)
        };
        let external = random.chance(0.4).then(|| random.uuid());
        Participant {
            external_contact_id: external,
            ..participant(random, "customer", self.customer.clone(), session)
        }
    }

    fn flow(&self, random: &mut Random) -> Participant {
        let (purpose, flow_type, flow_name, kind) = match self.course.media {
            Media::Callback | Media::Voice => ("ivr", "INBOUNDCALL", "Main Menu", "ivr"),
            Media::Chat => ("workflow", "INBOUNDCHAT", "Chat Routing", "system"),
            Media::Email => ("workflow", "INBOUNDEMAIL", "Email Routing", "system"),
            Media::Message => ("botflow", "DIGITALBOT", "Bot: \"Ask Me\"", "system"),
        };
        let (start, end) = (self.course.start, self.course.start + self.course.flow);
        let queue = self.course.legs.first().map_or(0, |leg| leg.queue);
        let flow = Flow {
            flow_id: directory::id(self.seed, flow_type, 0),
            flow_name,
            flow_type,
            flow_version: "14.0",
            entry_reason: self.course.media.is_voice().then(|| self.dnis.clone()),
            entry_type: if self.course.media.is_voice() { "dnis" } else { "direct" },
            exit_reason: "TRANSFER",
            starting_language: "en-us",
            ending_language: "en-us",
            transfer_type: "ACD",
            transfer_target_name: directory::queue_name(queue),
            transfer_target_address: directory::id(self.seed, "queue", queue),
        };
        let time = if purpose == "ivr" { "tIvr" } else { "tFlow" };
        let session = Session {
            flow: Some(flow),
            metrics: vec![metric("nFlow", 1, start), metric(time, self.course.flow, end)],
            segments: vec![Segment { disconnect_type: Some("transfer"), ..segment(kind, start, Some(end)) }],
            ..self.session(random)
        };
        participant(random, purpose, Literal(json::text(flow_name)), session)
    }

    fn queue(&self, place: &Place<'_>, random: &mut Random) -> Participant {
        let Place { at, leg, .. } = *place;
        let answered = at + leg.waited;
        let abandoned = self.course.ending == Ending::Abandoned;
        let (waited, disconnect) = if abandoned { ("tAbandon", "peer") } else { ("tAcd", "transfer") };
        let session = Session {
            requested_routings: vec!["Standard"],
            used_routing: (!abandoned).then_some("Standard"),
            selected_agent_id: (!abandoned).then(|| directory::id(self.seed, "user", leg.agent)),
            active_skill_ids: match random.below(3) {
                0 => Vec::new(),
                skill => vec![directory::id(self.seed, "skill", usize::from(skill == 1))],
            },
            metrics: vec![metric("nOffered", 1, at), metric(waited, leg.waited, answered)],
            segments: vec![Segment {
                queue_id: Some(directory::id(self.seed, "queue", leg.queue)),
                disconnect_type: Some(disconnect),
                ..segment("interact", at, Some(answered))
            }],
            ..self.session(random)
        };
        participant(random, "acd", Literal(json::text(&directory::queue_name(leg.queue))), session)
    }

    fn agent(&self, place: &Place<'_>, random: &mut Random) -> Participant {
        let session = Session {
            recording: self.course.media.is_voice().then_some(true),
            media_endpoint_stats: self.media_endpoint_stats(place, random),
            metrics: self.agent_metrics(place),
            segments: self.agent_segments(place, random),
            ..self.session(random)
        };
        let index = place.leg.agent;
        let name = Literal(json::text(&directory::user_name(self.seed, index)));
        Participant {
            user_id: Some(directory::id(self.seed, "user", index)),
            ..participant(random, "agent", name, session)
        }
    }

    fn agent_segments(&self, place: &Place<'_>, random: &mut Random) -> Vec<Segment> {
        let Place { at, leg, .. } = *place;
        let answered = at + leg.waited + leg.alerted;
        let (first, done) = match self.course.direction {
            Direction::Inbound => ("alert", at + leg.handled()),
            Direction::Outbound => ("dialing", at + leg.handled()),
        };
        let queue_id = Some(directory::id(self.seed, "queue", leg.queue));
        let in_queue = |segment| Segment { queue_id: queue_id.clone(), ..segment };
        let mut segments = vec![in_queue(segment(first, at + leg.waited, Some(answered)))];
        let mut talk_start = answered;
        if leg.held > 0 {
            let middle = answered + leg.talked / 2;
            segments.push(in_queue(segment("interact", answered, Some(middle))));
            segments.push(in_queue(segment("hold", middle, Some(middle + leg.held))));
            talk_start = middle + leg.held;
        }
        if self.is_open(place) {
            segments.push(in_queue(segment("interact", talk_start, None)));
            return segments;
        }
        let disconnect = if place.is_last { random.pick(&["peer", "client"]) } else { "transfer" };
        let talk = segment("interact", talk_start, Some(done));
        segments.push(in_queue(Segment { disconnect_type: Some(disconnect), ..talk }));
        segments.push(in_queue(Segment {
            wrap_up_code: Some(directory::id(self.seed, "wrap-up code", random.index(8))),
            wrap_up_note: quirks::note(random),
            ..segment("wrapup", done, Some(done + leg.wrapped))
        }));
        segments
    }

    fn agent_metrics(&self, place: &Place<'_>) -> Vec<Metric> {
        let Place { at, leg, .. } = *place;
        let answered = at + leg.waited + leg.alerted;
        let mut metrics = match self.course.direction {
            Direction::Inbound => vec![
                metric("tAlert", leg.alerted, answered),
                metric("tAnswered", leg.waited + leg.alerted, answered),
            ],
            Direction::Outbound => vec![metric("tDialing", leg.alerted, answered)],
        };
        if self.is_open(place) {
            return metrics;
        }
        let (done, over) = (at + leg.handled(), at + leg.handled() + leg.wrapped);
        if leg.held > 0 {
            metrics.push(metric("tHeld", leg.held, answered + leg.talked / 2 + leg.held));
            metrics.push(metric("tHeldComplete", leg.held, done));
        }
        if !place.is_last {
            metrics.push(metric("nTransferred", 1, done));
        }
        metrics.push(metric("tTalk", leg.talked, done));
        metrics.push(metric("tTalkComplete", leg.talked, done));
        metrics.push(metric("tAcw", leg.wrapped, over));
        metrics.push(metric("tHandle", leg.talked + leg.held + leg.wrapped, over));
        metrics
    }

    fn media_endpoint_stats(&self, place: &Place<'_>, random: &mut Random) -> Vec<MediaEndpointStat> {
        if !self.course.media.is_voice() || self.is_open(place) {
            return Vec::new();
        }
        vec![MediaEndpointStat {
            codecs: ["audio/opus"],
            event_time: stamp(place.at + place.leg.handled()),
            max_latency_ms: random.between(8..=210),
            min_mos: quirks::mos(random),
            min_r_factor: Literal(format!("{}.{:02}", random.between(60..=93), random.between(0..=99))),
            // Fifty packets per second.
            received_packets: place.leg.talked / 20,
            discarded_packets: random.between(0..=12),
        }]
    }

    /// What the sessions of all participants have in common.
    fn session(&self, random: &mut Random) -> Session {
        let is_voice = self.course.media.is_voice();
        Session {
            media_type: self.course.media.name(),
            session_id: random.uuid(),
            peer_id: random.chance(0.5).then(|| random.uuid()),
            direction: self.course.direction.name(),
            provider: if is_voice { "Edge" } else { "PureCloud" },
            ani: is_voice.then(|| self.ani.clone()),
            dnis: is_voice.then(|| self.dnis.clone()),
            remote: Some(self.customer.clone()),
            edge_id: is_voice.then(|| directory::id(self.seed, "edge", random.index(3))),
            ..Session::default()
        }
    }

    /// When the customer left, if that has happened.
    fn customer_left(&self) -> Option<i64> {
        let stay =
            |leg: &Leg| if self.course.ending == Ending::Abandoned { leg.waited } else { leg.handled() };
        let stays: i64 = self.course.legs.iter().map(stay).sum();
        (self.course.ending != Ending::Open).then_some(self.course.start + self.course.flow + stays)
    }

    fn is_open(&self, place: &Place<'_>) -> bool {
        place.is_last && self.course.ending == Ending::Open
    }
}

fn participant(random: &mut Random, purpose: &'static str, name: Literal, session: Session) -> Participant {
    Participant {
        participant_id: random.uuid(),
        participant_name: Some(name),
        purpose,
        user_id: None,
        external_contact_id: None,
        attributes: None,
        sessions: vec![session],
    }
}

fn metric(name: &'static str, value: i64, at: i64) -> Metric {
    Metric { emit_date: stamp(at), name, value }
}

fn segment(segment_type: &'static str, start: i64, end: Option<i64>) -> Segment {
    Segment { segment_start: stamp(start), segment_end: end.map(stamp), segment_type, ..Segment::default() }
}
