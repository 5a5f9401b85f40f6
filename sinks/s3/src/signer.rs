//! Signs requests.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use longhaul_core::{
    Clock, Request, Secret, Secrets,
    client::auth::{Auth, AuthError, Grant, Renewal},
};
use rusty_s3::{Method, signing::sign};
use url::form_urlencoded;

use crate::{
    credentials::{CredentialSource, Credentials},
    rules::AHEAD,
};

/// How many seconds a signature is valid. A request may wait in a queue, but not for long.
const VALID: u64 = 3600;

/// Signs requests with AWS Signature Version 4, and gets new credentials before the old ones expire.
///
/// The signature is in the query, as in a link that is shared. It is added only when the request is sent, so no message
/// shows it.
pub struct Signer {
    source: CredentialSource,
    region: String,
    clock: Arc<dyn Clock>,
    secrets: Secrets,
    current: Mutex<Current>,
}

/// The credentials that are in use, and how often they were replaced.
#[derive(Default)]
struct Current {
    credentials: Option<Credentials>,
    grant: u64,
}

impl Signer {
    /// Signs for a region. The secrets among the credentials are added to `secrets`.
    pub fn new(source: CredentialSource, region: String, clock: Arc<dyn Clock>, secrets: Secrets) -> Self {
        Self { source, region, clock, secrets, current: Mutex::default() }
    }

    /// The current credentials, which are replaced if they are `refused` or expire soon.
    fn credentials(&self, refused: Option<Grant>) -> Result<(Credentials, Grant), AuthError> {
        // Other threads wait here for the same credentials.
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let soon = self.clock.now() + AHEAD;
        let is_refused = refused.is_some_and(|grant| grant.0 == current.grant);
        if let Some(credentials) = current.credentials.as_ref().filter(|_| !is_refused)
            && credentials.expiration.is_none_or(|expiration| expiration > soon)
        {
            return Ok((credentials.clone(), Grant(current.grant)));
        }
        let credentials = self.source.get()?;
        self.secrets.add(&credentials.secret_key);
        credentials.session_token.iter().for_each(|token| self.secrets.add(token));
        current.grant += 1;
        current.credentials = Some(credentials.clone());
        Ok((credentials, Grant(current.grant)))
    }
}

impl Auth for Signer {
    fn authorize(&self, request: &mut Request) -> Result<Grant, AuthError> {
        let (credentials, grant) = self.credentials(None)?;
        let now = Timestamp::try_from(self.clock.now()).unwrap_or_default();
        sign_request(request, &credentials, &self.region, now);
        Ok(grant)
    }

    fn renew(&self, refused: Grant) -> Result<Renewal, AuthError> {
        if !self.source.may_change() {
            return Ok(Renewal::Unsupported);
        }
        self.credentials(Some(refused)).map(|_| Renewal::Renewed)
    }

    fn query(&self) -> Option<&str> {
        None
    }
}

/// Adds the signature to `request`.
fn sign_request(request: &mut Request, credentials: &Credentials, region: &str, now: Timestamp) {
    let parameters: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
    let mut parameters: Vec<_> =
        parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    parameters.sort_unstable();
    let of_amazon = |name: &str| name.starts_with("x-amz-") || name == "content-md5";
    let headers = request.headers.iter().filter(|(name, _)| of_amazon(name.as_str()));
    let mut headers: Vec<_> =
        headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    headers.sort_unstable();
    let signed = sign(
        &now,
        method(&request.method),
        request.url.clone(),
        &credentials.access_key,
        credentials.secret_key.expose(),
        credentials.session_token.as_ref().map(Secret::expose),
        region,
        VALID,
        parameters.into_iter(),
        headers.into_iter(),
    );
    let (of_signature, own): (Vec<_>, Vec<_>) =
        signed.query().unwrap_or_default().split('&').partition(|part| part.starts_with("X-Amz-"));
    request.url.set_query(Some(&own.join("&")).filter(|own| !own.is_empty()).map(String::as_str));
    let of_signature = of_signature.join("&");
    let pairs = form_urlencoded::parse(of_signature.as_bytes()).into_owned();
    request.secret_query = pairs.map(|(name, value)| (name, Secret::new(value))).collect();
}

fn method(method: &http::Method) -> Method {
    match *method {
        http::Method::HEAD => Method::Head,
        http::Method::PUT => Method::Put,
        http::Method::POST => Method::Post,
        http::Method::DELETE => Method::Delete,
        _ => Method::Get,
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("source", &self.source)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn credentials() -> Credentials {
        Credentials {
            access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            session_token: None,
            expiration: None,
        }
    }

    /// The keys are those of examples in the documentation of Amazon.
    #[test]
    fn the_signature_is_secret_and_the_rest_of_the_url_stays() {
        let url =
            "https://examplebucket.s3.amazonaws.com/test.txt?uploadId=a%2Fb&partNumber=1".parse().unwrap();
        let mut request = Request::new(http::Method::PUT, url);
        request.headers.insert("Content-MD5", HeaderValue::from_static("XUFAKrxLKna5cZ2REBfFkg=="));
        request.headers.insert("Accept", HeaderValue::from_static("*/*"));
        sign_request(&mut request, &credentials(), "us-east-1", "2013-05-24T00:00:00Z".parse().unwrap());
        assert_eq!(
            request.url.as_str(),
            "https://examplebucket.s3.amazonaws.com/test.txt?partNumber=1&uploadId=a%2Fb"
        );
        let shown: Vec<_> =
            request.secret_query.iter().map(|(name, value)| (&**name, value.expose())).collect();
        assert_eq!(
            &shown[..5],
            [
                ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
                ("X-Amz-Credential", "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"),
                ("X-Amz-Date", "20130524T000000Z"),
                ("X-Amz-Expires", "3600"),
                ("X-Amz-SignedHeaders", "content-md5;host"),
            ]
        );
        assert_eq!(shown[5].0, "X-Amz-Signature");
        assert_eq!(shown[5].1.len(), 64);
        assert!(!format!("{request:?}").contains(shown[5].1));
    }

    #[test]
    fn the_headers_of_amazon_are_signed() {
        let mut request = Request::new(http::Method::PUT, "https://b.example/k".parse().unwrap());
        for (name, value) in [
            ("x-amz-meta-longhaul", "00c0ffee"),
            ("x-amz-checksum-sha256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="),
            ("x-amz-checksum-algorithm", "SHA256"),
        ] {
            request.headers.insert(name, HeaderValue::from_static(value));
        }
        let signed = |request: &mut Request| {
            sign_request(request, &credentials(), "us-east-1", Timestamp::UNIX_EPOCH);
            let value = |name| {
                let mut pairs = request.secret_query.iter();
                pairs.find(|(found, _)| found == name).unwrap().1.expose().to_owned()
            };
            ["X-Amz-SignedHeaders", "X-Amz-Signature"].map(value)
        };
        let [names, signature] = signed(&mut request);
        assert_eq!(names, "host;x-amz-checksum-algorithm;x-amz-checksum-sha256;x-amz-meta-longhaul");
        // By botocore.
        assert_eq!(signature, "cdd7a9c0365c11fc82f82268b8ccef5ef357f0b07eb47e98d54d31c712127f95");
    }

    #[test]
    fn a_session_token_is_sent_as_it_is() {
        let mut request = Request::new(http::Method::GET, "https://b.example/k".parse().unwrap());
        let token = Secret::new("a+b/c==");
        let credentials = Credentials { session_token: Some(token), ..credentials() };
        sign_request(&mut request, &credentials, "us-east-1", Timestamp::UNIX_EPOCH);
        assert!(request.target().as_str().contains("&X-Amz-Security-Token=a%2Bb%2Fc%3D%3D&"));
        assert_eq!(request.url.as_str(), "https://b.example/k");
    }
}
