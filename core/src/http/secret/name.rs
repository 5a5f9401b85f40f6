//! Names that secrets have.

/// Whether a field, header or parameter has the name of a secret.
pub fn sounds_secret(name: &str) -> bool {
    const ENDINGS: [&str; 7] =
        ["password", "passwd", "passphrase", "secret", "api_key", "apikey", "access_token"];
    let name = name.to_ascii_lowercase().replace('-', "_");
    name == "token" || ENDINGS.iter().any(|ending| name.ends_with(ending))
}
