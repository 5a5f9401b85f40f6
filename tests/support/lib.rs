//! Support for the test suites: a manual clock, a scripted transport, sinks that record their calls, a server and a disk
//! with faults, compressed files, and models of APIs: one whose tokens expire, one with time intervals, one with jobs.

#![expect(clippy::missing_panics_doc, reason = "a panic fails the test, as intended")]

mod again;
mod api;
mod clock;
mod disk;
mod exchange;
mod exports;
mod gzip;
mod journal;
mod luck;
mod observed;
mod packed;
mod pull;
mod server;
mod sinks;
mod timeline;
mod tokens;
mod transport;

pub use self::{
    again::{again, told},
    api::{API_PATH, FakeApi, Links, TOKEN_PATH, records},
    clock::{EPOCH, ManualClock},
    disk::{Done, Fault, SimulatedDisk},
    exchange::{Received, Reply},
    exports::{Exports, JOBS_PATH},
    gzip::gzip,
    journal::{Call, Journal, RecordingSink, SinkStep},
    luck::{Luck, kills},
    observed::Observed,
    packed::{packed, unpacked},
    pull::{Pulled, Setup, chain, split_on, with_more, with_total},
    server::{Act, End, FaultServer, Framing},
    sinks::{shelve, write_page},
    timeline::{Timeline, window},
    tokens::{Life, Tokens},
    transport::ScriptedTransport,
};
