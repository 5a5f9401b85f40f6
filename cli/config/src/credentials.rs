//! Stands in for credentials that are missing, for commands that send nothing.

use figment::value::Value;

use crate::{
    load::{extract, stack::Stack},
    sections::root::Config,
    tree,
};

/// The keys of `auth` that people keep elsewhere, for example in a variable.
const CREDENTIALS: [&str; 8] =
    ["client_id", "client_secret", "key", "password", "private_key", "refresh_token", "token", "username"];

/// The configuration with stand-ins for credentials that are missing, and a clause about each. `None` if anything else is
/// wrong.
pub(super) fn with_stand_ins(stack: &Stack) -> Option<(Config, Vec<String>)> {
    let (mut values, mut missing) = (stack.values(), Vec::new());
    loop {
        let error = match extract::read(values.clone()) {
            Ok(config) => return Some((config, missing)),
            Err(error) => extract::explain(*error, stack),
        };
        let path = error.path();
        let is_missing = tree::at(&values, &path).is_none();
        let key = match &path[..] {
            [table, key] if table == "auth" && is_missing && CREDENTIALS.contains(&key.as_str()) => key,
            _ => return None,
        };
        let Some(Value::Dict(_, auth)) = values.get_mut("auth") else { return None };
        auth.insert(key.clone(), Value::from("stand-in"));
        missing.push(error.to_string());
    }
}
