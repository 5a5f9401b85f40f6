//! What stores make of the checksums of contents.

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};

use super::{
    bucket::{Bucket, sha256},
    s3_answers::{NamedPart, s3_error},
};
use crate::exchange::{Received, Reply};

/// How a store handles SHA-256 (`x-amz-checksum-sha256`). `Content-MD5` is always compared.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum S3Checksums {
    /// Like Amazon S3: it is compared, and is in the answer. An upload that was begun with it requires it.
    #[default]
    Verified,
    /// Like a store that does not know it.
    Ignored,
    /// Like moto: the answer to the beginning of an upload promises it, but nothing else does.
    Promised,
    /// A header that is not known is refused with this status.
    Refused(u16),
}

const CHECKSUM: &str = "x-amz-checksum-sha256";
const ALGORITHM: &str = "x-amz-checksum-algorithm";

impl S3Checksums {
    /// The answer to a request whose content is damaged, or has not the checksums that it needs.
    pub(super) fn refuse(self, bucket: &Bucket, received: &Received) -> Option<Reply> {
        let digest = |name| s3_error(400, "BadDigest", &format!("The {name} you specified did not match"));
        let md5 = received.header("content-md5");
        if md5.is_some_and(|sent| sent != STANDARD.encode(Md5::digest(&received.body))) {
            return Some(digest("Content-MD5"));
        }
        let sent = received.header(CHECKSUM);
        match self {
            Self::Ignored | Self::Promised => None,
            Self::Refused(status) => {
                let header =
                    [CHECKSUM, ALGORITHM].into_iter().find(|name| received.header(name).is_some())?;
                let message = format!("Unsupported header '{header}' received for this API call.");
                Some(s3_error(status, "InvalidArgument", &message))
            }
            Self::Verified if sent.is_some_and(|sent| sent != sha256(&received.body)) => {
                Some(digest("SHA256"))
            }
            Self::Verified => {
                let id = received.query("uploadId").filter(|_| received.query("partNumber").is_some())?;
                let name = |is_there| if is_there { "sha256" } else { "null" };
                let (expected, found) = (bucket.has_sha256(&id)?, sent.is_some());
                let message = format!(
                    "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
                    name(expected),
                    name(found)
                );
                (expected != found).then(|| s3_error(400, "InvalidRequest", &message))
            }
        }
    }

    /// The answer to the completion of an upload that names other checksums than those of its parts.
    pub(super) fn refuse_parts(self, bucket: &Bucket, id: &str, named: &[NamedPart]) -> Option<Reply> {
        let stored = bucket.parts(id, 0).ok()?;
        for part in named {
            let stored = stored.iter().find(|stored| stored.number == part.number)?;
            if stored.sha256.is_some() && part.sha256.is_none() {
                let message = "The upload was created using a sha256 checksum. The complete request must include \
                               the checksum for each part.";
                return Some(s3_error(400, "InvalidRequest", message));
            }
            if stored.sha256 != part.sha256 && self == Self::Verified {
                return Some(s3_error(400, "InvalidPart", "One or more of the parts could not be found."));
            }
        }
        None
    }

    /// Whether an upload that is begun has SHA-256.
    pub(super) fn begins(self, received: &Received) -> bool {
        self == Self::Verified && received.header(ALGORITHM) == Some("SHA256")
    }

    /// Adds what the store says about the checksums of a request that it has accepted.
    pub(super) fn confirm(self, received: &Received, reply: Reply) -> Reply {
        let confirmed = [(CHECKSUM, self == Self::Verified), (ALGORITHM, self != Self::Ignored)];
        confirmed.into_iter().filter(|(_, is_known)| *is_known).fold(reply, |reply, (name, _)| match received
            .header(name)
        {
            Some(sent) => reply.header(name, sent),
            None => reply,
        })
    }
}
