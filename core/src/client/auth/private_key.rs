//! The private key of a client, with the cryptography that TLS brings.

use std::fmt;

use ring::{
    error::KeyRejected,
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256,
        RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
    },
};
use rustls::pki_types::PrivateKeyDer;

use super::{Algorithm, SigningKey};
use crate::http::{
    private_key::{PrivateKeyError, private_key},
    secret::Secret,
};

/// A private key that signs assertions.
pub struct PrivateKey {
    pair: Pair,
    algorithm: Algorithm,
    random: SystemRandom,
}

enum Pair {
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Ecdsa(EcdsaKeyPair),
}

impl PrivateKey {
    /// Reads the first private key in `pem`: PKCS#8, or PKCS#1 for RSA. By default, RSA keys sign with RS256, and those of
    /// an elliptic curve with the algorithm of the curve.
    ///
    /// # Errors
    /// There is none, or it cannot sign with `algorithm`.
    pub fn from_pem(pem: &Secret, algorithm: Option<Algorithm>) -> Result<Self, PrivateKeyError> {
        match private_key(pem)? {
            PrivateKeyDer::Pkcs1(key) => Self::rsa(RsaKeyPair::from_der(key.secret_pkcs1_der()), algorithm),
            PrivateKeyDer::Pkcs8(key) => {
                let der = key.secret_pkcs8_der();
                match Self::rsa(RsaKeyPair::from_pkcs8(der), algorithm) {
                    Err(PrivateKeyError::Unsupported) => Self::elliptic(der, algorithm),
                    key => key,
                }
            }
            _ => Err(PrivateKeyError::Sec1),
        }
    }

    fn rsa(
        pair: Result<RsaKeyPair, KeyRejected>,
        algorithm: Option<Algorithm>,
    ) -> Result<Self, PrivateKeyError> {
        let pair = pair.map_err(|error| rejected(&error))?;
        let algorithm = algorithm.unwrap_or(Algorithm::Rs256);
        let encoding = encoding(algorithm).ok_or(PrivateKeyError::OtherAlgorithm(OF_RSA))?;
        Ok(Self::new(Pair::Rsa(pair, encoding), algorithm))
    }

    fn elliptic(der: &[u8], algorithm: Option<Algorithm>) -> Result<Self, PrivateKeyError> {
        let pair = |curve: &'static EcdsaSigningAlgorithm| {
            EcdsaKeyPair::from_pkcs8(curve, der, &SystemRandom::new()).map_err(|error| rejected(&error))
        };
        let (pair, of_curve) = match pair(&ECDSA_P256_SHA256_FIXED_SIGNING) {
            Err(PrivateKeyError::Unsupported) => (pair(&ECDSA_P384_SHA384_FIXED_SIGNING)?, Algorithm::Es384),
            pair => (pair?, Algorithm::Es256),
        };
        if algorithm.is_some_and(|algorithm| algorithm != of_curve) {
            return Err(PrivateKeyError::OtherAlgorithm(of_curve.name()));
        }
        Ok(Self::new(Pair::Ecdsa(pair), of_curve))
    }

    fn new(pair: Pair, algorithm: Algorithm) -> Self {
        Self { pair, algorithm, random: SystemRandom::new() }
    }
}

/// The algorithms of RSA keys.
const OF_RSA: &str = "RS256, RS384, RS512, PS256, PS384 or PS512";

/// How an RSA key signs; `None` if it cannot.
fn encoding(algorithm: Algorithm) -> Option<&'static dyn RsaEncoding> {
    match algorithm {
        Algorithm::Es256 | Algorithm::Es384 => None,
        Algorithm::Ps256 => Some(&RSA_PSS_SHA256),
        Algorithm::Ps384 => Some(&RSA_PSS_SHA384),
        Algorithm::Ps512 => Some(&RSA_PSS_SHA512),
        Algorithm::Rs256 => Some(&RSA_PKCS1_SHA256),
        Algorithm::Rs384 => Some(&RSA_PKCS1_SHA384),
        Algorithm::Rs512 => Some(&RSA_PKCS1_SHA512),
    }
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
        self.algorithm.name()
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match &self.pair {
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(*encoding, &self.random, message, &mut signature).ok()?;
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
