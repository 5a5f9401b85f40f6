//! Finds and builds values in the trees that figment merges.

use figment::value::{Dict, Value};

/// The value at `path`, if there is one.
pub(super) fn at<'v>(root: &'v Dict, path: &[impl AsRef<str>]) -> Option<&'v Value> {
    let (last, above) = path.split_last()?;
    above.iter().try_fold(root, |table, name| table.get(name.as_ref())?.as_dict())?.get(last.as_ref())
}

/// The value at `path`, mutable.
pub(super) fn at_mut<'v>(root: &'v mut Dict, path: &[&str]) -> Option<&'v mut Value> {
    let (first, below) = path.split_first()?;
    let value = root.get_mut(*first)?;
    match (below, value) {
        ([], value) => Some(value),
        (below, Value::Dict(_, table)) => at_mut(table, below),
        _ => None,
    }
}

/// Removes the value at `path`. `false` if there is none.
pub(super) fn remove(root: &mut Dict, path: &[impl AsRef<str>]) -> bool {
    let Some((last, above)) = path.split_last() else { return false };
    let above: Vec<_> = above.iter().map(AsRef::as_ref).collect();
    let table = match &above[..] {
        [] => Some(root),
        above => match at_mut(root, above) {
            Some(Value::Dict(_, table)) => Some(table),
            _ => None,
        },
    };
    table.and_then(|table| table.remove(last.as_ref())).is_some()
}

/// Puts `value` in the place of the one at `path`, if there is one.
pub(super) fn replace(root: &mut Dict, path: &[String], value: Value) {
    let names: Vec<_> = path.iter().map(String::as_str).collect();
    if let Some(old) = at_mut(root, &names) {
        *old = value;
    }
}

/// A tree with `value` at `path` and nothing else.
pub(super) fn nest(path: &[impl AsRef<str>], value: Value) -> Dict {
    let names = path.iter().rev().map(|name| name.as_ref().to_owned());
    names.fold(value, |inner, name| Value::from(Dict::from([(name, inner)]))).into_dict().unwrap_or_default()
}

/// Every value that is not a table, with its path, sorted by path.
pub(super) fn leaves(root: &Dict) -> Vec<(Vec<String>, &Value)> {
    let below = root.iter().flat_map(|(name, value)| {
        match value {
            Value::Dict(_, table) => leaves(table),
            leaf => vec![(Vec::new(), leaf)],
        }
        .into_iter()
        .map(|(mut path, leaf)| {
            path.insert(0, name.clone());
            (path, leaf)
        })
    });
    below.collect()
}

/// `path` as a dotted key: `api.headers."X.Tenant"`.
pub(super) fn dotted(path: &[impl AsRef<str>]) -> String {
    let quoted = path.iter().map(|name| toml_edit::Key::new(name.as_ref()).display_repr().into_owned());
    quoted.collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nested_value_is_found_and_is_the_only_leaf() {
        let tree = nest(&["a", "b", "c"], Value::from(1));
        assert_eq!(at(&tree, &["a", "b", "c"]), Some(&Value::from(1)));
        assert_eq!(at(&tree, &["a", "x", "c"]), None);
        let path = ["a", "b", "c"].map(str::to_owned).to_vec();
        assert_eq!(leaves(&tree), [(path, &Value::from(1))]);
    }

    #[test]
    fn a_name_with_a_dot_is_quoted() {
        assert_eq!(dotted(&["api", "headers", "X.Tenant"]), "api.headers.\"X.Tenant\"");
    }
}
