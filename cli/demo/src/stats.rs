//! Counts of what has happened so far.

use std::collections::BTreeMap;

/// What a [`FakeApi`](crate::FakeApi) has done since it started.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Stats {
    /// Requests by route, such as `GET /api/v2/users`; requests without a route count as `other`.
    pub requests: BTreeMap<&'static str, u64>,
    /// Complete pages of listings and queries.
    pub pages: u64,
    /// Jobs that were submitted, including audit queries.
    pub jobs_submitted: u64,
    /// Jobs that were cancelled.
    pub jobs_cancelled: u64,

    /// Access tokens that were issued.
    pub tokens_issued: u64,
    /// Access tokens that expired.
    pub tokens_expired: u64,
    /// Access tokens that became invalid after [`token_requests`](crate::Settings::token_requests).
    pub tokens_spent: u64,
    /// Access tokens that were revoked, by a fault or by a client.
    pub tokens_revoked: u64,
    /// Token requests that were refused as too frequent.
    pub token_refusals: u64,

    /// Responses with status 401, including those of the token endpoint.
    pub unauthorized: u64,
    /// Responses with status 429.
    pub too_many_requests: u64,
    /// Responses with status 503.
    pub unavailable: u64,
    /// Connections closed without a response.
    pub cut_before_answer: u64,
    /// Connections closed in the middle of a body.
    pub cut_inside_body: u64,
    /// Connections reset without a response.
    pub resets: u64,
}

impl Stats {
    /// All requests of all routes.
    pub fn total_requests(&self) -> u64 {
        self.requests.values().sum()
    }

    /// Access tokens that became invalid for any reason.
    pub fn tokens_invalidated(&self) -> u64 {
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
