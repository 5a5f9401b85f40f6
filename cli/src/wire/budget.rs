//! A limit on how many requests a run sends.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use longhaul_core::{
    Request,
    transport::{Response, Transport, TransportError, TransportErrorKind},
};

use crate::signal::{Reason, Stop};

/// A transport that sends so many requests and then stops the run.
#[derive(Debug)]
pub(super) struct Budgeted {
    inner: Arc<dyn Transport>,
    left: AtomicU64,
    stop: Stop,
}

impl Budgeted {
    pub(super) fn new(inner: Arc<dyn Transport>, requests: u64, stop: Stop) -> Self {
        Self { inner, left: AtomicU64::new(requests), stop }
    }
}

impl Transport for Budgeted {
    fn send(&self, request: &Request, buffer: Vec<u8>) -> Result<Response, TransportError> {
        let spent = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if spent.is_err() {
            self.stop.stop(Reason::OutOfRequests);
            return Err(TransportError::new(TransportErrorKind::NotConnected));
        }
        self.inner.send(request, buffer)
    }

    fn interrupt(&self) {
        self.inner.interrupt();
    }
}
