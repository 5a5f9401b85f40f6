//! Private keys in PEM form.

use rustls::pki_types::{
    PrivateKeyDer,
    pem::{Error, PemObject},
};

use crate::http::secret::Secret;

/// A private key that cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateKeyError {
    /// It is encrypted.
    #[error("the private key is encrypted")]
    Encrypted,
    /// The text has none.
    #[error("there is no private key in PEM form")]
    Missing,
    /// It is in the older form of elliptic curves.
    #[error("the private key has the form SEC1 (`EC PRIVATE KEY`), not PKCS#8")]
    Sec1,
    /// It belongs to another algorithm or curve.
    #[error("the private key is neither an RSA key nor one of the curves P-256 and P-384")]
    Unsupported,
    /// It does not sign with the algorithm that is asked for, but with these.
    #[error("the private key signs with {0}")]
    OtherAlgorithm(&'static str),
    /// It is an RSA key of another size.
    #[error("the private key has a size that is not supported; RSA keys have 2048 to 4096 bits")]
    Size,
    /// It is damaged.
    #[error("the private key is damaged")]
    Damaged,
}

/// The first private key in `pem`, of any kind.
pub(crate) fn private_key(pem: &Secret) -> Result<PrivateKeyDer<'static>, PrivateKeyError> {
    // PKCS#8 says it in its first line, the older forms in a header below theirs.
    if pem.expose().contains("ENCRYPTED") {
        return Err(PrivateKeyError::Encrypted);
    }
    PrivateKeyDer::from_pem_slice(pem.expose().as_bytes()).map_err(|error| match error {
        Error::NoItemsFound => PrivateKeyError::Missing,
        _ => PrivateKeyError::Damaged,
    })
}
