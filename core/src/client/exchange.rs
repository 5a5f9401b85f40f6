//! One attempt: sends a request once, follows redirects, and reads the response.

use std::{mem, sync::atomic::Ordering};

use super::{Answer, Client, body_fault::BodyFault, error::AttemptError, redirect};
use crate::{
    client::{
        answer::{Rules, Then, Verdict},
        auth::Grant,
        refusal::Refusal,
        view::View,
    },
    event::Event,
    http::{place::Places, request::Request},
    shown_url::ShownUrl,
};

impl Client {
    /// Sends `request`, authorized with `grant`, and reads the response.
    pub(super) fn exchange<T>(
        &self,
        mut request: Request,
        mut buffer: Vec<u8>,
        grant: Grant,
        rules: &Rules,
        read: impl Fn(Answer) -> Result<T, BodyFault>,
    ) -> Result<T, AttemptError> {
        let mut followed = 0;
        loop {
            let is_public = self.origins.is_public(&request.url);
            if is_public {
                request.drop_credentials();
            }
            let url = ShownUrl::from(&request.url);
            self.observer.on(&Event::Sending { method: &request.method, url: &url });
            let sent = self.clock.elapsed();
            let response = self.transport.send(&request, mem::take(&mut buffer))?;
            let took = self.clock.elapsed().saturating_sub(sent);
            let (status, bytes) = (response.status, response.size());
            self.observer.on(&Event::Answered { url: &url, status, bytes, took });
            if !rules.reads_redirect(response.status)
                && let Some(url) = self.redirects.next(&request, &response, followed)?
            {
                let url = self.without_credential(self.origins.admit(url)?);
                request = redirect::at(request, response.status, url);
                followed += 1;
                continue;
            }
            let view = View::new(&response, &request, &self.secrets).with_records(rules.records.as_ref());
            let verdict = rules.judge(&view, &self.refusals, self.clock.now());
            if !is_public {
                self.note(&view, &verdict, grant);
            }
            return match verdict {
                Verdict::Page(basis) => {
                    let answer = Answer { response, url: request.url.clone(), basis };
                    Ok(read(answer)
                        .map_err(|fault| fault.redacted(|text| self.redact(&request.redact(text))))?)
                }
                // No credential was sent, so another one does not help.
                Verdict::Refused { then: Then::Renew, after, refusal } if is_public => {
                    Err(AttemptError::Refused { refusal, then: Then::Fail, after })
                }
                Verdict::Refused { then: Then::Renew, refusal, .. } => Err(self.rejected(refusal, grant)),
                Verdict::Refused { then, after, refusal } => {
                    Err(AttemptError::Refused { refusal, then, after })
                }
            };
        }
    }

    /// Records what the response says about later requests.
    fn note(&self, view: &View<'_>, verdict: &Verdict, grant: Grant) {
        // A wait applies to every request to this API, not only to the one that is answered.
        if let Verdict::Refused { then, after: Some(wait), .. } = verdict
            && *then != Then::Wait
        {
            self.hold.until(self.clock.elapsed().saturating_add(*wait));
        }
        if view.status.is_success() {
            self.proved.fetch_max(grant.0, Ordering::Relaxed);
        }
        // This lets other requests go, whose answers are judged by `proved`. So it comes last.
        let text = |places: &Places| view.text(places);
        let left = self.pace.note(grant, view.headers(), text, self.clock.now(), self.clock.elapsed());
        if let Some(left) = left {
            self.observer.on(&Event::RateReported { left });
        }
    }

    /// A token that the API rejected.
    fn rejected(&self, refusal: Refusal, grant: Grant) -> AttemptError {
        // If the API never accepted the renewed token, renewing it again does not help.
        let is_fresh = grant > Grant::FIRST && self.proved.load(Ordering::Relaxed) < grant.0;
        if is_fresh {
            AttemptError::FreshCredential(refusal)
        } else {
            AttemptError::RejectedCredential(refusal)
        }
    }
}
