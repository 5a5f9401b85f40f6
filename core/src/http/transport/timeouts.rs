//! A longer wait for the first byte of an answer than between its bytes.
//!
//! ureq has one limit for every read. Reports are slow to begin and quick to arrive, so the limit is lifted here
//! while the head of an answer is awaited, where the limit of the phase holds.

use ureq::{
    Error, Timeout,
    unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport},
};

/// Wraps the connections of the connector before it in the chain.
#[derive(Debug)]
pub(super) struct Timeouts;

impl<In: Transport> Connector<In> for Timeouts {
    type Out = Patient<In>;

    fn connect(&self, _: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(Patient))
    }
}

/// A connection whose limit for a single read does not hold while the head of an answer is awaited.
#[derive(Debug)]
pub(super) struct Patient<T>(T);

impl<T: Transport> Transport for Patient<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, mut timeout: NextTimeout) -> Result<bool, Error> {
        if timeout.reason == Timeout::RecvResponse {
            timeout.per_read = None;
        }
        self.0.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}
