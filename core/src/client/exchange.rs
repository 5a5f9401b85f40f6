//! One attempt: sends a request once, follows redirects, and reads the response.

use std::{mem, sync::atomic::Ordering, time::Duration};

use http::StatusCode;

use super::{
    Answer, Client,
    error::{AttemptError, BodyFault},
    redirect,
};
use crate::{
    client::{auth::Grant, retry::retry_after},
    event::Event,
    http::{request::Request, transport::Response},
    shown_url::ShownUrl,
};

impl Client {
    /// Sends `request`, authorized with `grant`, and reads the response.
    pub(super) fn exchange<T>(
        &self,
        mut request: Request,
        mut buffer: Vec<u8>,
        grant: Grant,
        read: impl Fn(Answer) -> Result<T, BodyFault>,
    ) -> Result<T, AttemptError> {
        let mut followed = 0;
        loop {
            self.observer.on(&Event::Sending { method: &request.method, url: &ShownUrl::from(&request.url) });
            let response = self.transport.send(&request, mem::take(&mut buffer))?;
            self.note(&response, grant);
            if response.status.is_success() {
                return Ok(read(Answer { response, url: request.url })?);
            }
            match self.redirects.next(&request, &response, followed)? {
                Some(url) => {
                    request = redirect::at(request, response.status, self.origins.admit(url)?);
                    followed += 1;
                }
                None => return Err(self.refusal(&response, &request, grant)),
            }
        }
    }

    /// Records what the response says about later requests.
    fn note(&self, response: &Response, grant: Grant) {
        // `Retry-After` applies to every request to this API, not only to the one that it answers.
        if let Some(wait) = self.retry_after(response) {
            self.hold.until(self.clock.elapsed().saturating_add(wait));
        }
        if response.status.is_success() {
            self.proved.fetch_max(grant.0, Ordering::Relaxed);
        }
        // This lets other requests go, whose answers are judged by `proved`. So it comes last.
        self.pace.note(grant, &response.headers, self.clock.now(), self.clock.elapsed());
    }

    fn retry_after(&self, response: &Response) -> Option<Duration> {
        if response.status.is_success() {
            return None;
        }
        retry_after(response.header("retry-after")?, response.header("date"), self.clock.now())
    }

    fn refusal(&self, response: &Response, request: &Request, grant: Grant) -> AttemptError {
        let refusal = self.refusals.read(response, request);
        if response.status == StatusCode::UNAUTHORIZED {
            // If the API never accepted the renewed token, renewing it again does not help.
            let is_fresh = grant > Grant::FIRST && self.proved.load(Ordering::Relaxed) < grant.0;
            return if is_fresh {
                AttemptError::FreshCredential(refusal)
            } else {
                AttemptError::DeadCredential(refusal)
            };
        }
        let throttled = self.refusals.is_throttled(response);
        AttemptError::Refused { refusal, throttled, retry_after: self.retry_after(response) }
    }
}
