//! The events of a run, reported as they happen.

use std::{error::Error, fmt::Debug, io, path::Path, sync::Arc, time::Duration};

use http::{Method, StatusCode};

use crate::{partition::PartitionId, shown_url::ShownUrl};

/// Receives the events of a run, each on the thread on which it happens. It must return quickly.
pub trait Observer: Debug + Send + Sync {
    /// Receives an event.
    fn on(&self, event: &Event<'_>);
}

/// An event of a run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A request is about to be sent, to the API or to the token endpoint.
    Sending {
        /// The method of the request.
        method: &'a Method,
        /// The URL of the request, without its secret parts.
        url: &'a ShownUrl,
    },
    /// A response arrived as a whole, from the API or from the token endpoint.
    Answered {
        /// The URL of the request, without its secret parts.
        url: &'a ShownUrl,
        /// The status code.
        status: StatusCode,
        /// The size of the content in bytes, decompressed.
        bytes: u64,
        /// The time between the request and the last byte of the response.
        took: Duration,
    },
    /// A response reported how much of a rate limit is left.
    RateReported {
        /// How much: requests, or the points that they cost. With several workers, the share of this one.
        left: u64,
    },
    /// The token endpoint issued a token.
    TokenIssued {
        /// The lifetime of the token, if the endpoint reported it.
        lifetime: Option<Duration>,
    },
    /// The server replaced the refresh token that the user provides, and the new one is not saved. The run continues with
    /// it, but the old one may be invalid.
    RefreshTokenNotSaved {
        /// The file that should have it, and why it does not. `None` if the user names no file.
        file: Option<(&'a Path, &'a io::Error)>,
    },
    /// The API refused a token, and it was renewed.
    TokenRejected {
        /// How the API refused it.
        cause: &'a (dyn Error + 'static),
    },
    /// An attempt failed, and the request will be sent again.
    Retrying {
        /// The kind of fault.
        fault: Fault,
        /// The error, with its causes.
        cause: &'a (dyn Error + 'static),
        /// The time until the next attempt.
        wait: Duration,
    },
    /// Nothing is sent for some time.
    Holding {
        /// Who requires it.
        pause: Pause,
        /// The time until the next request.
        wait: Duration,
    },
    /// A job is submitted again, because it is not known whether the API has the first submission.
    Resubmitting,
    /// Everything written so far is durable in every sink, and saved in the checkpoint.
    Committed {
        /// The duration of the commit.
        took: Duration,
    },
    /// All pages of a partition are written.
    PartitionComplete {
        /// Which partition.
        id: PartitionId,
    },
    /// The API reports how many records the listing has to which the page belongs that is about to be written.
    TotalReported {
        /// How many.
        records: u64,
    },
    /// A page was written to every sink.
    PageWritten {
        /// The number of records on the page.
        records: usize,
        /// Their size in bytes, as lines.
        bytes: usize,
    },
}

/// Why nothing is sent for some time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pause {
    /// The API asked for it.
    Requested,
    /// Another request would exceed the rate limit.
    RateLimit,
}

/// The kinds of faults that a run recovers from.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Fault {
    /// A transient status code.
    Status(u16),
    /// No connection, or one that closed early or stalled.
    Connection,
    /// A response that could not be read.
    UnreadableAnswer,
}

/// Passes every event on to several receivers, in order.
#[derive(Clone, Debug)]
pub struct Observers(pub Vec<Arc<dyn Observer>>);

impl Observer for Observers {
    fn on(&self, event: &Event<'_>) {
        self.0.iter().for_each(|observer| observer.on(event));
    }
}

/// Ignores all events.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn on(&self, _: &Event<'_>) {}
}
