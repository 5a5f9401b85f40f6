//! What has happened so far.

use std::collections::BTreeMap;

/// What a [`FakeApi`](crate::FakeApi) has done since it started.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Stats {
    /// Requests by route, such as `GET /api/v2/users`; those to no route are under `other`.
    pub requests: BTreeMap<&'static str, u64>,
    /// Pages of listings and queries that were answered in full.
    pub pages: u64,
    /// Jobs that were submitted, audit queries included.
    pub jobs_submitted: u64,
    /// Jobs that were cancelled.
    pub jobs_cancelled: u64,

    /// Access tokens that were issued.
    pub tokens_issued: u64,
    /// Access tokens that lived to the end of their life.
    pub tokens_expired: u64,
    /// Access tokens that died after [`token_requests`](crate::Settings::token_requests).
    pub tokens_spent: u64,
    /// Access tokens that were revoked, by a fault or by a client.
    pub tokens_revoked: u64,
    /// Token requests that were refused for coming too fast.
    pub token_refusals: u64,

    /// Answers of 401, by the token endpoint as well.
    pub unauthorized: u64,
    /// Answers of 429.
    pub too_many_requests: u64,
    /// Answers of 503.
    pub unavailable: u64,
    /// Connections closed instead of an answer.
    pub cut_before_answer: u64,
    /// Connections closed in the middle of a body.
    pub cut_inside_body: u64,
    /// Connections reset instead of an answer.
    pub resets: u64,
}

impl Stats {
    /// All requests, whatever their route.
    pub fn total_requests(&self) -> u64 {
        self.requests.values().sum()
    }

    /// Access tokens that died of whatever cause.
    pub fn tokens_died(&self) -> u64 {
        self.tokens_expired + self.tokens_spent + self.tokens_revoked
    }

    pub(crate) fn count_status(&mut self, status: u16) {
        match status {
            401 => self.unauthorized += 1,
            429 => self.too_many_requests += 1,
            503 => self.unavailable += 1,
            _ => {}
        }
    }
}
