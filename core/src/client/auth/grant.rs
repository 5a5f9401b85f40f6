//! What a token is requested with.

use super::Signer;
use crate::http::secret::Secret;

/// How the client authenticates to the token endpoint.
#[derive(Clone, Debug, Default)]
pub enum ClientAuth {
    /// HTTP Basic, with id and secret form-encoded first, as RFC 6749 §2.3.1 requires.
    #[default]
    Basic,
    /// `client_id` and `client_secret` as fields (RFC 6749 §2.3.1).
    Post,
    /// A signed assertion as a field (RFC 7523 §2.2).
    PrivateKeyJwt(Signer),
    /// Not at all. The request only says who the client is.
    None,
}

/// The grant that a token is requested with.
#[derive(Clone, Debug)]
pub enum GrantType {
    /// The client's own credentials (RFC 6749 §4.4).
    ClientCredentials,
    /// A user's name and password (RFC 6749 §4.3).
    Password {
        /// The user's name.
        username: String,
        /// The user's password.
        password: Secret,
    },
    /// A signed assertion (RFC 7523 §2.1).
    JwtBearer {
        /// Signs it.
        signer: Signer,
        /// The user that it is about. Without one, it is about the client.
        subject: Option<String>,
    },
    /// Nothing but the refresh token that the client starts with (RFC 6749 §6).
    RefreshToken,
}
