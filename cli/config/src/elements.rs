//! The errors in the elements of a list, each of which is read on its own.

use figment::value::{Dict, Value};

use crate::{
    error::ConfigError,
    load::{extract, stack::Stack},
    tree,
};

/// The errors in the elements of the list at `list`, and the elements without any. In `values`, nothing that is read before
/// the list has an error.
pub(super) fn errors(
    values: &Dict,
    stack: &Stack,
    list: &[String],
) -> Option<(Vec<ConfigError>, Vec<Value>)> {
    let elements = tree::at(values, list)?.as_array()?;
    let (mut errors, mut sound) = (Vec::new(), Vec::new());
    for (index, element) in elements.iter().enumerate() {
        let of_element = errors_of(values, stack, list, (index, element.clone()));
        if of_element.is_empty() {
            sound.push(element.clone());
        }
        errors.extend(of_element);
    }
    Some((errors, sound))
}

/// The errors in one element. Values that cannot be read are left out one by one, until the rest can be read.
fn errors_of(
    values: &Dict,
    stack: &Stack,
    list: &[String],
    (index, mut element): (usize, Value),
) -> Vec<ConfigError> {
    let mut values = values.clone();
    let (mut errors, mut left_out) = (Vec::new(), Vec::<Vec<String>>::new());
    loop {
        tree::replace(&mut values, list, Value::from(vec![element.clone()]));
        let Err(mut error) = extract::read(values.clone()) else { return errors };
        match error.path.get_mut(list.len()) {
            // It is the only element.
            Some(name) if name == "0" => *name = index.to_string(),
            _ => return errors,
        }
        if !error.path.starts_with(list) {
            return errors;
        }
        let error = extract::explain(*error, stack);
        let path = error.path().split_off(list.len() + 1);
        // What is wrong with a table may follow from what was left out of it.
        let is_consequence = left_out.iter().any(|left| stand_in(left).is_none() && above(left) == path);
        if !is_consequence {
            errors.push(error);
        }
        if left_out.contains(&path) || !leave_out(&mut element, &path) {
            return errors;
        }
        left_out.push(path);
    }
}

/// Removes the value at `path`, or puts one in its place that is right. `false` if neither is possible.
fn leave_out(element: &mut Value, path: &[String]) -> bool {
    let Some((name, below)) = path.split_first() else { return false };
    let Value::Dict(_, table) = element else { return false };
    match (table.get_mut(name), stand_in(path)) {
        (_, Some(value)) => {
            table.insert(name.clone(), value);
            true
        }
        (Some(inner @ Value::Dict(..)), None) if !below.is_empty() => leave_out(inner, below),
        _ => table.remove(name).is_some(),
    }
}

/// What takes the place of a value that a table must have.
fn stand_in(path: &[String]) -> Option<Value> {
    match path {
        [name] if name == "then" => Some(Value::from("retry")),
        [name] if name == "when" => Some(Value::from(tree::nest(&["status"], Value::from(500)))),
        _ => None,
    }
}

/// The table around the value at `path`.
fn above(path: &[String]) -> &[String] {
    &path[..path.len().saturating_sub(1)]
}
