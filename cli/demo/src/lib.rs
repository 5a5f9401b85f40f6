//! A fake of the Genesys Cloud Platform API, in this process and on a loopback port.
//!
//! It speaks HTTP/1.1 over real sockets, checks credentials, and serves made-up data in the platform's own shapes: a token endpoint;
//! listings by number (users, queues, wrap-up codes, skills, groups, divisions, presence definitions); conversation details by
//! query and by job; user status details by job; audits by query; users by SCIM; and the tutorial's `results` with
//! `nextPageUri`. On request its tokens die early, its jobs fail, its answers break off, and it says 429 and 503.

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
    settings::{IntervalMatching, Settings, ToldLife, UriForm},
    stats::Stats,
};

/// A running API. It stops when it is dropped: its port is free and its connections are closed by then.
#[derive(Debug)]
pub struct FakeApi {
    api: Arc<Api>,
    base_url: String,
    _server: Server,
}

impl FakeApi {
    /// Starts an API on 127.0.0.1. `clock` decides when tokens die and waits are over.
    ///
    /// # Errors
    /// The port is taken, or there is no thread to be had.
    pub fn start(settings: Settings, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let port = Port::take(settings.port)?;
        let base_url = format!("http://{}", port.address());
        let api = Arc::new(Api::new(settings, clock, base_url.clone()));
        let server = port.serve(Arc::clone(&api))?;
        Ok(Self { api, base_url, _server: server })
    }

    /// Where the API is, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Where its tokens are to be had.
    pub fn token_url(&self) -> String {
        format!("{}/oauth/token", self.base_url)
    }

    /// Moves the `dataAvailabilityDate` of details jobs: those submitted from now on find what there was before it.
    pub fn make_available(&self, until: Timestamp) {
        self.api.make_available(until);
    }

    /// What it has done up to now.
    pub fn stats(&self) -> Stats {
        self.api.stats()
    }
}

impl Settings {
    /// The JSON text of the conversation at `index`, as every query and the tutorial's listing serve it, to the byte.
    pub fn conversation(&self, index: usize) -> String {
        Conversations::new(self).json(index)
    }

    /// The same as jobs serve it: the participants have `attributes`.
    pub fn conversation_with_attributes(&self, index: usize) -> String {
        Conversations::new(self).json_with_attributes(index)
    }
}
