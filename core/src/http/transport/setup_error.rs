//! Settings of a transport that cannot be used.

use std::{io, path::PathBuf};

use super::client_certificate::ClientCertificateError;

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// `ca_file` cannot be read.
    #[error("cannot read the certificates in `{}`", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// `ca_file` contains no certificate.
    #[error("there is no PEM certificate in `{}`", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The client's certificate or its key cannot be used.
    #[error(transparent)]
    ClientCertificate(#[from] ClientCertificateError),
    /// The URL of the proxy is not valid.
    #[error("the proxy is not a URL such as `http://host:port`")]
    Proxy,
    /// The environment names a proxy whose URL is not valid.
    #[error("the environment variable `{variable}` is not a URL such as `http://host:port`")]
    ProxyVariable {
        /// The name of the variable.
        variable: &'static str,
    },
}
