//! Different timeouts for the first byte of a response and for the bytes after it.
//!
//! ureq has one timeout for every read. Reports start slowly and then arrive fast, so that timeout is disabled until the
//! head of the response arrives. The timeout of that phase still applies.

use std::io;

use ureq::{
    Error, Timeout,
    unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport},
};

/// Wraps the connections of the connector before it in the chain.
#[derive(Debug)]
pub(super) struct Timeouts;

impl<In: Transport> Connector<In> for Timeouts {
    type Out = WithTimeouts<In>;

    fn connect(&self, _: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(WithTimeouts))
    }
}

/// A connection whose timeout for a single read does not apply to the head of a response.
#[derive(Debug)]
pub(super) struct WithTimeouts<T>(T);

impl<T: Transport> Transport for WithTimeouts<T> {
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
        let has_room = !self.0.buffers().input_append_buf().is_empty();
        let has_more = self.0.await_input(timeout)?;
        // ureq takes the end of the connection in the middle of a chunk's size line for a line that is too long.
        if !has_more && has_room && !self.0.buffers().input().is_empty() {
            return Err(Error::Io(io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(has_more)
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}
