//! The private key of a client, with the cryptography that TLS brings.

use std::fmt;

use ring::{
    error::KeyRejected,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use rustls::pki_types::PrivateKeyDer;

use super::SigningKey;
use crate::http::{
    private_key::{PrivateKeyError, private_key},
    secret::Secret,
};

/// A private key for RS256 (RFC 7518 §3.3) or ES256 (§3.4).
pub struct PrivateKey {
    pair: Pair,
    random: SystemRandom,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
}

impl PrivateKey {
    /// Reads the first private key in `pem`: PKCS#8, or PKCS#1 for RSA.
    ///
    /// # Errors
    /// There is none, or it cannot be used.
    pub fn from_pem(pem: &Secret) -> Result<Self, PrivateKeyError> {
        let pair = match private_key(pem)? {
            PrivateKeyDer::Pkcs1(key) => {
                Pair::Rsa(RsaKeyPair::from_der(key.secret_pkcs1_der()).map_err(|error| rejected(&error))?)
            }
            PrivateKeyDer::Pkcs8(key) => pkcs8(key.secret_pkcs8_der())?,
            _ => return Err(PrivateKeyError::Sec1),
        };
        Ok(Self { pair, random: SystemRandom::new() })
    }
}

fn pkcs8(der: &[u8]) -> Result<Pair, PrivateKeyError> {
    let error = match RsaKeyPair::from_pkcs8(der) {
        Ok(pair) => return Ok(Pair::Rsa(pair)),
        Err(error) => rejected(&error),
    };
    if error != PrivateKeyError::Unsupported {
        return Err(error);
    }
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &SystemRandom::new());
    pair.map(Pair::Ecdsa).map_err(|error| rejected(&error))
}

/// What ring says about a key; it has no type for it.
fn rejected(error: &KeyRejected) -> PrivateKeyError {
    match error.to_string().as_str() {
        "WrongAlgorithm" | "VersionNotSupported" => PrivateKeyError::Unsupported,
        "TooSmall" | "TooLarge" | "PrivateModulusLenNotMultipleOf512Bits" => PrivateKeyError::Size,
        _ => PrivateKeyError::Damaged,
    }
}

impl SigningKey for PrivateKey {
    fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Ecdsa(_) => "ES256",
        }
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &self.random, message, &mut signature).ok()?;
                Some(signature)
            }
            Pair::Ecdsa(pair) => Some(pair.sign(&self.random, message).ok()?.as_ref().to_vec()),
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PrivateKey").field(&self.algorithm()).finish()
    }
}
