//! Keys that belong together.

use std::time::SystemTime;

use longhaul_core::Secret;

use super::error::CredentialsError;

/// What requests are signed with.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The access key, which every request shows.
    pub access_key: String,
    /// The secret key, which is never sent.
    pub secret_key: Secret,
    /// What makes temporary keys valid.
    pub session_token: Option<Secret>,
    /// When temporary keys expire.
    pub expiration: Option<SystemTime>,
}

/// Two keys that belong together, if any is there.
pub(super) fn both<T, U>(
    access: (&'static str, Option<T>),
    secret: (&'static str, Option<U>),
) -> Result<Option<(T, U)>, CredentialsError> {
    match (access, secret) {
        ((_, Some(access)), (_, Some(secret))) => Ok(Some((access, secret))),
        ((_, None), (_, None)) => Ok(None),
        ((have, Some(_)), (missing, None)) | ((missing, None), (have, Some(_))) => {
            Err(CredentialsError::Half { have, missing })
        }
    }
}
