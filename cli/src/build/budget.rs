//! A limit on how many requests a run sends.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use longhaul_core::{
    Request,
    http::transport::{Response, Transport, TransportError, TransportErrorKind},
};

use crate::stop::{Reason, Stop};

/// A transport that sends so many requests and then stops the run.
#[derive(Debug)]
pub(super) struct Budgeted {
    inner: Arc<dyn Transport>,
    requests: Mutex<Requests>,
    /// Told when a request is over.
    over: Condvar,
    stop: Stop,
}

#[derive(Debug)]
struct Requests {
    left: u64,
    in_flight: u64,
}

impl Budgeted {
    pub(super) fn new(inner: Arc<dyn Transport>, requests: u64, stop: Stop) -> Self {
        let requests = Mutex::new(Requests { left: requests, in_flight: 0 });
        Self { inner, requests, over: Condvar::new(), stop }
    }

    /// Takes one of the requests that are left. Where none is, the run is stopped, though not before the answers to those
    /// in flight are there: they are paid for, and stopping would break them off.
    fn begin(&self) -> Result<(), TransportError> {
        let mut requests = self.requests();
        if let Some(left) = requests.left.checked_sub(1) {
            *requests = Requests { left, in_flight: requests.in_flight + 1 };
            return Ok(());
        }
        let in_flight = |requests: &mut Requests| requests.in_flight > 0;
        drop(self.over.wait_while(requests, in_flight));
        self.stop.stop(Reason::OutOfRequests);
        Err(TransportError::new(TransportErrorKind::NotConnected))
    }

    fn end(&self) {
        self.requests().in_flight -= 1;
        self.over.notify_all();
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Budgeted {
    fn send(&self, request: &Request, buffer: Vec<u8>) -> Result<Response, TransportError> {
        self.begin()?;
        let sent = self.inner.send(request, buffer);
        self.end();
        sent
    }

    fn interrupt(&self) {
        self.inner.interrupt();
    }
}
