//! A scripted transport.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use longhaul_core::{
    Clock, Request,
    http::transport::{Response, Transport, TransportError, TransportErrorKind},
};

use crate::{
    exchange::{Received, Reply},
    manual_clock::ManualClock,
};

type Script = dyn Fn(&Received) -> Result<Reply, TransportErrorKind> + Send + Sync;

/// A transport that answers by a script, and records the requests. The script may advance the clock.
pub struct ScriptedTransport {
    clock: Arc<ManualClock>,
    script: Box<Script>,
    received: Mutex<Vec<Received>>,
}

impl ScriptedTransport {
    /// A transport that answers each request by `script`.
    pub fn new(
        clock: &Arc<ManualClock>,
        script: impl Fn(&Received) -> Result<Reply, TransportErrorKind> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let (clock, received) = (Arc::clone(clock), Mutex::default());
        Arc::new(Self { clock, script: Box::new(script), received })
    }

    /// All requests so far, in order.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The requests to the token endpoint so far, in order.
    pub fn token_requests(&self) -> Vec<Received> {
        self.received().into_iter().filter(Received::is_for_token).collect()
    }

    /// The requests to the API so far, in order.
    pub fn api_requests(&self) -> Vec<Received> {
        self.received().into_iter().filter(|request| !request.is_for_token()).collect()
    }
}

impl Transport for ScriptedTransport {
    fn send(&self, request: &Request, mut buffer: Vec<u8>) -> Result<Response, TransportError> {
        let mut headers = request.headers.clone();
        if let Some(content_type) = request.body.content_type() {
            headers.insert(http::header::CONTENT_TYPE, content_type);
        }
        let received = Received {
            method: request.method.clone(),
            url: request.target().into_owned(),
            headers,
            body: request.body.encode().into_owned(),
            at: self.clock.elapsed(),
        };
        self.received.lock().unwrap_or_else(PoisonError::into_inner).push(received.clone());
        let reply = (self.script)(&received).map_err(TransportError::new)?;
        buffer.clear();
        buffer.extend(&reply.body);
        let status = StatusCode::from_u16(reply.status).expect("a status of three digits");
        Ok(Response::new(status, header_map(&reply), buffer))
    }

    fn interrupt(&self) {
        self.clock.interrupt_at(self.clock.elapsed());
    }
}

fn header_map(reply: &Reply) -> HeaderMap {
    let field = |(name, value): &(String, String)| {
        let name: HeaderName = name.parse().expect("a header field's name");
        (name, HeaderValue::try_from(value).expect("a header field's value"))
    };
    reply.headers.iter().map(field).collect()
}

impl fmt::Debug for ScriptedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedTransport").finish_non_exhaustive()
    }
}
