//! A bucket.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use http::{HeaderName, HeaderValue, Method, StatusCode};
use longhaul_core::{
    Client, Clock, Origins, Request,
    client::{
        Answer, AttemptError, BodyFault, RequestError,
        auth::{Auth, AuthError},
        retry::StopReason,
    },
    http::request::Expects,
    object_store::{Content, ObjectStore, StoreError, StoreErrorKind, StoredObject, StoredPart, Upload},
};
use url::Url;

use crate::{
    address::{Endpoint, EndpointError, object},
    part_sums::PartSums,
    parts::part_length,
    refusal::{Asked, Refusal},
    rules::rules,
    xml::Element,
};

/// The metadata under which an object has its tag.
pub(crate) const TAG: &str = "x-amz-meta-longhaul";

/// A bucket of Amazon S3, or of a store that speaks its protocol.
#[derive(Debug)]
pub struct S3Store {
    client: Client,
    clock: Arc<dyn Clock>,
    bucket: String,
    region: String,
    /// The URL of the bucket.
    pub(crate) url: Url,
    /// The URL of the store, for messages.
    pub(crate) store: String,
    /// Whether the bucket exists, and can be used.
    is_checked: AtomicBool,
    /// Whether the store verifies SHA-256, once that is known.
    pub(crate) verifies_sha256: Mutex<Option<bool>>,
    pub(crate) part_sums: PartSums,
}

impl S3Store {
    /// A bucket. `connect` builds the client: its policy, clock and observer. Nothing is sent.
    pub fn new(
        endpoint: &Endpoint,
        bucket: &str,
        auth: Arc<dyn Auth>,
        clock: Arc<dyn Clock>,
        connect: impl FnOnce(Arc<dyn Auth>, Origins) -> Client,
    ) -> Result<Self, EndpointError> {
        let url = endpoint.bucket(bucket)?;
        let origins = Origins::of([&url]);
        // A redirect says that the region is another one. Its signature would not be valid there.
        let client = connect(auth, origins).with_rules(rules()).without_redirects();
        let store = endpoint.url.as_ref().map_or_else(|| url.origin(), Url::origin).ascii_serialization();
        let (bucket, region) = (bucket.to_owned(), endpoint.region.clone());
        Ok(Self {
            client,
            clock,
            bucket,
            region,
            url,
            store,
            is_checked: AtomicBool::new(false),
            verifies_sha256: Mutex::default(),
            part_sums: PartSums::default(),
        })
    }

    pub(crate) fn request(&self, method: Method, key: &str, parameters: &[(&str, &str)]) -> Request {
        let mut url = object(&self.url, key);
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        Request::new(method, url)
    }

    /// Sends `request`. `read` reads a successful answer; `None` is an answer that is not complete.
    pub(crate) fn send<T>(
        &self,
        request: &Request,
        permission: &'static str,
        read: impl Fn(&Answer) -> Option<T>,
    ) -> Result<T, StoreError> {
        self.try_send(request, permission, read)?.map_err(|refusal| self.refused(&refusal, permission))
    }

    /// Does what [`send`](Self::send) does, and returns an answer whose status is an error as it is.
    pub(crate) fn try_send<T>(
        &self,
        request: &Request,
        permission: &'static str,
        read: impl Fn(&Answer) -> Option<T>,
    ) -> Result<Result<T, Refusal>, StoreError> {
        let sent = self.exchange(request, read);
        sent.map_err(|error| self.failed(error, permission))
    }

    pub(crate) fn exchange<T>(
        &self,
        request: &Request,
        read: impl Fn(&Answer) -> Option<T>,
    ) -> Result<Result<T, Refusal>, RequestError> {
        self.client.send(request, Vec::new(), |answer| {
            if !answer.response.status.is_success() {
                return Ok(Err(Refusal::read(&answer)));
            }
            if let Some(refusal) = refusal_in(&answer) {
                // The store had begun to answer before it failed.
                let code = refusal.code.clone().unwrap_or_default();
                let is_transient = ["InternalError", "SlowDown", "ServiceUnavailable"].contains(&&*code);
                return if is_transient { Err(BodyFault::Failed { said: code }) } else { Ok(Err(refusal)) };
            }
            read(&answer).map(Ok).ok_or(BodyFault::Empty)
        })
    }

    pub(crate) fn refused(&self, refusal: &Refusal, permission: &'static str) -> StoreError {
        let Self { bucket, region, store, .. } = self;
        let now = self.clock.now();
        let now = jiff::Timestamp::try_from(now).unwrap_or_default();
        let now =
            jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap_or_default();
        refusal.error(Asked { bucket, store, region, permission }, &now)
    }

    /// The error for a request that was given up.
    pub(crate) fn failed(&self, error: RequestError, permission: &'static str) -> StoreError {
        let other = |message: String| StoreError::new(StoreErrorKind::Other, message);
        if let Some(refusal) = error.refusal().filter(|refusal| refusal.status.is_client_error())
            && error.reason() == StopReason::Unauthorized
        {
            // Only an expired token is renewed.
            return self.refused(&Refusal::expired(refusal.status), permission);
        }
        match error.last_error() {
            Some(AttemptError::Credential(AuthError::Interrupted)) => {
                other(format!("interrupted while sending to {}", self.store)).because(error)
            }
            Some(AttemptError::Credential(AuthError::Missing { problem })) => {
                other(format!("there are no credentials for {}: {problem}", self.store))
            }
            Some(AttemptError::Credential(_)) => other(format!(
                "cannot get credentials for {} from this machine's metadata (set them in `stores.s3`)",
                self.store
            ))
            .because(error),
            _ => {
                let may_pass = matches!(error.reason(), StopReason::Exhausted | StopReason::WaitTooLong(_));
                let kind = if may_pass { StoreErrorKind::Unavailable } else { StoreErrorKind::Other };
                StoreError::new(kind, format!("{} did not take the request", self.store)).because(error)
            }
        }
    }
}

/// The error that an answer is, although its status is a success.
fn refusal_in(answer: &Answer) -> Option<Refusal> {
    let response = &answer.response;
    if response.status == StatusCode::PARTIAL_CONTENT {
        // These are bytes of an object.
        return None;
    }
    let start = response.body.get(..response.body.len().min(512))?;
    if !start.windows(6).any(|window| window == b"<Error") {
        return None;
    }
    let document = Element::read(&response.body).filter(|document| document.name == "Error")?;
    Some(Refusal::of(response.status, &response.headers, Some(&document)))
}

pub(crate) fn set(request: &mut Request, name: &'static str, value: &str) -> Result<(), StoreError> {
    let value = HeaderValue::from_str(value).map_err(|error| {
        StoreError::new(StoreErrorKind::Other, format!("cannot send the header `{name}`")).because(error)
    })?;
    request.headers.insert(HeaderName::from_static(name), value);
    Ok(())
}

pub(crate) fn etag(answer: &Answer) -> Option<String> {
    answer.response.header("etag").map(str::to_owned)
}

impl ObjectStore for S3Store {
    fn shown(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }

    fn part_length(&self, number: u32) -> u64 {
        part_length(number)
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.is_checked.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut url = self.url.clone();
        url.query_pairs_mut().extend_pairs([("max-uploads", "1"), ("uploads", "")]);
        let permission = "s3:ListBucketMultipartUploads";
        let checked = self.try_send(&Request::new(Method::GET, url), permission, |_| Some(()))?;
        // It is enough to be allowed to write.
        if let Err(refusal) = checked
            && !refusal.is_denied()
        {
            return Err(self.refused(&refusal, permission));
        }
        self.is_checked.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn put(&self, key: &str, tag: &str, content: &Arc<dyn Content>) -> Result<(), StoreError> {
        let mut request = self.request(Method::PUT, key, &[]);
        set(&mut request, TAG, tag)?;
        self.send_object(&request, content).map(drop)
    }

    fn begin(&self, key: &str, tag: &str) -> Result<Upload, StoreError> {
        self.begin_upload(key, tag)
    }

    fn put_part(
        &self,
        upload: &Upload,
        number: u32,
        content: &Arc<dyn Content>,
    ) -> Result<String, StoreError> {
        self.send_part(upload, number, content)
    }

    fn parts(&self, upload: &Upload) -> Result<Vec<StoredPart>, StoreError> {
        self.list_parts(upload)
    }

    fn complete(&self, upload: &Upload, etags: &[String]) -> Result<(), StoreError> {
        self.complete_upload(upload, etags)
    }

    fn abort(&self, upload: &Upload) -> Result<(), StoreError> {
        self.abort_upload(upload)
    }

    fn uploads(&self, key: &str) -> Result<Vec<Upload>, StoreError> {
        self.list_uploads(key)
    }

    fn find(&self, key: &str) -> Result<Option<StoredObject>, StoreError> {
        let request = self.request(Method::HEAD, key, &[]);
        let permission = "s3:GetObject";
        let found = self.try_send(&request, permission, |answer| {
            let length = answer.response.header("content-length")?.parse().ok()?;
            let tag = answer.response.header(TAG).map(str::to_owned);
            Some(StoredObject { length, tag })
        })?;
        match found {
            Ok(found) => Ok(Some(found)),
            Err(refusal) if refusal.is_absent() => Ok(None),
            Err(refusal) => Err(self.refused(&refusal, permission)),
        }
    }

    fn read_range(&self, key: &str, from: u64, length: u64) -> Result<Vec<u8>, StoreError> {
        let mut request = self.request(Method::GET, key, &[]);
        request.expects = Expects::Bytes;
        set(&mut request, "accept-encoding", "identity")?;
        set(&mut request, "range", &format!("bytes={from}-{}", from + length.saturating_sub(1)))?;
        self.send(&request, "s3:GetObject", |answer| {
            let bytes = &answer.response.body;
            (bytes.len() as u64 == length).then(|| bytes.clone())
        })
    }
}
