//! `region` and `[regions]`: the domain of the API.

use figment::value::{Dict, Value};
use longhaul_core::suggest;

use crate::{
    error::ConfigError,
    load::{keys, stack::Stack},
    tree,
};

const PLACEHOLDER: &str = "{domain}";

/// The URLs that may contain the placeholder.
const ADDRESSES: [[&str; 2]; 2] = [["api", "base_url"], ["auth", "token_url"]];

/// Replaces the placeholder in the URLs by the domain of the region.
pub(crate) fn settle(stack: &mut Stack) -> Result<(), ConfigError> {
    let values = stack.values();
    let regions = Regions::of(&values);
    let located = |error: ConfigError| error.at("region", stack.origin(&["region".to_owned()]));
    let domain = values.get("region").map(|region| regions.domain(region).map_err(located)).transpose()?;
    for path in ADDRESSES {
        let Some(address) = tree::at(&values, &path).and_then(Value::as_str) else { continue };
        if address.contains(PLACEHOLDER) {
            let Some(domain) = domain else { return Err(regions.unchosen(&path, stack)) };
            stack.replace(&path.map(str::to_owned), Value::from(address.replace(PLACEHOLDER, domain)));
        }
    }
    Ok(())
}

/// The names of regions with their domains.
struct Regions<'v>(Vec<(&'v str, &'v str)>);

impl<'v> Regions<'v> {
    fn of(values: &'v Dict) -> Self {
        let table = values.get("regions").and_then(Value::as_dict).into_iter().flatten();
        Self(table.filter_map(|(name, domain)| Some((name.as_str(), domain.as_str()?))).collect())
    }

    /// The domain of `region`, which is a name or a domain in any case.
    fn domain(&self, region: &Value) -> Result<&'v str, ConfigError> {
        let text = region.as_str().ok_or_else(|| ConfigError::new("`region`: expected text"))?;
        if self.0.is_empty() {
            return Err(ConfigError::new("`region`: no regions are configured").with_hint(NO_REGIONS));
        }
        let is_meant = |(name, domain): &&(&str, &str)| {
            name.eq_ignore_ascii_case(text) || domain.eq_ignore_ascii_case(text)
        };
        if let Some((_, domain)) = self.0.iter().find(is_meant) {
            return Ok(domain);
        }
        let known: Vec<_> = self.0.iter().flat_map(|(name, domain)| [name, domain]).collect();
        let suggestion = suggest::closest(text, known.iter().copied());
        let error = ConfigError::new(format!("`region`: unknown region `{text}`{suggestion}"));
        Err(error.with_hint(format!("the regions are {}", self.list())))
    }

    /// The error for the URL at `path`, which needs a region.
    fn unchosen(&self, path: &[&str], stack: &Stack) -> ConfigError {
        let path: Vec<_> = path.iter().map(|name| (*name).to_owned()).collect();
        let address = tree::dotted(&path);
        let near = stack.by_user(stack.origin(&path));
        if self.0.is_empty() {
            let message = format!("`{address}`: no regions are configured, so `{PLACEHOLDER}` has no value");
            return ConfigError::new(message).at(&address, near).with_hint(NO_REGIONS);
        }
        let variables = stack.variables(&["region".to_owned()]);
        let hint = format!("{}; the regions are {}", keys::set_one_of(&variables), self.list());
        let message = format!("`region` is missing; `{address}` needs it for `{PLACEHOLDER}`");
        ConfigError::new(message).at("region", near).with_hint(hint)
    }

    fn list(&self) -> String {
        let shown = self.0.iter().map(|(name, domain)| format!("`{name}` ({domain})"));
        shown.collect::<Vec<_>>().join(", ")
    }
}

const NO_REGIONS: &str = "set `system` to a preset that has regions, or add a table `[regions]`";
