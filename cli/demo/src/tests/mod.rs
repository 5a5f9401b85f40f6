//! Tests of the API over its socket, as a client uses it.

mod audits;
mod auth;
mod client;
mod clock;
mod details;
mod faults;
mod jobs;
mod listings;
mod oauth;
mod organization;
mod scim;
mod server;
mod tutorial;
mod user_jobs;

use std::sync::Arc;

use self::{client::Client, clock::ManualClock};
use crate::{FakeApi, Settings};

/// A running API, and a client that already has a token.
fn start(settings: Settings) -> (FakeApi, Client, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    let api = FakeApi::start(settings, Arc::<ManualClock>::clone(&clock)).unwrap();
    let mut client = Client::new(api.base_url());
    client.renew();
    (api, client, clock)
}
