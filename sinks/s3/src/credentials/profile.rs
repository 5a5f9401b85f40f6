//! Profiles: the files in which Amazon's own tools keep credentials.

use std::{collections::BTreeMap, fs, io, path::Path};

use longhaul_core::Secret;

use super::{
    environment::Environment,
    error::CredentialsError,
    keys::{Credentials, both},
};

/// What the files say about a profile.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    credentials: Option<Credentials>,
    region: Option<String>,
    endpoint: Option<String>,
}

impl Profile {
    /// Reads the profile `AWS_PROFILE`, or `default`. It need not exist unless it is named.
    pub fn read(environment: &Environment) -> Result<Self, CredentialsError> {
        let named = environment.get("AWS_PROFILE").or_else(|| environment.get("AWS_DEFAULT_PROFILE"));
        let name = named.unwrap_or("default");
        let credentials = environment.file("AWS_SHARED_CREDENTIALS_FILE", "credentials");
        let config = environment.file("AWS_CONFIG_FILE", "config");
        let of_credentials = credentials.as_deref().map(|path| section(path, &[name])).transpose()?.flatten();
        let in_config = format!("profile {name}");
        let titles: &[&str] = if name == "default" { &["default", &in_config] } else { &[&in_config] };
        let of_config = config.as_deref().map(|path| section(path, titles)).transpose()?.flatten();
        if named.is_some() && of_credentials.is_none() && of_config.is_none() {
            let (name, path) = (name.to_owned(), credentials.unwrap_or_default());
            return Err(CredentialsError::NoProfile { name, path });
        }
        let [of_credentials, of_config] = [of_credentials, of_config].map(Option::unwrap_or_default);
        Ok(Self {
            credentials: match keys(&of_credentials)? {
                Some(credentials) => Some(credentials),
                None => keys(&of_config)?,
            },
            region: of_config.get("region").or_else(|| of_credentials.get("region")).cloned(),
            endpoint: of_config.get("endpoint_url").cloned(),
        })
    }

    /// The region of the profile.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The URL of the store.
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    pub(crate) fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }
}

type Section = BTreeMap<String, String>;

fn keys(section: &Section) -> Result<Option<Credentials>, CredentialsError> {
    let [access, secret] = ["aws_access_key_id", "aws_secret_access_key"];
    let keys = both((access, section.get(access)), (secret, section.get(secret)))?;
    Ok(keys.map(|(access, secret)| Credentials {
        access_key: access.clone(),
        secret_key: Secret::new(secret),
        session_token: section.get("aws_session_token").map(Secret::new),
        expiration: None,
    }))
}

/// The section of a file with one of these titles; `None` if there is no such section or file.
fn section(path: &Path, titles: &[&str]) -> Result<Option<Section>, CredentialsError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(titles.iter().find_map(|title| find(&text, title))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(CredentialsError::File { path: path.to_owned(), source }),
    }
}

fn find(text: &str, title: &str) -> Option<Section> {
    let mut found = None;
    let mut is_inside = false;
    for line in text.lines() {
        // A line that is indented belongs to the value before it.
        if line.starts_with([' ', '\t', '#', ';']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let words = rest.split(']').next().unwrap_or_default().split_whitespace();
            is_inside = words.eq(title.split_whitespace());
            if is_inside {
                found.get_or_insert_with(Section::new);
            }
        } else if let (true, Some((name, value))) = (is_inside, line.split_once('=')) {
            let value = value.trim();
            if !value.is_empty() {
                found.get_or_insert_with(Section::new).insert(name.trim().to_lowercase(), value.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    const CREDENTIALS: &str = "# mine\n[default]\naws_access_key_id = A\naws_secret_access_key=S=\n\n[other]\n\
                               AWS_ACCESS_KEY_ID = B\naws_secret_access_key = T\naws_session_token = U\n[half]\n\
                               aws_access_key_id = C\n";
    const CONFIG: &str = "[default]\nregion = eu-west-1\ns3 =\n  region = nested\n[profile only]\nregion = x\n\
                          endpoint_url = http://localhost:1\n";

    fn read(profile: Option<&str>) -> Result<Profile, String> {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".aws");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("credentials"), CREDENTIALS).unwrap();
        fs::write(folder.join("config"), CONFIG).unwrap();
        let mut variables = vec![(OsString::from("HOME"), home.path().as_os_str().to_owned())];
        variables.extend(profile.map(|name| ("AWS_PROFILE".into(), name.into())));
        let error = |error: CredentialsError| error.to_string().replace(&*folder.to_string_lossy(), "~");
        Profile::read(&Environment::new(&variables)).map_err(error)
    }

    #[test]
    fn the_default_profile_is_read_from_both_files() {
        let profile = read(None).unwrap();
        let credentials = profile.credentials().unwrap();
        assert_eq!((credentials.access_key.as_str(), credentials.secret_key.expose()), ("A", "S="));
        assert_eq!(profile.region(), Some("eu-west-1"));
    }

    #[test]
    fn a_named_profile_must_exist() {
        let other = read(Some("other")).unwrap();
        assert_eq!(other.credentials().unwrap().session_token.as_ref().unwrap().expose(), "U");
        let only = read(Some("only")).unwrap();
        assert_eq!((only.region(), only.endpoint()), (Some("x"), Some("http://localhost:1")));
        assert!(only.credentials().is_none());
        assert_eq!(
            read(Some("absent")).unwrap_err(),
            "there is no profile `absent` in `~/credentials` (correct `AWS_PROFILE`)"
        );
        assert_eq!(
            read(Some("half")).unwrap_err(),
            "`aws_access_key_id` is set, but `aws_secret_access_key` is not"
        );
    }

    #[test]
    fn without_files_there_is_no_profile() {
        assert!(Profile::read(&Environment::default()).unwrap().credentials().is_none());
    }
}
