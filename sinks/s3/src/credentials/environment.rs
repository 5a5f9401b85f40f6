//! Credentials in environment variables.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
};

use longhaul_core::Secret;

use super::{
    error::CredentialsError,
    keys::{Credentials, both},
};

/// The environment variables. `Debug` does not show their values.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// These variables. Those that are not Unicode, or empty, are left out, as if they were not set.
    pub fn new<'v>(variables: impl IntoIterator<Item = &'v (OsString, OsString)>) -> Self {
        let text = |(name, value): &(OsString, OsString)| {
            let value = value.to_str().filter(|value| !value.is_empty())?;
            Some((name.to_str()?.to_owned(), value.to_owned()))
        };
        Self(variables.into_iter().filter_map(text).collect())
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The URL of the store, if a variable has it.
    pub fn endpoint(&self) -> Option<&str> {
        self.get("AWS_ENDPOINT_URL_S3").or_else(|| self.get("AWS_ENDPOINT_URL"))
    }

    /// The region, if a variable has it.
    pub fn region(&self) -> Option<&str> {
        self.get("AWS_REGION").or_else(|| self.get("AWS_DEFAULT_REGION"))
    }

    /// The credentials, if there are any.
    pub(crate) fn credentials(&self) -> Result<Option<Credentials>, CredentialsError> {
        let [access, secret] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
        let keys = both((access, self.get(access)), (secret, self.get(secret)))?;
        Ok(keys.map(|(access, secret)| Credentials {
            access_key: access.to_owned(),
            secret_key: Secret::new(secret),
            session_token: self.get("AWS_SESSION_TOKEN").map(Secret::new),
            expiration: None,
        }))
    }

    /// The file that a variable names, or that has this name in the user's folder of Amazon's tools.
    pub(crate) fn file(&self, variable: &str, name: &str) -> Option<PathBuf> {
        let default =
            || Some(Path::new(self.get("HOME").or_else(|| self.get("USERPROFILE"))?).join(".aws").join(name));
        self.get(variable).map(PathBuf::from).or_else(default)
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} variables)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let owned: Vec<_> =
            variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect();
        Environment::new(&owned)
    }

    #[test]
    fn keys_come_in_pairs() {
        let both = environment(&[
            ("AWS_ACCESS_KEY_ID", "a"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("AWS_SESSION_TOKEN", ""),
        ]);
        let credentials = both.credentials().unwrap().unwrap();
        assert_eq!((credentials.access_key.as_str(), credentials.secret_key.expose()), ("a", "s"));
        assert!(credentials.session_token.is_none(), "an empty variable is not set");
        assert!(environment(&[]).credentials().unwrap().is_none());
        let error = environment(&[("AWS_ACCESS_KEY_ID", "a")]).credentials().unwrap_err();
        assert_eq!(error.to_string(), "`AWS_ACCESS_KEY_ID` is set, but `AWS_SECRET_ACCESS_KEY` is not");
        let error = environment(&[("AWS_SECRET_ACCESS_KEY", "a")]).credentials().unwrap_err();
        assert_eq!(error.to_string(), "`AWS_SECRET_ACCESS_KEY` is set, but `AWS_ACCESS_KEY_ID` is not");
    }
}
