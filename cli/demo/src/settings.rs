//! What the fake API is to be like.

use std::time::Duration;

use jiff::Timestamp;

use crate::faults::Faults;

/// How a [`FakeApi`](crate::FakeApi) behaves and what it holds. The default is a well-behaved API whose tokens live for
/// three seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The port on 127.0.0.1; 0 for any that is free.
    pub port: u16,
    /// What all data, tokens and faults are drawn from: the same seed gives the same API.
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
    /// How many divisions there are; the first is the home of all.
    pub divisions: usize,
    /// How many entries the audit log has.
    pub audits: usize,
    /// When the first conversation starts; the others follow evenly, in the order of their index.
    pub start: Timestamp,
    /// Over how many days conversations, user statuses and audits are spread.
    pub days: u16,

    /// The only client that is known.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The only user who may use the `password` grant.
    pub username: String,
    /// That user's password.
    pub password: String,

    /// How long an access token lives.
    pub token_life: Duration,
    /// What `expires_in` says about it.
    pub told_life: ToldLife,
    /// After how many successful requests an access token dies, if it does.
    pub token_requests: Option<u32>,
    /// How many token requests are refused for coming too fast before the first one is answered.
    pub token_refusals: u32,

    /// How many requests an access token may make in a minute; the next ones get 429 until the minute is over.
    pub rate_allowed: u32,
    /// What goes wrong on purpose.
    pub faults: Faults,
    /// How long every answer takes.
    pub latency: Duration,

    /// The largest page that any listing gives, whatever is asked for and whatever else it allows.
    pub max_page: usize,
    /// A details query whose `pageNumber` times `pageSize` is beyond this is refused with 400 `pagination.limit`.
    pub max_depth: Option<usize>,
    /// How `nextPageUri` is written.
    pub next_page_uri: UriForm,
    /// Which conversations an interval means.
    pub matching: IntervalMatching,
    /// How many polls find a job unfinished.
    pub job_polls: u32,
    /// How many jobs of each kind, the first ones, end as `FAILED`.
    pub job_failures: u32,
    /// How many jobs of each kind, those after the failed ones, end as `EXPIRED`; audit queries know no expiry and fail.
    pub job_expirations: u32,
    /// The `dataAvailabilityDate` of details jobs, which find nothing from then on; the end of the data where it is not set.
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
            token_life: Duration::from_secs(3),
            told_life: ToldLife::Exact,
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

/// What the token endpoint says about a token's life.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ToldLife {
    /// No `expires_in` at all.
    Absent,
    /// The truth, in whole seconds.
    Exact,
    /// This JSON text, whatever it is: `86400`, `-1`, `"3600"`, `1e300`.
    Literal(String),
}

/// How a link to the next page is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UriForm {
    /// With scheme and authority.
    Absolute,
    /// From the path on.
    Relative,
}

/// Which conversations match an interval.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IntervalMatching {
    /// Those that started within it, its end excluded: intervals that tile give every conversation once.
    Exact,
    /// Those that started on a UTC day that it touches; in a job, those whose lifetime overlaps it. The real API does this.
    UtcDays,
}
