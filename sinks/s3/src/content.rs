//! Sends contents so that the store verifies them.
//!
//! Every store verifies MD5. SHA-256 takes a third of the time, but a store that does not know it ignores it. One that has
//! compared it answers with it. If an answer is without, the content is sent again with its MD5.

use std::sync::{Arc, MutexGuard, PoisonError};

use longhaul_core::{
    Body, Request,
    client::Answer,
    object_store::{Content, StoreError, StoreErrorKind},
};

use crate::{
    checksum::{Checksums, Kinds},
    store::{S3Store, etag, set},
};

const SHA256: &str = "x-amz-checksum-sha256";

/// A content that the store has.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) etag: String,
    /// The SHA-256 that it was sent with.
    pub(crate) sha256: Option<String>,
    /// Whether the store has compared it.
    is_verified: bool,
}

impl S3Store {
    /// Sends an object in one piece, and returns its `ETag`. A store that does not know SHA-256 may refuse it, so a part must
    /// have had it before.
    pub(crate) fn send_object(
        &self,
        request: &Request,
        content: &Arc<dyn Content>,
    ) -> Result<String, StoreError> {
        let kinds = if *self.verifies() == Some(true) { Kinds::Sha256 } else { Kinds::Md5 };
        self.send_verified(request, content, kinds).map(|sent| sent.etag)
    }

    /// Which checksums the parts of an upload that was begun with SHA-256 have.
    pub(crate) fn kinds_of_part(&self) -> Kinds {
        if *self.verifies() == Some(false) { Kinds::Both } else { Kinds::Sha256 }
    }

    /// Sends `content`, again with its MD5 if the store has not compared the SHA-256.
    pub(crate) fn send_verified(
        &self,
        request: &Request,
        content: &Arc<dyn Content>,
        kinds: Kinds,
    ) -> Result<Sent, StoreError> {
        let sent = self.send_content(request, content, kinds)?;
        if kinds != Kinds::Md5 {
            *self.verifies() = Some(sent.is_verified);
        }
        if kinds == Kinds::Sha256 && !sent.is_verified {
            return self.send_content(request, content, Kinds::Both);
        }
        Ok(sent)
    }

    fn verifies(&self) -> MutexGuard<'_, Option<bool>> {
        self.verifies_sha256.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends `content` with its checksums, and compares them with those of the answer.
    fn send_content(
        &self,
        request: &Request,
        content: &Arc<dyn Content>,
        kinds: Kinds,
    ) -> Result<Sent, StoreError> {
        let unreadable =
            |error| StoreError::new(StoreErrorKind::Other, "cannot read what is to be sent").because(error);
        let sums = Checksums::of(&**content, kinds).map_err(unreadable)?;
        let (md5, sha256) = (sums.md5(), sums.sha256());
        let mut request = request.clone();
        md5.iter().try_for_each(|md5| set(&mut request, "content-md5", md5))?;
        sha256.iter().try_for_each(|sha256| set(&mut request, SHA256, sha256))?;
        request.body = Body::Stream(Arc::clone(content));
        let (etag, found, is_encrypted) = self.send(&request, "s3:PutObject", |answer| {
            let found = answer.response.header(SHA256).map(str::to_owned);
            Some((etag(answer)?, found, is_encrypted(answer)))
        })?;
        let other = |name: &str, found: &str| {
            let message = format!("{} has other bytes than were sent (its {name} is {found})", self.store);
            Err(StoreError::new(StoreErrorKind::Other, message))
        };
        if !is_encrypted && sums.contradicts(&etag) {
            return other("ETag", &etag);
        }
        match (&sha256, found) {
            (Some(sha256), Some(found)) if *sha256 != found => other("SHA-256", &found),
            (_, found) => Ok(Sent { etag, is_verified: sha256.is_some() && found.is_some(), sha256 }),
        }
    }
}

/// Whether the `ETag` is not the MD5 of what was sent, although it may look like one.
fn is_encrypted(answer: &Answer) -> bool {
    let encryption = answer.response.header("x-amz-server-side-encryption");
    let by_customer = answer.response.header("x-amz-server-side-encryption-customer-algorithm");
    encryption.is_some_and(|name| name != "AES256") || by_customer.is_some()
}
