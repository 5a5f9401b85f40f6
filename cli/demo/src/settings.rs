//! Settings of the fake API.

use std::time::Duration;

use jiff::Timestamp;

use crate::faults::Faults;

/// How a [`FakeApi`](crate::FakeApi) behaves and what data it has. By default it has no faults, and its tokens
/// expire after three seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The port on 127.0.0.1; 0 picks a free one.
    pub port: u16,
    /// The seed of all data, tokens and faults: the same seed gives the same API.
    pub seed: u64,

    /// How many conversations there are.
    pub records: usize,
    /// How many users there are.
    pub users: usize,
    /// How many queues there are.
    pub queues: usize,
    /// How many skills there are; conversations refer to the first 2.
    pub skills: usize,
    /// How many wrap-up codes there are; conversations refer to the first 8.
    pub wrapup_codes: usize,
    /// How many groups there are.
    pub groups: usize,
    /// How many divisions there are; everything belongs to the first.
    pub divisions: usize,
    /// How many entries the audit log has.
    pub audits: usize,
    /// When the first conversation starts; the others are spread evenly after it, ordered by index.
    pub start: Timestamp,
    /// The number of days that conversations, user statuses and audits cover.
    pub days: u16,

    /// The only client id that is accepted.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The only user who may use the `password` grant.
    pub username: String,
    /// That user's password.
    pub password: String,

    /// How long an access token is valid.
    pub token_lifetime: Duration,
    /// What `expires_in` says about `token_lifetime`.
    pub reported_lifetime: ReportedLifetime,
    /// An access token becomes invalid after this many successful requests, if set.
    pub token_requests: Option<u32>,
    /// How many token requests are refused as too frequent before the first token is issued.
    pub token_refusals: u32,

    /// How many requests an access token may make per minute; further requests get 429 until the minute is over.
    pub rate_allowed: u32,
    /// The deliberate faults.
    pub faults: Faults,
    /// How long every response takes.
    pub latency: Duration,

    /// The largest page size of any listing, whatever the request asks for.
    pub max_page: usize,
    /// A details query with `pageNumber` × `pageSize` above this is refused with 400 `pagination.limit`.
    pub max_depth: Option<usize>,
    /// How `nextPageUri` is written.
    pub next_page_uri: UriForm,
    /// Which conversations match an interval.
    pub matching: IntervalMatching,
    /// How many polls find a job still unfinished.
    pub job_polls: u32,
    /// How many jobs of each kind end as `FAILED`, counting from the first.
    pub job_failures: u32,
    /// How many of the jobs after those end as `EXPIRED`; audit queries cannot expire, so they fail instead.
    pub job_expirations: u32,
    /// The `dataAvailabilityDate` of details jobs, which find nothing from that time on. Defaults to the end of the data.
    /// [`make_available`](crate::FakeApi::make_available) changes it.
    pub available: Option<Timestamp>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 0,
            seed: 1,
            records: 5000,
            users: 120,
            queues: 12,
            skills: 14,
            wrapup_codes: 8,
            groups: 9,
            divisions: 3,
            audits: 600,
            start: Timestamp::constant(1_767_225_600, 0),
            days: 7,
            client_id: "8f1e6c1a-3a3e-4f0e-9d0b-5a2f4c7e9b10".into(),
            client_secret: "not-a-secret".into(),
            username: "supervisor@example.com".into(),
            password: "not-a-password".into(),
            token_lifetime: Duration::from_secs(3),
            reported_lifetime: ReportedLifetime::Exact,
            token_requests: None,
            token_refusals: 0,
            rate_allowed: 300,
            faults: Faults::default(),
            latency: Duration::ZERO,
            max_page: 1000,
            max_depth: None,
            next_page_uri: UriForm::Relative,
            matching: IntervalMatching::UtcDays,
            job_polls: 2,
            job_failures: 0,
            job_expirations: 0,
            available: None,
        }
    }
}

/// What the token endpoint says about the lifetime of a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ReportedLifetime {
    /// No `expires_in` at all.
    Absent,
    /// The real lifetime, in whole seconds.
    Exact,
    /// Exactly this JSON text, such as `86400`, `-1`, `"3600"`, `1e300`.
    Literal(String),
}

/// How a link to the next page is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UriForm {
    /// With scheme and host.
    Absolute,
    /// Only the path and the query.
    Relative,
}

/// Which conversations match an interval.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IntervalMatching {
    /// Those that started within it, excluding its end: adjacent intervals return every conversation exactly once.
    Exact,
    /// Those that started on one of its UTC days; in a job, those that were open during it. The real API does this.
    UtcDays,
}
