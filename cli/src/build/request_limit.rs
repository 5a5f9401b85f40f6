//! Limits the number of requests of a run.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use longhaul_core::{
    Request,
    http::transport::{Response, Transport, TransportError, TransportErrorKind},
};

use crate::stop::{Reason, Stop};

/// A transport that sends a limited number of requests, and then stops the run.
#[derive(Debug)]
pub(super) struct LimitedTransport {
    inner: Arc<dyn Transport>,
    limit: Arc<RequestLimit>,
}

/// How many requests a run may still send. Several transports can share it.
#[derive(Debug)]
pub(super) struct RequestLimit {
    requests: Mutex<Requests>,
    /// Notified when a request ends.
    ended: Condvar,
    stop: Stop,
}

#[derive(Debug)]
struct Requests {
    remaining: u64,
    in_flight: u64,
}

impl LimitedTransport {
    pub(super) fn new(inner: Arc<dyn Transport>, limit: Arc<RequestLimit>) -> Self {
        Self { inner, limit }
    }
}

impl RequestLimit {
    /// At most this many requests.
    pub(super) fn new(requests: u64, stop: Stop) -> Self {
        let requests = Mutex::new(Requests { remaining: requests, in_flight: 0 });
        Self { requests, ended: Condvar::new(), stop }
    }

    /// Takes one of the remaining requests. If there is none, this stops the run, but first waits for the answers to the
    /// requests in flight, which count towards the limit. Stopping would interrupt them.
    fn begin(&self) -> Result<(), TransportError> {
        let mut requests = self.requests();
        if let Some(remaining) = requests.remaining.checked_sub(1) {
            *requests = Requests { remaining, in_flight: requests.in_flight + 1 };
            return Ok(());
        }
        let in_flight = |requests: &mut Requests| requests.in_flight > 0;
        drop(self.ended.wait_while(requests, in_flight));
        self.stop.stop(Reason::MaxRequests);
        Err(TransportError::new(TransportErrorKind::NotConnected))
    }

    fn end(&self) {
        self.requests().in_flight -= 1;
        self.ended.notify_all();
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for LimitedTransport {
    fn send(&self, request: &Request, buffer: Vec<u8>) -> Result<Response, TransportError> {
        self.limit.begin()?;
        let sent = self.inner.send(request, buffer);
        self.limit.end();
        sent
    }

    fn interrupt(&self) {
        self.inner.interrupt();
    }
}
