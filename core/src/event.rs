//! What happens while a run goes on, told as it happens.

use std::{error::Error, fmt::Debug, time::Duration};

use http::Method;

use crate::shown_url::ShownUrl;

/// Is told of every [`Event`], on the thread where it happens; it must return quickly.
pub trait Observer: Debug + Send + Sync {
    /// Something happened.
    fn on(&self, event: &Event<'_>);
}

/// Something that happened.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A request is about to be sent, to the API or to the token endpoint.
    Sending {
        /// Its method.
        method: &'a Method,
        /// Its URL, as far as it may be shown.
        url: &'a ShownUrl,
    },
    /// The token endpoint issued a token.
    TokenIssued {
        /// How long it said the token lives.
        lifetime: Option<Duration>,
    },
    /// The API refused a token, and there is a new one.
    TokenDied {
        /// What the API said.
        cause: &'a (dyn Error + 'static),
    },
    /// An attempt failed, and the request will be sent again.
    Survived {
        /// What kind of trouble it was.
        fault: Fault,
        /// What it was in words, with its causes.
        cause: &'a (dyn Error + 'static),
        /// How long until the next attempt.
        wait: Duration,
    },
    /// Nothing is sent for this long, because the API asked for it.
    Holding {
        /// How long.
        wait: Duration,
    },
    /// Everything that was written is durable in every sink, and the checkpoint says so.
    Committed {
        /// How long that took.
        took: Duration,
    },
    /// A page was written to every sink.
    PageWritten {
        /// How many records it held.
        records: usize,
        /// Their length as one record a line.
        bytes: usize,
    },
}

/// The kinds of trouble that a run survives.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Fault {
    /// A status that may pass.
    Status(u16),
    /// No connection, or one that broke off or stalled.
    Connection,
    /// An answer that could not be read.
    UnreadableAnswer,
}

/// Takes no notice.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn on(&self, _: &Event<'_>) {}
}
