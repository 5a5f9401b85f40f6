//! Objects that are uploaded in parts.
//!
//! If an upload is begun with SHA-256, each of its parts must have one, and completing it names all of them.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use http::{HeaderValue, Method};
use longhaul_core::{
    Body, Replay, Request,
    client::Answer,
    object_store::{Content, StoreError, StoreErrorKind, StoredPart, Upload},
};

use crate::{
    checksum::Kinds,
    refusal::Refusal,
    store::{S3Store, TAG, set},
    xml::Element,
};

/// Asks for an upload whose parts have checksums, and is in the answer of a store that knows them.
const ALGORITHM: &str = "x-amz-checksum-algorithm";
const SHA256: &str = "SHA256";

impl S3Store {
    /// Begins an upload with SHA-256, or without if the store refuses that.
    pub(crate) fn begin_upload(&self, key: &str, tag: &str) -> Result<Upload, StoreError> {
        let mut request = self.request(Method::POST, key, &[("uploads", "")]);
        set(&mut request, TAG, tag)?;
        set(&mut request, ALGORITHM, SHA256)?;
        let begun = match self.try_begin(&request, key)? {
            Err(refusal) if refusal.may_be_for_a_header() => {
                request.headers.remove(ALGORITHM);
                self.try_begin(&request, key)?
            }
            begun => begun,
        };
        let (id, has_sha256) = begun.map_err(|refusal| self.refused(&refusal, "s3:PutObject"))?;
        self.part_sums.add_upload(&id, has_sha256.then(BTreeMap::new));
        Ok(Upload { key: key.to_owned(), id })
    }

    /// Returns the name of the upload, and whether its parts have SHA-256.
    fn try_begin(&self, request: &Request, key: &str) -> Result<Result<(String, bool), Refusal>, StoreError> {
        let read = |answer: &Answer| {
            let document = Element::read(&answer.response.body)?;
            let has_sha256 = answer.response.header(ALGORITHM) == Some(SHA256);
            Some((document.text("UploadId")?.to_owned(), has_sha256))
        };
        // Sent again, it would leave an upload behind that nobody knows.
        let once = Request { replay: Replay::OnlyUnseen, ..request.clone() };
        let permission = "s3:PutObject";
        match self.exchange(&once, read) {
            Err(error) if error.is_undecided() => {
                log::warn!("it is not known whether {} has begun an upload; it is begun again", self.store);
                self.abort_empty(key)?;
                let again = Request { replay: Replay::Harmless, ..once };
                self.try_send(&again, permission, read)
            }
            begun => begun.map_err(|error| self.failed(error, permission)),
        }
    }

    /// Removes the uploads of this key that have no part.
    fn abort_empty(&self, key: &str) -> Result<(), StoreError> {
        for upload in self.list_uploads(key)? {
            if self.list_parts(&upload)?.is_empty() {
                self.abort_upload(&upload)?;
            }
        }
        Ok(())
    }

    pub(crate) fn send_part(
        &self,
        upload: &Upload,
        number: u32,
        content: &Arc<dyn Content>,
    ) -> Result<String, StoreError> {
        let text = number.to_string();
        let parameters = [("partNumber", text.as_str()), ("uploadId", &upload.id)];
        let request = self.request(Method::PUT, &upload.key, &parameters);
        let kinds = if self.has_sha256(upload)? { self.kinds_of_part() } else { Kinds::Md5 };
        let sent = self.send_verified(&request, content, kinds)?;
        if let Some(sha256) = sent.sha256 {
            self.part_sums.add_part(&upload.id, number, sha256);
        }
        Ok(sent.etag)
    }

    /// Whether the parts of an upload must have SHA-256. An earlier run may have begun it.
    fn has_sha256(&self, upload: &Upload) -> Result<bool, StoreError> {
        if let Some(has_sha256) = self.part_sums.has_sha256(&upload.id) {
            return Ok(has_sha256);
        }
        self.list_parts(upload)?;
        Ok(self.part_sums.has_sha256(&upload.id) == Some(true))
    }

    pub(crate) fn list_parts(&self, upload: &Upload) -> Result<Vec<StoredPart>, StoreError> {
        let (mut parts, mut after, mut sums) = (Vec::new(), "0".to_owned(), BTreeMap::new());
        loop {
            let parameters = [("part-number-marker", after.as_str()), ("uploadId", &upload.id)];
            let request = self.request(Method::GET, &upload.key, &parameters);
            let document = self.send(&request, "s3:ListMultipartUploadParts", |answer| {
                Element::read(&answer.response.body)
            })?;
            let before = parts.len();
            for part in document.all("Part") {
                let Some(number) = part.word("PartNumber").and_then(|number| number.parse().ok()) else {
                    continue;
                };
                let length = part.word("Size").and_then(|length| length.parse().ok());
                let etag = part.word("ETag").map(str::to_owned);
                parts.extend(etag.zip(length).map(|(etag, length)| StoredPart { number, etag, length }));
                sums.extend(part.word("ChecksumSHA256").map(|sha256| (number, sha256.to_owned())));
            }
            // A store that sends nothing new would send it forever.
            if document.word("IsTruncated") != Some("true") || parts.len() == before {
                parts.sort_by_key(|part| part.number);
                let has_sha256 = document.word("ChecksumAlgorithm") == Some(SHA256);
                self.part_sums.add_upload(&upload.id, has_sha256.then_some(sums));
                return Ok(parts);
            }
            after = parts.last().map_or_else(String::new, |part| part.number.to_string());
        }
    }

    pub(crate) fn complete_upload(&self, upload: &Upload, etags: &[String]) -> Result<(), StoreError> {
        let has_sha256 = self.has_sha256(upload)?;
        let sums = if has_sha256 { self.part_sums.of_upload(&upload.id) } else { BTreeMap::new() };
        let mut parts = String::new();
        for (number, etag) in (1..).zip(etags) {
            let etag = etag.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
            // Writing to a string cannot fail.
            let _ = write!(parts, "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag>");
            if let Some(sha256) = sums.get(&number) {
                let _ = write!(parts, "<ChecksumSHA256>{sha256}</ChecksumSHA256>");
            }
            parts += "</Part>";
        }
        let text = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        let mut request = self.request(Method::POST, &upload.key, &[("uploadId", &upload.id)]);
        request.body = Body::Text { text, content_type: HeaderValue::from_static("application/xml") };
        self.send(&request, "s3:PutObject", |answer| {
            let document = Element::read(&answer.response.body)?;
            (document.name == "CompleteMultipartUploadResult").then_some(())
        })?;
        self.part_sums.forget(&upload.id);
        Ok(())
    }

    pub(crate) fn abort_upload(&self, upload: &Upload) -> Result<(), StoreError> {
        self.part_sums.forget(&upload.id);
        let request = self.request(Method::DELETE, &upload.key, &[("uploadId", &upload.id)]);
        match self.send(&request, "s3:AbortMultipartUpload", |_| Some(())) {
            Err(error) if error.kind() == StoreErrorKind::NoSuchUpload => Ok(()),
            aborted => aborted,
        }
    }

    pub(crate) fn list_uploads(&self, key: &str) -> Result<Vec<Upload>, StoreError> {
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
}
