//! A stand-in for Amazon S3 on a real socket.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use http::Method;
use longhaul_core::clock::{Interrupt, SystemClock};
use percent_encoding::percent_decode_str;
use url::Url;

use super::{
    bucket::{Bucket, BucketError},
    s3_answers::{listed_objects, listed_parts, listed_uploads, named_parts, s3_error},
    s3_checksums::S3Checksums,
};
use crate::{
    exchange::{Received, Reply},
    fault_server::{FaultServer, Reaction},
};

/// A server with one bucket, `data`, at `/data/`. It requires signatures, but does not verify them.
#[derive(Debug)]
pub struct S3Server {
    server: FaultServer,
    bucket: Bucket,
}

/// The least length of a part that is not the last one.
const LEAST_PART: usize = 5 << 20;

/// How many parts or uploads a listing has at most.
const PAGE: usize = 3;

impl S3Server {
    /// Starts a server with an empty bucket.
    pub fn start() -> Self {
        Self::with_faults(|_| None)
    }

    /// Starts a server that reacts to some requests in other ways.
    pub fn with_faults(faults: impl Fn(&Received) -> Option<Reaction> + Send + Sync + 'static) -> Self {
        Self::with(S3Checksums::default(), faults)
    }

    /// Starts a server with other checksums, which may also react to some requests in other ways.
    pub fn with(
        checksums: S3Checksums,
        faults: impl Fn(&Received) -> Option<Reaction> + Send + Sync + 'static,
    ) -> Self {
        Self::reacting(checksums, move |store, received| {
            faults(received).unwrap_or_else(|| Reaction::Reply(store.answer(received)))
        })
    }

    /// Starts a server that gets another last byte than was sent of the first `count` parts.
    pub fn with_damage(checksums: S3Checksums, count: usize) -> Self {
        let left = AtomicUsize::new(count);
        Self::reacting(checksums, move |store, received| {
            let mut received = received.clone();
            let is_part = received.query("partNumber").is_some();
            if is_part && left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
                received.body.last_mut().into_iter().for_each(|byte| *byte ^= 1);
            }
            Reaction::Reply(store.answer(&received))
        })
    }

    fn reacting(
        checksums: S3Checksums,
        react: impl Fn(&Store, &Received) -> Reaction + Send + Sync + 'static,
    ) -> Self {
        let bucket = Bucket::new(LEAST_PART);
        let store = Store { bucket: bucket.clone(), checksums };
        let clock = Arc::new(SystemClock::new(Interrupt::default()));
        let server = FaultServer::start(clock, move |received| react(&store, received));
        Self { server, bucket }
    }

    /// The URL of the server.
    pub fn url(&self) -> Url {
        self.server.url()
    }

    /// Its bucket.
    pub fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// All requests so far, in order.
    pub fn received(&self) -> Vec<Received> {
        self.server.received()
    }
}

/// What answers requests.
#[derive(Debug)]
struct Store {
    bucket: Bucket,
    checksums: S3Checksums,
}

impl Store {
    fn answer(&self, received: &Received) -> Reply {
        let Self { bucket, checksums } = self;
        let refused = refuse(received).or_else(|| checksums.refuse(bucket, received));
        match refused {
            Some(refused) => refused,
            None => checksums.confirm(received, self.accept(received)),
        }
    }

    fn accept(&self, received: &Received) -> Reply {
        let Self { bucket, checksums } = self;
        let path = percent_decode_str(received.url.path()).decode_utf8_lossy().into_owned();
        let Some(key) = path.strip_prefix("/data/") else {
            return s3_error(404, "NoSuchBucket", "The specified bucket does not exist");
        };
        let (upload, number) = (received.query("uploadId"), received.query("partNumber"));
        let tag = received.header("x-amz-meta-longhaul");
        let replied = match (&received.method, upload, number) {
            (&Method::PUT, Some(id), Some(number)) => bucket
                .put_part(&id, number.parse().unwrap_or_default(), &received.body)
                .map(|etag| Reply::status(200).header("etag", etag)),
            (&Method::PUT, None, None) => put(bucket, key, tag, received),
            (&Method::POST, None, None) if received.query("uploads").is_some() => {
                let id = bucket.begin(key, tag, checksums.begins(received));
                Ok(xml(&format!(
                    "<InitiateMultipartUploadResult><Bucket>data</Bucket><UploadId>{id}</UploadId>\
                     </InitiateMultipartUploadResult>"
                )))
            }
            (&Method::POST, Some(id), None) => {
                let named = named_parts(&received.body);
                if let Some(refused) = checksums.refuse_parts(bucket, &id, &named) {
                    return refused;
                }
                let named: Vec<_> = named.into_iter().map(|part| (part.number, part.etag)).collect();
                let done = "<CompleteMultipartUploadResult><Key>x</Key></CompleteMultipartUploadResult>";
                bucket.complete(&id, &named).map(|()| xml(done))
            }
            (&Method::GET, Some(id), None) => {
                let after = received.query("part-number-marker").and_then(|number| number.parse().ok());
                let has_sha256 = bucket.has_sha256(&id) == Some(true);
                let parts = bucket.parts(&id, after.unwrap_or(0));
                parts.map(|parts| xml(&listed_parts(&parts, has_sha256, PAGE)))
            }
            (&Method::GET, None, None) if received.query("uploads").is_some() => {
                let prefix = received.query("prefix").unwrap_or_default();
                let after = (received.query("key-marker"), received.query("upload-id-marker"));
                Ok(xml(&listed_uploads(&bucket.uploads(), &prefix, &after, PAGE)))
            }
            (&Method::GET, None, None) if received.query("list-type").is_some() => {
                let prefix = received.query("prefix").unwrap_or_default();
                let after = received.query("start-after").unwrap_or_default();
                Ok(xml(&listed_objects(&bucket.keys(), &prefix, &after, PAGE)))
            }
            (&Method::GET, None, None) => Ok(ranged(get(bucket, key), received.header("range"))),
            (&Method::DELETE, None, None) => {
                bucket.remove(key);
                Ok(Reply::status(204))
            }
            (&Method::DELETE, Some(id), None) => bucket.abort(&id).map(|()| Reply::status(204)),
            (&Method::HEAD, None, None) => Ok(head(bucket, key)),
            _ => Ok(s3_error(405, "MethodNotAllowed", "The specified method is not allowed")),
        };
        replied.unwrap_or_else(|error| {
            let status = match error {
                BucketError::NoSuchUpload => 404,
                BucketError::PreconditionFailed => 412,
                _ => 400,
            };
            s3_error(status, &format!("{error:?}"), "It was not accepted")
        })
    }
}

/// The answer to a request that is not signed.
fn refuse(received: &Received) -> Option<Reply> {
    let signed = received.query("X-Amz-SignedHeaders").unwrap_or_default();
    let is_signed = |name: &str| signed.split(';').any(|signed| signed == name);
    let needs_signature = |name: &str| name.starts_with("x-amz-") || name == "content-md5" || name == "host";
    let mut names = received.headers.keys().map(http::HeaderName::as_str);
    let has_signature = received.query("X-Amz-Signature").is_some_and(|signature| signature.len() == 64);
    let is_refused = !has_signature || names.any(|name| needs_signature(name) && !is_signed(name));
    is_refused.then(|| s3_error(403, "AccessDenied", "Access Denied"))
}

/// Writes an object, if it is as the request expects it.
fn put(bucket: &Bucket, key: &str, tag: Option<&str>, received: &Received) -> Result<Reply, BucketError> {
    let body = &received.body;
    let etag = match (received.header("if-none-match"), received.header("if-match")) {
        (Some(_), _) => bucket.put_if(key, tag, body, None)?,
        (None, Some(version)) => bucket.put_if(key, tag, body, Some(version))?,
        (None, None) => bucket.put(key, tag, body),
    };
    Ok(Reply::status(200).header("etag", etag))
}

fn get(bucket: &Bucket, key: &str) -> Reply {
    let Some((bytes, etag)) = bucket.document(key) else {
        return s3_error(404, "NoSuchKey", "The specified key does not exist.");
    };
    let tag = bucket.find(key).and_then(|(_, tag, _)| tag);
    let reply = Reply { body: bytes, ..Reply::status(200) }.header("etag", etag);
    tag.into_iter().fold(reply, |reply, tag| reply.header("x-amz-meta-longhaul", tag))
}

/// The bytes of the answer that `range` asks for, such as `bytes=0-7`.
fn ranged(reply: Reply, range: Option<&str>) -> Reply {
    let bounds = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let bounds = bounds.and_then(|(from, to)| Some((from.parse().ok()?, to.parse::<usize>().ok()?)));
    let Some((from, to)) = bounds.filter(|_| reply.status == 200) else { return reply };
    match reply.body.get(from..reply.body.len().min(to.saturating_add(1))) {
        Some(body) if !body.is_empty() => Reply { status: 206, body: body.to_vec(), ..reply },
        _ => s3_error(416, "InvalidRange", "The requested range is not satisfiable"),
    }
}

fn head(bucket: &Bucket, key: &str) -> Reply {
    let Some((length, tag, etag)) = bucket.find(key) else { return Reply::status(404) };
    // Only the head of the answer is sent, but its length is that of the object.
    let reply = Reply { body: vec![b' '; length], ..Reply::status(200) }.header("etag", etag);
    tag.into_iter().fold(reply, |reply, tag| reply.header("x-amz-meta-longhaul", tag))
}

fn xml(document: &str) -> Reply {
    let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{document}");
    Reply { body: text.into_bytes(), ..Reply::status(200) }.header("content-type", "application/xml")
}
