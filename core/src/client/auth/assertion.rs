//! Signed assertions (RFC 7523), which prove who a client is without a secret that travels.

use std::{
    fmt::Debug,
    hash::{BuildHasher, Hasher, RandomState},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::AuthError;
use crate::http::secret::Secret;

/// Signs assertions.
pub trait SigningKey: Debug + Send + Sync {
    /// The algorithm, as RFC 7518 §3.1 names it.
    fn algorithm(&self) -> &'static str;

    /// The signature of `message`, as RFC 7518 encodes it. `None` if the system has no random numbers.
    fn sign(&self, message: &[u8]) -> Option<Vec<u8>>;
}

/// How assertions are signed, and their audience.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The private key.
    pub key: Arc<dyn SigningKey>,
    /// The name by which the server knows the key.
    pub key_id: Option<String>,
    /// The audience: usually the URL of the token endpoint.
    pub audience: String,
}

/// The issuer, the subject and the scope of an assertion.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claims<'a> {
    pub(super) issuer: &'a str,
    pub(super) subject: &'a str,
    pub(super) scope: &'a [String],
}

/// How long an assertion is valid.
const LIFETIME: Duration = Duration::from_secs(5 * 60);

impl Signer {
    /// A new assertion (RFC 7523 §3), as a JWT (RFC 7519). Each has a new id, because servers accept each only once.
    pub(super) fn sign(&self, claims: Claims<'_>, now: SystemTime) -> Result<Secret, AuthError> {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut header = json!({ "alg": self.key.algorithm(), "typ": "JWT" });
        if let Some(key_id) = &self.key_id {
            header["kid"] = key_id.as_str().into();
        }
        let mut body = json!({
            "iss": claims.issuer,
            "sub": claims.subject,
            "aud": self.audience,
            "jti": unique_id(),
            "iat": now.as_secs(),
            "exp": (now + LIFETIME).as_secs(),
        });
        if !claims.scope.is_empty() {
            body["scope"] = claims.scope.join(" ").into();
        }
        let encode = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(&header), encode(&body));
        let signature = self.key.sign(message.as_bytes()).ok_or(AuthError::Unsigned)?;
        Ok(Secret::new(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }
}

/// 128 random bits. They need not be secret, only never the same (RFC 7519 §4.1.7).
fn unique_id() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[derive(Debug)]
    struct Reversed;

    impl SigningKey for Reversed {
        fn algorithm(&self) -> &'static str {
            "R"
        }

        fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
            Some(message.iter().rev().copied().collect())
        }
    }

    fn sign(scope: &[String]) -> (Value, Value) {
        let signer =
            Signer { key: Arc::new(Reversed), key_id: Some("k1".to_owned()), audience: "aud".to_owned() };
        let claims = Claims { issuer: "me", subject: "you", scope };
        let token = signer.sign(claims, UNIX_EPOCH + Duration::from_millis(1500)).unwrap();
        let parts: Vec<_> =
            token.expose().split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
        let message = token.expose().rsplit_once('.').unwrap().0;
        assert_eq!(parts[2], message.bytes().rev().collect::<Vec<_>>());
        (serde_json::from_slice(&parts[0]).unwrap(), serde_json::from_slice(&parts[1]).unwrap())
    }

    #[test]
    fn an_assertion_names_both_sides_and_expires_in_five_minutes() {
        let (header, body) = sign(&[]);
        assert_eq!(header, json!({ "alg": "R", "typ": "JWT", "kid": "k1" }));
        let id = body["jti"].as_str().unwrap();
        assert_eq!(id.len(), 32);
        assert_eq!(body, json!({ "iss": "me", "sub": "you", "aud": "aud", "jti": id, "iat": 1, "exp": 301 }));
    }

    #[test]
    fn every_assertion_has_an_id_of_its_own() {
        let scope = ["a".to_owned(), "b".to_owned()];
        let (first, second) = (sign(&scope).1, sign(&scope).1);
        assert_ne!(first["jti"], second["jti"]);
        assert_eq!(first["scope"], "a b");
    }
}
