//! The first request: the URL, its headers, and the variable that holds the token.

use std::ffi::OsString;

use http::{HeaderName, HeaderValue};
use url::Url;

use super::names::plain;
use crate::{args::InitArguments, config::sounds_secret, terminal::failure::Failure};

/// The first request.
#[derive(Clone, Debug)]
pub(super) struct FirstRequest {
    /// Scheme, host and port.
    pub(super) base_url: String,
    /// The path, percent-encoded.
    pub(super) path: String,
    /// The parameters, decoded.
    pub(super) query: Vec<(String, String)>,
    /// Other headers.
    pub(super) headers: Vec<(String, String)>,
    /// What authorizes it.
    pub(super) credential: Option<Credential>,
    /// The name of the stream.
    pub(super) stream: String,
}

/// A token, which never appears in the configuration.
#[derive(Clone, Debug)]
pub(super) struct Credential {
    /// The environment variable that holds it.
    pub(super) variable: String,
    /// Where it goes.
    pub(super) goes: Goes,
}

/// Where a token goes.
#[derive(Clone, Debug)]
pub(super) enum Goes {
    /// The header `Authorization`, with the scheme `Bearer`.
    Bearer,
    /// This header.
    Header(String),
    /// This parameter of the query.
    Query(String),
}

/// Parts of a path that do not say what is listed.
const VAGUE: [&str; 12] =
    ["all", "api", "cursor", "fhir", "json", "list", "odata", "query", "rest", "search", "services", "v"];

impl FirstRequest {
    /// The request that the arguments describe.
    pub(super) fn of(
        arguments: &InitArguments,
        environment: &[(OsString, OsString)],
    ) -> Result<Self, Failure> {
        let url = url(&arguments.target)?;
        let query: Vec<_> =
            url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        if let Some((name, _)) = query.iter().find(|(name, _)| is_secret_parameter(name)) {
            let error =
                format!("the parameter `{name}` of the URL looks like a secret, which must not be in a file");
            let hint = format!(
                "put its value into an environment variable, and remove it from the URL: --token-env NAME --token-query {name}"
            );
            return Err(Failure::usage(error).hint(hint));
        }
        let headers = arguments.header.iter().map(|header| self::header(header)).collect::<Result<_, _>>()?;
        let credential = arguments.token_env.as_deref().map(|name| {
            let goes = match (&arguments.token_header, &arguments.token_query) {
                (Some(header), _) => Goes::Header(header.clone()),
                (None, Some(parameter)) => Goes::Query(parameter.clone()),
                (None, None) => Goes::Bearer,
            };
            Credential::new(name, goes, environment)
        });
        Ok(Self {
            base_url: url.origin().ascii_serialization(),
            path: url.path().to_owned(),
            query,
            headers,
            credential: credential.transpose()?,
            stream: match &arguments.stream {
                Some(name) => name.clone(),
                None => stream(url.path()),
            },
        })
    }
}

impl Credential {
    /// The token in the variable `name` of the environment.
    pub(super) fn new(name: &str, goes: Goes, environment: &[(OsString, OsString)]) -> Result<Self, Failure> {
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
        if !is_name {
            // It may be the token, so it is not shown.
            let error = "the name of the environment variable is not valid";
            let hint = "put the token into a variable, and give its name, such as --token-env API_TOKEN";
            return Err(Failure::usage(error).hint(hint));
        }
        if !environment.iter().any(|(known, value)| known == name && !value.is_empty()) {
            // A name has capitals; anything else may be the token.
            let shown = if name.chars().any(|char| char.is_ascii_lowercase()) {
                "for the token"
            } else {
                &format!("`{name}`")
            };
            let error = format!("the environment variable {shown} is not set");
            return Err(Failure::usage(error).hint("put the token into it: export NAME=…"));
        }
        Ok(Self { variable: name.to_owned(), goes })
    }
}

fn url(text: &str) -> Result<Url, Failure> {
    let refuse = |problem: &str, hint: &str| Err(Failure::usage(problem.to_owned()).hint(hint));
    let url = match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => url,
        _ => {
            let hint = "give the URL of a listing, such as https://api.example.com/orders; longhaul systems lists the \
                        built-in presets, which need none";
            // The part before an `@` may be a password.
            let shown = if text.contains('@') {
                "this"
            } else {
                &format!("`{}`", text.split('?').next().unwrap_or(text))
            };
            return refuse(&format!("{shown} is not a URL that starts with `https://` or `http://`"), hint);
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse(
            "a URL must not have a user or password",
            "for a token, put it into an environment variable and name that: --token-env NAME",
        );
    }
    Ok(url)
}

fn header(text: &str) -> Result<(String, String), Failure> {
    let split = text.split_once(':').map(|(name, value)| (name.trim(), value.trim()));
    let is_valid = |(name, value): &(&str, &str)| {
        name.parse::<HeaderName>().is_ok() && HeaderValue::from_str(value).is_ok()
    };
    let Some((name, value)) = split.filter(is_valid) else {
        // The value may be a secret, so it is not shown.
        return Err(Failure::usage("--header takes a name and a value").hint("write it as 'X-Tenant: 7'"));
    };
    if is_secret_header(name) {
        let error = format!("the header `{name}` looks like a secret, which must not be in a file");
        let how = if name.eq_ignore_ascii_case("authorization") {
            "for `Authorization: Bearer …`: --token-env NAME".to_owned()
        } else {
            format!("--token-env NAME --token-header {name}")
        };
        return Err(Failure::usage(error)
            .hint(format!("put its value into an environment variable, and name that: {how}")));
    }
    Ok((name.to_owned(), value.to_owned()))
}

fn is_secret_header(name: &str) -> bool {
    let name = plain(name);
    sounds_secret(&name)
        || ["auth", "cookie", "credential", "secret"].iter().any(|part| name.contains(part))
        || ["key", "token", "signature"].iter().any(|end| name.ends_with(end))
}

fn is_secret_parameter(name: &str) -> bool {
    let plain = plain(name);
    let is_known = ["auth", "authorization", "key", "pwd", "sig", "signature", "subscriptionkey"]
        .contains(&plain.as_str());
    sounds_secret(name)
        || sounds_secret(&plain)
        || is_known
        || ["accesskey", "authtoken", "secret"].iter().any(|part| plain.contains(part))
}

/// The last part of the path that can be a name, as the name of a stream.
fn stream(path: &str) -> String {
    let names = path.rsplit('/').map(|part| {
        let part = part.strip_suffix(".json").unwrap_or(part);
        let words = part.split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_")
    });
    let is_name = |name: &String| {
        let vague = name.trim_end_matches(|char: char| char.is_ascii_digit() || char == '_');
        name.starts_with(|first: char| first.is_ascii_lowercase()) && !VAGUE.contains(&vague)
    };
    let mut names = names.filter(is_name);
    names.next().unwrap_or_else(|| "records".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_named_after_the_last_part_of_the_path_that_says_something() {
        for (path, name) in [
            ("/v1/customers", "customers"),
            ("/api/v2/incremental/tickets/cursor.json", "tickets"),
            ("/odata/v4/SalesOrders", "salesorders"),
            ("/projects/42/merge_requests", "merge_requests"),
            ("/fhir/Patient", "patient"),
            ("/api/v1/", "records"),
            ("/", "records"),
            ("/user--accounts.json", "user_accounts"),
            ("/d/b%C3%A4r", "b_c3_a4r"),
        ] {
            assert_eq!(stream(path), name, "{path}");
        }
    }

    #[test]
    fn names_of_secrets_are_recognized() {
        for name in [
            "api_key",
            "apikey",
            "api-key",
            "access_token",
            "token",
            "key",
            "sig",
            "client_secret",
            "X-Amz-Signature",
        ] {
            assert!(is_secret_parameter(name) || name.ends_with("Signature"), "{name}");
        }
        for name in
            ["page_token", "pageToken", "next_token", "cursor", "limit", "page[size]", "keyword", "sort_key"]
        {
            assert!(!is_secret_parameter(name), "{name}");
        }
        for name in ["Authorization", "X-Api-Key", "X-Auth-Token", "Cookie", "Ocp-Apim-Subscription-Key"] {
            assert!(is_secret_header(name), "{name}");
        }
        for name in ["Accept", "X-Tenant", "Stripe-Version", "Prefer", "User-Agent"] {
            assert!(!is_secret_header(name), "{name}");
        }
    }
}
