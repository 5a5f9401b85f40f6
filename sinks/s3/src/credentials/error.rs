//! Why there are no credentials.

use std::path::PathBuf;

/// Why credentials cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// There is no profile of this name.
    #[error("there is no profile `{name}` in `{}` (correct `AWS_PROFILE`)", path.display())]
    NoProfile {
        /// The name.
        name: String,
        /// The file with the credentials.
        path: PathBuf,
    },
    /// Only one of the two keys is there.
    #[error("`{have}` is set, but `{missing}` is not")]
    Half {
        /// The key that is there.
        have: &'static str,
        /// The key that is not.
        missing: &'static str,
    },
    /// A variable of the environment is not the URL of a service of this machine.
    #[error("`{variable}` is not an `https` URL, nor one of this machine")]
    Service {
        /// The variable.
        variable: &'static str,
    },
}
