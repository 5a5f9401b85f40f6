//! The proxy of a request.

use url::Url;

use super::setup_error::SetupError;
use crate::http::secret::Secret;

/// The proxy to use.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Proxy {
    /// No proxy.
    Direct,
    /// For https, the proxy named by `HTTPS_PROXY` or `ALL_PROXY`, except for hosts in `NO_PROXY`.
    #[default]
    Environment,
    /// The proxy at this URL, which may contain a password.
    Url(Secret),
}

/// The proxy of a transport, and the requests that go through it.
#[derive(Debug, Default)]
pub(super) struct Route {
    /// `None` without a proxy.
    pub(super) proxy: Option<::ureq::Proxy>,
    /// Whether the proxy is from the environment, and so only for https.
    is_of_environment: bool,
    /// The hosts that are reached without it.
    direct: NoProxy,
}

impl Route {
    /// The route of these settings. `variable` reads an environment variable.
    pub(super) fn new(
        setting: &Proxy,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SetupError> {
        match setting {
            Proxy::Direct => Ok(Self::default()),
            Proxy::Url(url) => {
                let proxy = ::ureq::Proxy::new(url.expose()).map_err(|_| SetupError::Proxy)?;
                Ok(Self { proxy: Some(proxy), ..Self::default() })
            }
            Proxy::Environment => {
                let first = |names: &[&'static str]| {
                    names.iter().find_map(|name| {
                        variable(name).filter(|value| !value.trim().is_empty()).map(|value| (*name, value))
                    })
                };
                let proxy = first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]);
                let proxy = proxy.map(|(variable, url)| {
                    ::ureq::Proxy::new(url.trim()).map_err(|_| SetupError::ProxyVariable { variable })
                });
                let direct = first(&["no_proxy", "NO_PROXY"]).map(|(_, hosts)| NoProxy::of(&hosts));
                let direct = direct.unwrap_or_default();
                Ok(Self { proxy: proxy.transpose()?, is_of_environment: true, direct })
            }
        }
    }

    /// The address of the proxy for requests to `url`, without its password. `None` if they go without one.
    pub(super) fn through(&self, url: &Url) -> Option<String> {
        let proxy = self.proxy.as_ref()?;
        let is_direct = self.is_of_environment && (url.scheme() == "http" || self.direct.covers(url));
        (!is_direct).then(|| format!("{}:{}", proxy.host(), proxy.port()))
    }
}

/// The hosts in `NO_PROXY`, separated by commas or spaces: `*`, or names and addresses, each with an optional port. A name
/// includes the hosts below it, as for curl.
#[derive(Debug, Default)]
struct NoProxy(Vec<(String, Option<u16>)>);

impl NoProxy {
    fn of(hosts: &str) -> Self {
        let hosts = hosts.split([',', ' ']).map(str::trim).filter(|host| !host.is_empty());
        Self(hosts.map(|host| host_and_port(&host.to_ascii_lowercase())).collect())
    }

    fn covers(&self, url: &Url) -> bool {
        let (Some(host), port) = (url.host_str(), url.port_or_known_default()) else { return false };
        let host = host.trim_matches(['[', ']']);
        self.0.iter().any(|(name, only)| {
            let is_below = || host.strip_suffix(name).is_some_and(|below| below.ends_with('.'));
            (only.is_none() || *only == port) && (name == "*" || host == name || is_below())
        })
    }
}

fn host_and_port(entry: &str) -> (String, Option<u16>) {
    let (host, port) = match entry.rsplit_once(':') {
        // More colons are an address of IPv6, whose port follows a bracket.
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port.parse().ok()),
        _ => (entry, None),
    };
    let host = host.trim_matches(['[', ']']).trim_end_matches('.');
    let host = if host == "*" { host } else { host.trim_start_matches('*').trim_start_matches('.') };
    (host.to_owned(), port)
}

#[cfg(test)]
mod tests {
    use super::{Proxy, Route, SetupError};

    fn through(variables: &[(&str, &str)], url: &str) -> Option<String> {
        let read = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Route::new(&Proxy::Environment, read).unwrap().through(&url.parse().unwrap())
    }

    #[test]
    fn the_environment_names_the_proxy_for_https() {
        let proxy = Some("proxy:3128".to_owned());
        let variables = [("HTTPS_PROXY", "http://me:secret@proxy:3128")];
        assert_eq!(through(&variables, "https://api.example.com"), proxy);
        assert_eq!(through(&variables, "http://api.example.com"), None);
        assert_eq!(through(&[("ALL_PROXY", "proxy:3128")], "https://api.example.com"), proxy);
        assert_eq!(through(&[("HTTPS_PROXY", " ")], "https://api.example.com"), None);
        assert_eq!(through(&[], "https://api.example.com"), None);
    }

    #[test]
    fn hosts_and_ports_of_no_proxy_are_reached_directly() {
        let is_direct = |no_proxy: &str, url: &str| {
            through(&[("HTTPS_PROXY", "proxy:3128"), ("NO_PROXY", no_proxy)], url).is_none()
        };
        for (no_proxy, url) in [
            ("*", "https://api.example.com"),
            ("example.com", "https://example.com"),
            ("example.com", "https://api.example.com"),
            (".example.com", "https://api.example.com"),
            ("*.Example.com.", "https://api.example.com"),
            ("other, api.example.com:8443", "https://api.example.com:8443"),
            ("api.example.com:443", "https://api.example.com"),
            ("127.0.0.1:8443", "https://127.0.0.1:8443"),
            ("::1", "https://[::1]:8443"),
            ("[::1]:8443", "https://[::1]:8443"),
        ] {
            assert!(is_direct(no_proxy, url), "{no_proxy} {url}");
        }
        for (no_proxy, url) in [
            ("", "https://example.com"),
            ("example.com", "https://badexample.com"),
            ("api.example.com:8443", "https://api.example.com"),
            ("127.0.0.1:8443", "https://127.0.0.1:9443"),
            ("[::1]:8443", "https://[::1]"),
            ("example.org", "https://example.com"),
        ] {
            assert!(!is_direct(no_proxy, url), "{no_proxy} {url}");
        }
    }

    #[test]
    fn an_invalid_variable_is_named() {
        let error =
            Route::new(&Proxy::Environment, |name| (name == "ALL_PROXY").then(|| "ftp://x".to_owned()));
        assert!(matches!(error, Err(SetupError::ProxyVariable { variable: "ALL_PROXY" })));
        let message = error.unwrap_err().to_string();
        assert_eq!(message, "the environment variable `ALL_PROXY` is not a URL such as `http://host:port`");
    }
}
