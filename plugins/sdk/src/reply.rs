//! The end of a call: what it gave, or why it failed.

use std::{
    any::Any,
    error::Error,
    panic::{AssertUnwindSafe, catch_unwind},
};

use longhaul_core::sink::{SinkError, SinkErrorKind};
use longhaul_plugin_abi::{Bytes, Part, Reply, Status};

/// Runs `body`; its error or its panic becomes the status and the parts of the reply.
pub(crate) fn answer(reply: Reply, body: impl FnOnce() -> Result<(), SinkError>) -> Status {
    // What a panic left half done is never seen again: the host does not enter a sink that panicked.
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => Status::OK,
        Ok(Err(error)) => fail(reply, &error),
        Err(payload) => {
            put(reply, Part::MESSAGE, panic_text(payload.as_ref()));
            Status::PANICKED
        }
    }
}

/// Hands one text to the host.
pub(crate) fn put(reply: Reply, part: Part, text: &str) {
    // SAFETY: the reply is used during the call that it came with, on its thread: `Reply` is not `Send`. The text
    // outlives this call.
    unsafe { (reply.put)(reply.data, part, Bytes::of(text.as_bytes())) }
}

/// What a panic was raised with, where it was text.
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
    let mut beneath = error.source();
    while let Some(cause) = beneath {
        put(reply, Part::CAUSE, &cause.to_string());
        beneath = cause.source();
    }
    status(error.kind())
}

fn status(kind: SinkErrorKind) -> Status {
    match kind {
        SinkErrorKind::Config => Status::CONFIG,
        SinkErrorKind::Rejected => Status::REJECTED,
        SinkErrorKind::Unavailable => Status::UNAVAILABLE,
        SinkErrorKind::Closed => Status::CLOSED,
        // A kind that this version of the border cannot name.
        _ => Status::BROKEN,
    }
}
