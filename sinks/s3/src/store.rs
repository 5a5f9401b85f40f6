//! A bucket.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use http::{HeaderName, HeaderValue, Method, StatusCode};
use longhaul_core::{
    Body, Client, Clock, Origins, Replay, Request,
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
    checksum::Checksum,
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
    url: Url,
    /// The URL of the store, for messages.
    store: String,
    /// Whether the bucket exists, and can be used.
    is_checked: AtomicBool,
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
        let is_checked = AtomicBool::new(false);
        Ok(Self { client, clock, bucket, region, url, store, is_checked })
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

    fn exchange<T>(
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
    fn failed(&self, error: RequestError, permission: &'static str) -> StoreError {
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

impl S3Store {
    /// Sends `content` with its checksum, and compares the `ETag` of the answer with it.
    pub(crate) fn send_content(
        &self,
        mut request: Request,
        content: &Arc<dyn Content>,
    ) -> Result<String, StoreError> {
        let unreadable =
            |error| StoreError::new(StoreErrorKind::Other, "cannot read what is to be sent").because(error);
        let checksum = Checksum::of(&**content).map_err(unreadable)?;
        set(&mut request, "content-md5", &checksum.in_base64())?;
        request.body = Body::Stream(Arc::clone(content));
        let (etag, is_encrypted) = self.send(&request, "s3:PutObject", |answer| {
            let encryption = answer.response.header("x-amz-server-side-encryption");
            let by_customer = answer.response.header("x-amz-server-side-encryption-customer-algorithm");
            let is_encrypted = encryption.is_some_and(|name| name != "AES256") || by_customer.is_some();
            Some((etag(answer)?, is_encrypted))
        })?;
        if !is_encrypted && checksum.contradicts(&etag) {
            let message = format!("{} has other bytes than were sent (its ETag is {etag})", self.store);
            return Err(StoreError::new(StoreErrorKind::Other, message));
        }
        Ok(etag)
    }

    /// Removes the uploads of this key that have no part.
    fn abort_empty(&self, key: &str) -> Result<(), StoreError> {
        for upload in self.uploads(key)? {
            if self.parts(&upload)?.is_empty() {
                self.abort(&upload)?;
            }
        }
        Ok(())
    }
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
        self.send_content(request, content).map(drop)
    }

    fn begin(&self, key: &str, tag: &str) -> Result<Upload, StoreError> {
        let mut request = self.request(Method::POST, key, &[("uploads", "")]);
        set(&mut request, TAG, tag)?;
        let read = |answer: &Answer| {
            let document = Element::read(&answer.response.body)?;
            document.text("UploadId").map(str::to_owned)
        };
        // Sent again, it would leave an upload behind that nobody knows.
        request.replay = Replay::OnlyUnseen;
        let permission = "s3:PutObject";
        let begun = match self.exchange(&request, read) {
            Err(error) if error.is_undecided() => {
                log::warn!("it is not known whether {} has begun an upload; it is begun again", self.store);
                self.abort_empty(key)?;
                request.replay = Replay::Harmless;
                self.try_send(&request, permission, read)?
            }
            begun => begun.map_err(|error| self.failed(error, permission))?,
        };
        let id = begun.map_err(|refusal| self.refused(&refusal, permission))?;
        Ok(Upload { key: key.to_owned(), id })
    }

    fn put_part(
        &self,
        upload: &Upload,
        number: u32,
        content: &Arc<dyn Content>,
    ) -> Result<String, StoreError> {
        let number = number.to_string();
        let parameters = [("partNumber", number.as_str()), ("uploadId", &upload.id)];
        self.send_content(self.request(Method::PUT, &upload.key, &parameters), content)
    }

    fn parts(&self, upload: &Upload) -> Result<Vec<StoredPart>, StoreError> {
        let (mut parts, mut after) = (Vec::new(), "0".to_owned());
        loop {
            let parameters = [("part-number-marker", after.as_str()), ("uploadId", &upload.id)];
            let request = self.request(Method::GET, &upload.key, &parameters);
            let document = self.send(&request, "s3:ListMultipartUploadParts", |answer| {
                Element::read(&answer.response.body)
            })?;
            let before = parts.len();
            let read = |part: &Element| {
                let number = part.word("PartNumber")?.parse().ok()?;
                let length = part.word("Size")?.parse().ok()?;
                Some(StoredPart { number, etag: part.word("ETag")?.to_owned(), length })
            };
            parts.extend(document.all("Part").filter_map(read));
            // A store that sends nothing new would send it forever.
            if document.word("IsTruncated") != Some("true") || parts.len() == before {
                parts.sort_by_key(|part| part.number);
                return Ok(parts);
            }
            after = parts.last().map_or_else(String::new, |part| part.number.to_string());
        }
    }

    fn complete(&self, upload: &Upload, etags: &[String]) -> Result<(), StoreError> {
        let parts: String = (1..).zip(etags).fold(String::new(), |parts, (number, etag)| {
            let etag = etag.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
            parts + &format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
        });
        let text = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        let mut request = self.request(Method::POST, &upload.key, &[("uploadId", &upload.id)]);
        request.body = Body::Text { text, content_type: HeaderValue::from_static("application/xml") };
        self.send(&request, "s3:PutObject", |answer| {
            let document = Element::read(&answer.response.body)?;
            (document.name == "CompleteMultipartUploadResult").then_some(())
        })
    }

    fn abort(&self, upload: &Upload) -> Result<(), StoreError> {
        let request = self.request(Method::DELETE, &upload.key, &[("uploadId", &upload.id)]);
        match self.send(&request, "s3:AbortMultipartUpload", |_| Some(())) {
            Err(error) if error.kind() == StoreErrorKind::NoSuchUpload => Ok(()),
            aborted => aborted,
        }
    }

    fn uploads(&self, key: &str) -> Result<Vec<Upload>, StoreError> {
        let (mut uploads, mut after) = (Vec::new(), (String::new(), String::new()));
        loop {
            let parameters = [
                ("key-marker", after.0.as_str()),
                ("prefix", key),
                ("upload-id-marker", after.1.as_str()),
                ("uploads", ""),
            ];
            let parameters: Vec<_> = parameters
                .into_iter()
                .filter(|(name, value)| *name == "uploads" || !value.is_empty())
                .collect();
            let request = {
                let mut url = self.url.clone();
                url.query_pairs_mut().extend_pairs(parameters);
                Request::new(Method::GET, url)
            };
            let document = self.send(&request, "s3:ListBucketMultipartUploads", |answer| {
                Element::read(&answer.response.body)
            })?;
            let read = |upload: &Element| {
                let (found, id) = (upload.text("Key")?.to_owned(), upload.text("UploadId")?.to_owned());
                (found == key).then_some(Upload { key: found, id })
            };
            uploads.extend(document.all("Upload").filter_map(read));
            let next = [document.text("NextKeyMarker"), document.text("NextUploadIdMarker")];
            let next = next.map(|marker| marker.unwrap_or_default().to_owned());
            let next = (next[0].clone(), next[1].clone());
            if document.word("IsTruncated") != Some("true") || next == after {
                return Ok(uploads);
            }
            after = next;
        }
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
