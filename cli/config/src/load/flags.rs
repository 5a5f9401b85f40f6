//! `--set key.path=value`, and other flags that stand for a key, as layers.

use std::path::Path;

use figment::value::Value;
use toml_edit::Key;

use crate::{
    error::ConfigError,
    load::{canonical, keys, layer::Layer},
    origin::Origin,
    tree,
    values::{http_url, kind::Kind},
};

/// The layer of one `--set`. The value of a text key is taken literally, or as a TOML string. Other values are TOML, or
/// text if they are not valid TOML.
pub(crate) fn layer(text: &str, cwd: &Path) -> Result<Layer, ConfigError> {
    // The whole text may be a secret, so it is never shown.
    let malformed =
        || ConfigError::new("expected `--set KEY=VALUE`").written(Origin::Flag { text: String::new() });
    let (key, text) = text.split_once('=').ok_or_else(malformed)?;
    let path: Vec<_> =
        Key::parse(key).map_err(|_| malformed())?.iter().map(|key| key.get().to_owned()).collect();
    let key = tree::dotted(&path);
    let value = canonical::toml(text);
    let value = match keys::find_kind(&path) {
        Some(Kind::Key | Kind::Path | Kind::Secret | Kind::Text) => {
            value.filter(|value| value.as_str().is_some())
        }
        _ => value,
    };
    let values = tree::nest(&path, value.unwrap_or_else(|| Value::from(text)));
    let origin = Origin::Flag { text: key };
    let is_secret = |path: &[String], value: &Value| {
        keys::is_secret(path) || value.as_str().is_some_and(|text| http_url::without_password(text) != text)
    };
    if let Some((path, _)) = tree::leaves(&values).into_iter().find(|(path, value)| is_secret(path, value)) {
        let (key, variable) = (tree::dotted(&path), keys::variable(&path));
        return Err(ConfigError::new(format!(
            "`{key}` cannot be set on the command line, because the process list would show it"
        ))
        .at(&key, origin)
        .with_hint(format!("set the environment variable `{variable}` instead")));
    }
    Ok(Layer { origin, folder: cwd.to_owned(), values })
}

/// The layer of a flag of a command that sets one key to this text.
pub(crate) fn of_command(flag: String, cwd: &Path, key: &[&str], text: &str) -> Layer {
    let path: Vec<_> = key.iter().map(|name| (*name).to_owned()).collect();
    let values = tree::nest(&path, Value::from(text));
    Layer { origin: Origin::Command { flag }, folder: cwd.to_owned(), values }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        let layer = layer(text, Path::new("/")).unwrap();
        let mut leaves = tree::leaves(&layer.values);
        leaves.remove(0).1.clone()
    }

    #[test]
    fn a_value_is_toml_unless_its_key_holds_text() {
        assert_eq!(value("retry.max_attempts=3"), Value::from(3));
        assert_eq!(value("api.allow_http=true"), Value::from(true));
        assert_eq!(value("streams.a.sinks=['x', 'y']"), Value::from(vec!["x", "y"]));
        assert_eq!(value("auth.client_id=007"), Value::from("007"));
        assert_eq!(value("auth.client_id='00 7'"), Value::from("00 7"));
        assert_eq!(value("auth.client_id=a=b"), Value::from("a=b"));
        assert_eq!(value("sinks.out.path=out/x.ndjson"), Value::from("out/x.ndjson"));
        assert_eq!(value("sinks.out.rows=3"), Value::from(3));
        assert_eq!(value("streams.a.body={\"size\": 3}"), Value::from("{\"size\": 3}"));
        assert_eq!(value("streams.a.body={size = 3}"), Value::from(3));
    }

    #[test]
    fn a_secret_is_refused_and_not_shown() {
        for (text, key, variable) in [
            ("auth.client_secret=hunter2", "auth.client_secret", "LONGHAUL_AUTH__CLIENT_SECRET"),
            ("auth={token='hunter2'}", "auth.token", "LONGHAUL_AUTH__TOKEN"),
            ("api.headers.X-Key=hunter2", "api.headers.X-Key", "LONGHAUL_API__HEADERS__X-KEY"),
            ("auth.extra.assertion=hunter2", "auth.extra.assertion", "LONGHAUL_AUTH__EXTRA__ASSERTION"),
            ("sinks.db.password=hunter2", "sinks.db.password", "LONGHAUL_SINKS__DB__PASSWORD"),
            ("sinks.db.url=db://me:hunter2@db", "sinks.db.url", "LONGHAUL_SINKS__DB__URL"),
            ("api.proxy=http://me:hunter2@proxy", "api.proxy", "LONGHAUL_API__PROXY"),
        ] {
            let error = layer(text, Path::new("/")).map(|_| ()).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("`{key}` cannot be set on the command line, because the process list would show it")
            );
            assert_eq!(error.hint(), Some(&*format!("set the environment variable `{variable}` instead")));
            assert!(!format!("{error:?}").contains("hunter2"));
        }
    }

    #[test]
    fn the_place_of_a_secret_can_be_set() {
        assert_eq!(value("auth.client_secret.env=VAULT"), Value::from("VAULT"));
    }

    #[test]
    fn text_that_is_not_an_assignment_is_refused() {
        for text in ["hunter2", "=x", "a..b=x", "a b=x"] {
            let error = layer(text, Path::new("/")).map(|_| ()).unwrap_err();
            assert_eq!(error.to_string(), "expected `--set KEY=VALUE`", "{text}");
            assert_eq!(error.where_written().as_deref(), Some("--set"));
        }
    }
}
