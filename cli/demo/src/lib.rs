//! A fake of the Genesys Cloud Platform API. It runs in this process, on a loopback port.
//!
//! It speaks HTTP/1.1 over real sockets, checks credentials, and serves generated data in the platform's own
//! format: a token endpoint; numbered pages (users, queues, wrap-up codes, skills, groups, divisions, presence
//! definitions); conversation details by query and by job; user status details by job; audits by query; users by
//! SCIM; and the tutorial's `results` with `nextPageUri`. On request, tokens expire early, jobs fail, responses are
//! cut short, and it answers 429 or 503.
//!
//! [`FakeApi::start`] starts it with [`Settings`]; dropping the [`FakeApi`] stops it.

mod api;
mod audit_log;
mod audit_queries;
mod body;
mod conversations;
mod details_jobs;
mod details_query;
mod directory;
mod entities;
mod errors;
mod faults;
mod head;
mod interval;
mod jobs;
mod json;
mod oauth;
mod organization;
mod paging;
mod presence;
mod random;
mod rate;
mod request;
mod resources;
mod response;
mod router;
mod scim;
mod selection;
mod server;
mod settings;
mod stats;
#[cfg(test)]
mod tests;
mod token_info;
mod tokens;
mod tutorial;
mod user_statuses;

use std::{io, sync::Arc};

use jiff::Timestamp;
use longhaul_core::Clock;

use self::{
    api::Api,
    conversations::Conversations,
    server::{Port, Server},
};
pub use self::{
    faults::{Fault, Faults},
    settings::{IntervalMatching, ReportedLifetime, Settings, UriForm},
    stats::Stats,
};

/// A running API. Dropping it stops it: the port is then free and all connections are closed.
#[derive(Debug)]
pub struct FakeApi {
    api: Arc<Api>,
    base_url: String,
    _server: Server,
}

impl FakeApi {
    /// Starts an API on 127.0.0.1. `clock` decides when tokens expire and when waits end.
    ///
    /// # Errors
    /// The port is in use, or no thread can be started.
    pub fn start(settings: Settings, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let port = Port::take(settings.port)?;
        let base_url = format!("http://{}", port.address());
        let api = Arc::new(Api::new(settings, clock, base_url.clone()));
        let server = port.serve(Arc::clone(&api))?;
        Ok(Self { api, base_url, _server: server })
    }

    /// The URL of the API, without a trailing slash.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The URL of the token endpoint.
    pub fn token_url(&self) -> String {
        format!("{}/oauth/token", self.base_url)
    }

    /// Sets the `dataAvailabilityDate` of details jobs: jobs submitted from now on find the records before it.
    pub fn make_available(&self, until: Timestamp) {
        self.api.make_available(until);
    }

    /// What it has done so far.
    pub fn stats(&self) -> Stats {
        self.api.stats()
    }
}

impl Settings {
    /// The JSON text of the conversation at `index`, byte for byte as queries and the tutorial's listing serve it.
    pub fn conversation(&self, index: usize) -> String {
        Conversations::new(self).json(index)
    }

    /// The same conversation as jobs serve it: with `attributes` on its participants.
    pub fn conversation_with_attributes(&self, index: usize) -> String {
        Conversations::new(self).json_with_attributes(index)
    }
}
