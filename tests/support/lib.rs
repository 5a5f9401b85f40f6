//! What the suites stand on: a clock that is set by hand, a scripted transport, sinks that keep a journal, a server
//! with faults, and a model of an API whose tokens die.

#![expect(clippy::missing_panics_doc, reason = "what fails in here fails the test, and that is its purpose")]

mod api;
mod clock;
mod exchange;
mod gzip;
mod journal;
mod observed;
mod pull;
mod server;
mod tokens;
mod transport;

pub use self::{
    api::{API_PATH, FakeApi, Links, TOKEN_PATH, records},
    clock::{EPOCH, ManualClock},
    exchange::{Received, Reply},
    gzip::gzip,
    journal::{Call, Journal, RecordingSink, SinkStep},
    observed::Observed,
    pull::{Pulled, Setup, chain},
    server::{Act, End, FaultServer, Framing},
    tokens::{Life, Tokens},
    transport::ScriptedTransport,
};
