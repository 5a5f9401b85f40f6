//! The documents of Amazon S3.

use super::bucket::BucketPart;
use crate::exchange::Reply;

/// An error as Amazon S3 reports it.
pub fn s3_error(status: u16, code: &str, message: &str) -> Reply {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <RequestId>4442587FB7D0A2F9</RequestId></Error>"
    );
    Reply { status, body: text.into_bytes(), headers: Vec::new() }.header("content-type", "application/xml")
}

/// A part that a `CompleteMultipartUpload` names.
#[derive(Debug)]
pub(super) struct NamedPart {
    pub(super) number: u32,
    pub(super) etag: String,
    pub(super) sha256: Option<String>,
}

/// The parts that a `CompleteMultipartUpload` names.
pub(super) fn named_parts(body: &[u8]) -> Vec<NamedPart> {
    let text = String::from_utf8_lossy(body).replace("&quot;", "\"");
    let between = |text: &str, start: &str, end: &str| {
        let (_, rest) = text.split_once(start)?;
        Some(rest.split_once(end)?.0.to_owned())
    };
    let parts = text.split("<Part>").skip(1);
    let read = |part: &str| {
        let number = between(part, "<PartNumber>", "</PartNumber>")?.parse().ok()?;
        let sha256 = between(part, "<ChecksumSHA256>", "</ChecksumSHA256>");
        Some(NamedPart { number, etag: between(part, "<ETag>", "</ETag>")?, sha256 })
    };
    parts.filter_map(read).collect()
}

/// A listing of parts. It shows the first `most`.
pub(super) fn listed_parts(parts: &[BucketPart], has_sha256: bool, most: usize) -> String {
    let shown = &parts[..parts.len().min(most)];
    let is_truncated = shown.len() < parts.len();
    let part = |BucketPart { number, etag, length, sha256 }: &BucketPart| {
        let etag = etag.replace('"', "&quot;");
        let sha256 = sha256.iter().map(|sha256| format!("<ChecksumSHA256>{sha256}</ChecksumSHA256>"));
        let sha256: String = sha256.collect();
        format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag><Size>{length}</Size>{sha256}</Part>"
        )
    };
    let shown: String = shown.iter().map(part).collect();
    let algorithm = if has_sha256 { "<ChecksumAlgorithm>SHA256</ChecksumAlgorithm>" } else { "" };
    format!("<ListPartsResult>{algorithm}<IsTruncated>{is_truncated}</IsTruncated>{shown}</ListPartsResult>")
}

/// A listing of the uploads of keys that start with `prefix`, after a key and an upload.
pub(super) fn listed_uploads(
    uploads: &[(String, String)],
    prefix: &str,
    after: &(Option<String>, Option<String>),
    most: usize,
) -> String {
    let mut of_prefix: Vec<_> = uploads.iter().filter(|(_, key)| key.starts_with(prefix)).collect();
    of_prefix.sort_by_key(|(id, key)| (key, id));
    let is_after = |(id, key): &&(String, String)| {
        let (Some(after_key), Some(after_id)) = after else { return true };
        (key, id) > (after_key, after_id)
    };
    let rest: Vec<_> = of_prefix.into_iter().filter(is_after).collect();
    let shown = &rest[..rest.len().min(most)];
    let is_truncated = shown.len() < rest.len();
    let next = shown.last().map_or_else(String::new, |(id, key)| {
        format!("<NextKeyMarker>{key}</NextKeyMarker><NextUploadIdMarker>{id}</NextUploadIdMarker>")
    });
    let upload =
        |(id, key): &&(String, String)| format!("<Upload><Key>{key}</Key><UploadId>{id}</UploadId></Upload>");
    let shown: String = shown.iter().map(upload).collect();
    format!(
        "<ListMultipartUploadsResult><IsTruncated>{is_truncated}</IsTruncated>{next}{shown}\
         </ListMultipartUploadsResult>"
    )
}

/// A listing of the keys that start with `prefix`, after one.
pub(super) fn listed_objects(keys: &[String], prefix: &str, after: &str, most: usize) -> String {
    let rest: Vec<_> = keys.iter().filter(|key| key.starts_with(prefix) && key.as_str() > after).collect();
    let shown = rest.iter().take(most);
    let shown: Vec<_> = shown.map(|key| format!("<Contents><Key>{key}</Key></Contents>")).collect();
    let shown = shown.concat();
    let is_truncated = rest.len() > most;
    format!("<ListBucketResult><IsTruncated>{is_truncated}</IsTruncated>{shown}</ListBucketResult>")
}
