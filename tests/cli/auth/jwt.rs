//! Verifies signed assertions.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
    time::UNIX_EPOCH,
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED,
        ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_2048_8192_SHA256,
        RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
        RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaKeyPair, UnparsedPublicKey,
        VerificationAlgorithm,
    },
};
use serde_json::{Value, json};

use crate::api;

pub(crate) const RSA: &str = include_str!("../../support/keys/rsa.pem");
pub(crate) const RSA_PKCS1: &str = include_str!("../../support/keys/rsa_pkcs1.pem");
pub(crate) const P256: &str = include_str!("../../support/keys/p256.pem");
pub(crate) const P384: &str = include_str!("../../support/keys/p384.pem");

/// Verifies assertions for one client. Each id is accepted once.
pub(crate) struct Verifier {
    public: Vec<u8>,
    algorithm: &'static str,
    ids: Mutex<HashSet<String>>,
}

impl Verifier {
    /// Verifies what the private key in `pem` signs with this algorithm.
    pub(crate) fn of(pem: &str, algorithm: &'static str) -> Self {
        let lines: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(lines).unwrap();
        let elliptic = |curve| EcdsaKeyPair::from_pkcs8(curve, &der, &SystemRandom::new()).unwrap();
        let public = match algorithm {
            "ES256" => elliptic(&ECDSA_P256_SHA256_FIXED_SIGNING).public_key().as_ref().to_vec(),
            "ES384" => elliptic(&ECDSA_P384_SHA384_FIXED_SIGNING).public_key().as_ref().to_vec(),
            _ if pem.contains("RSA") => RsaKeyPair::from_der(&der).unwrap().public_key().as_ref().to_vec(),
            _ => RsaKeyPair::from_pkcs8(&der).unwrap().public_key().as_ref().to_vec(),
        };
        Self { public, algorithm, ids: Mutex::default() }
    }

    fn verification(&self) -> &'static dyn VerificationAlgorithm {
        match self.algorithm {
            "ES256" => &ECDSA_P256_SHA256_FIXED,
            "ES384" => &ECDSA_P384_SHA384_FIXED,
            "PS256" => &RSA_PSS_2048_8192_SHA256,
            "PS384" => &RSA_PSS_2048_8192_SHA384,
            "PS512" => &RSA_PSS_2048_8192_SHA512,
            "RS256" => &RSA_PKCS1_2048_8192_SHA256,
            "RS384" => &RSA_PKCS1_2048_8192_SHA384,
            "RS512" => &RSA_PKCS1_2048_8192_SHA512,
            other => panic!("unknown algorithm {other}"),
        }
    }

    /// The assertion must be signed now, with this header besides `alg` and `typ`, and have exactly these claims besides those
    /// of every assertion.
    pub(crate) fn check(&self, assertion: &str, kid: Option<&str>, claims: &Value) -> Result<(), String> {
        let wrong = |what: &str| format!("{what} in {assertion}");
        let [header, body, signature] = assertion.split('.').collect::<Vec<_>>()[..] else {
            return Err(wrong("not three parts"));
        };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| wrong("no Base64"));
        let parse =
            |part: &str| serde_json::from_slice::<Value>(&decode(part)?).map_err(|_| wrong("no JSON"));
        let message = format!("{header}.{body}");
        let signature = decode(signature)?;
        let verified =
            UnparsedPublicKey::new(self.verification(), &self.public).verify(message.as_bytes(), &signature);
        verified.map_err(|_| wrong("a wrong signature"))?;
        let mut expected = json!({ "alg": self.algorithm, "typ": "JWT" });
        if let Some(kid) = kid {
            expected["kid"] = kid.into();
        }
        let (header, mut found) = (parse(header)?, parse(body)?);
        if header != expected {
            return Err(wrong(&format!("{header}")));
        }
        let members = found.as_object_mut().ok_or_else(|| wrong("no claims"))?;
        let now = api::clock().now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let number = |value: Option<Value>| value.and_then(|value| value.as_u64()).unwrap_or_default();
        let (issued, expires) = (number(members.remove("iat")), number(members.remove("exp")));
        if issued.abs_diff(now) > 60 || expires != issued + 300 {
            return Err(wrong(&format!("wrong times {issued}, {expires}")));
        }
        let id = members.remove("jti").and_then(|id| Some(id.as_str()?.to_owned())).unwrap_or_default();
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        if id.len() < 16 || !ids.insert(id) {
            return Err(wrong("an id that is too short or was used before"));
        }
        if found == *claims { Ok(()) } else { Err(wrong(&format!("claims {found}"))) }
    }
}
