//! Credentials, and where they come from.

mod environment;
mod error;
mod keys;
mod metadata;
mod profile;

use std::fmt;

use longhaul_core::{Client, client::auth::AuthError};
use url::Url;

use self::metadata::{Metadata, Service};
pub use self::{environment::Environment, error::CredentialsError, keys::Credentials, profile::Profile};

/// Where credentials come from.
pub struct CredentialSource(Kind);

enum Kind {
    /// The configuration or the environment, which do not change.
    Fixed(Credentials),
    /// A profile in the files that Amazon's own tools use. Another program may renew it.
    Profile { environment: Environment },
    /// A service of the machine or the container.
    Metadata(Box<Metadata>),
    /// There are none.
    None,
}

impl CredentialSource {
    /// These credentials.
    pub fn fixed(credentials: Credentials) -> Self {
        Self(Kind::Fixed(credentials))
    }

    /// The first of the usual places that has credentials: the environment, the profile, the container, the machine.
    /// Nothing is sent yet. `connect` builds the client of a service of the container or the machine.
    ///
    /// # Errors
    /// What is wrong with the environment, or with the client.
    pub fn find(
        environment: &Environment,
        profile: &Profile,
        connect: impl FnOnce(&Url) -> Result<Client, String>,
    ) -> Result<Self, String> {
        let text = |error: CredentialsError| error.to_string();
        if let Some(credentials) = environment.credentials().map_err(text)? {
            return Ok(Self::fixed(credentials));
        }
        if profile.credentials().is_some() {
            return Ok(Self(Kind::Profile { environment: environment.clone() }));
        }
        let Some(service) = Service::of(environment).map_err(text)? else { return Ok(Self(Kind::None)) };
        let client = connect(service.url())?;
        Ok(Self(Kind::Metadata(Box::new(Metadata::new(client, service)))))
    }

    /// Whether another call of `get` may return other credentials.
    pub(crate) fn may_change(&self) -> bool {
        matches!(self.0, Kind::Profile { .. } | Kind::Metadata(_))
    }

    /// The credentials that are valid now.
    pub(crate) fn get(&self) -> Result<Credentials, AuthError> {
        let missing = |problem: String| AuthError::Missing { problem };
        match &self.0 {
            Kind::Fixed(credentials) => Ok(credentials.clone()),
            Kind::Profile { environment } => {
                let profile = Profile::read(environment).map_err(|error| missing(error.to_string()))?;
                let gone = || missing("the profile has no credentials any more".to_owned());
                profile.credentials().cloned().ok_or_else(gone)
            }
            Kind::Metadata(metadata) => metadata.get(),
            Kind::None => Err(missing(NOWHERE.to_owned())),
        }
    }
}

/// No place has credentials.
pub(crate) const NOWHERE: &str = "neither `stores.s3`, nor `AWS_ACCESS_KEY_ID`, nor a profile has credentials, and \
                                  instance metadata is turned off";

impl fmt::Debug for CredentialSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Fixed(_) => "Fixed",
            Kind::Profile { .. } => "Profile",
            Kind::Metadata(_) => "Metadata",
            Kind::None => "None",
        })
    }
}
