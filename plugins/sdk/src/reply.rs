//! The results of a call.

use std::{
    any::Any,
    error::Error,
    panic::{AssertUnwindSafe, catch_unwind},
};

use longhaul_core::sink::{SinkError, SinkErrorKind};
use longhaul_plugin_abi::{Bytes, Part, Reply, Status};

/// Runs `body`. An error or a panic becomes a status and the texts of the reply.
pub(crate) fn respond(reply: Reply, body: impl FnOnce() -> Result<(), SinkError>) -> Status {
    // A panic may leave the sink in an inconsistent state, but the host never calls it again.
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => Status::OK,
        Ok(Err(error)) => fail(reply, &error),
        Err(payload) => {
            put(reply, Part::MESSAGE, panic_text(payload.as_ref()));
            Status::PANICKED
        }
    }
}

/// Passes a text to the host.
pub(crate) fn put(reply: Reply, part: Part, text: &str) {
    // SAFETY: the reply is used during its call, on the thread of that call: `Reply` is not `Send`. The text outlives
    // this call.
    unsafe { (reply.put)(reply.data, part, Bytes::of(text.as_bytes())) }
}

/// The message of a panic.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
}

fn fail(reply: Reply, error: &SinkError) -> Status {
    put(reply, Part::MESSAGE, &error.to_string());
    if let Some(key) = error.key() {
        put(reply, Part::KEY, key);
    }
    let mut source = error.source();
    while let Some(cause) = source {
        put(reply, Part::CAUSE, &cause.to_string());
        source = cause.source();
    }
    status(error.kind())
}

fn status(kind: SinkErrorKind) -> Status {
    match kind {
        SinkErrorKind::Config => Status::CONFIG,
        SinkErrorKind::Rejected => Status::REJECTED,
        SinkErrorKind::Unavailable | SinkErrorKind::Unreachable => Status::UNAVAILABLE,
        SinkErrorKind::Closed => Status::CLOSED,
        // A kind that this version of the ABI does not have.
        _ => Status::BROKEN,
    }
}
