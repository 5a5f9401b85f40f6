//! Support for the test suites: a manual clock, a scripted transport, sinks that record their calls, a server and a disk
//! that fail on request, object stores, compressed files, and models of APIs: one whose tokens expire, one with time intervals, one with
//! jobs.

#![expect(clippy::missing_panics_doc, reason = "a panic fails the test, as intended")]

mod child_process;
mod compression;
mod crowd;
mod exchange;
mod fake_api;
mod fault_server;
mod job_api;
mod manual_clock;
mod object_store;
mod random;
mod recorded_events;
mod recording_sink;
mod scripted_transport;
mod sessions;
mod setup;
mod simulated_disk;
#[cfg(unix)]
mod singer_target;
mod sink_helpers;
mod stored_gzip;
mod timeline;
mod tokens;

#[cfg(unix)]
pub use self::singer_target::{Target, act_as_singer_target, singer_target};
pub use self::{
    child_process::{child_args, test_in_child},
    compression::{compress, decompress, zip},
    crowd::Crowd,
    exchange::{Received, Reply},
    fake_api::{API_PATH, FakeApi, Links, TOKEN_PATH, records},
    fault_server::{End, FaultServer, Framing, Reaction},
    job_api::{JOBS_PATH, JobApi},
    manual_clock::{EPOCH, ManualClock},
    object_store::{Bucket, BucketError, MemoryStore, Operation, S3Checksums, S3Server, s3_error},
    random::{Random, min_kills},
    recorded_events::RecordedEvents,
    recording_sink::{Call, CallLog, RecordingSink, SinkStep},
    scripted_transport::ScriptedTransport,
    sessions::{CONVERSATIONS, with_session_rows},
    setup::{Pulled, Setup, by_status, chain, split_on, with_more, with_total},
    simulated_disk::{Done, Fault, SimulatedDisk},
    sink_helpers::{install_plugin, write_page},
    stored_gzip::stored_gzip,
    timeline::{Timeline, window},
    tokens::{Lifetime, Tokens},
};
