//! The certificate of the client, for mutual TLS (RFC 8446 §4.4.2).

use std::{io, path::PathBuf};

use rustls::{
    Error, InconsistentKeys,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
    sign::CertifiedKey,
};
use ureq::tls::{Certificate, ClientCert, PrivateKey};

use crate::http::{
    private_key::{PrivateKeyError, private_key},
    secret::Secret,
};

/// What a client proves its identity with.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    /// A PEM file with the certificate, followed by those that lead to its root.
    pub certificates: PathBuf,
    /// The private key, in PEM form.
    pub key: Secret,
}

/// A certificate or key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientCertificateError {
    /// The file with the certificate cannot be read.
    #[error("cannot read the certificate in `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The file has no certificate.
    #[error("there is no PEM certificate in `{}`", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The key cannot be read.
    #[error(transparent)]
    Key(#[from] PrivateKeyError),
    /// The key does not belong to the certificate.
    #[error("the private key does not belong to the certificate")]
    Mismatch,
    /// TLS cannot use them.
    #[error("TLS cannot use the certificate with its private key")]
    Unusable(#[source] Error),
}

impl ClientCertificate {
    /// Reads and checks both: ureq panics if they do not belong together.
    pub(super) fn read(&self) -> Result<ClientCert, ClientCertificateError> {
        let path = || self.certificates.clone();
        let pem = std::fs::read(&self.certificates)
            .map_err(|source| ClientCertificateError::File { path: path(), source })?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| ClientCertificateError::NoCertificate { path: path() })?;
        let key = private_key(&self.key)?;
        let certificates: Vec<_> = chain.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        let own_key =
            PrivateKey::from_pem(self.key.expose().as_bytes()).map_err(|_| PrivateKeyError::Damaged)?;
        let own = ClientCert::new_with_certs(&certificates, own_key);
        match CertifiedKey::from_der(chain, key, &ring::default_provider()) {
            Ok(_) => Ok(own),
            Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
                Err(ClientCertificateError::Mismatch)
            }
            Err(error) => Err(ClientCertificateError::Unusable(error)),
        }
    }
}
