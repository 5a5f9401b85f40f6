//! Checks of `incremental` tables.

use longhaul_core::bookmark::BookmarkKind;

use super::Check;
use crate::{
    error::ConfigError,
    sections::{
        incremental::{Incremental, Order},
        stream::Stream,
    },
    values::first_value::FirstValue,
};

impl Check<'_> {
    /// Checks how the stream `name` starts where the last run ended.
    pub(super) fn incremental(&self, name: &str, stream: &Stream) -> Result<(), ConfigError> {
        let Some(incremental) = &stream.incremental else { return Ok(()) };
        let refuse = |below: &[&str], clause: &str, hint: &str| {
            let path = [&["streams", name, "incremental"], below].concat();
            self.error(&path, |key| format!("`{key}`: {clause}")).with_hint(hint)
        };
        let Incremental { at, next, param, from, lookback, order } = incremental;
        let mut errors = Vec::new();
        match (at, next) {
            (Some(_), Some(_)) => {
                errors.push(refuse(
                    &["next"],
                    "a run starts either at a value or at a link",
                    "remove `at` or `next`",
                ));
            }
            (None, None) => errors.push(refuse(
                &[],
                "it says nothing about where a run starts",
                "set `at` to a value in the records, or `next` to a link or cursor on the last page",
            )),
            (Some(_), None) if param.is_none() => {
                let path = ["streams", name, "incremental", "param"].map(str::to_owned);
                errors.push(self.stack.missing(&path, self.stack.origin(&path[..3])));
            }
            _ => {}
        }
        if at.is_none() && next.is_some() {
            let keys_of_value = [
                ("from", from.is_some()),
                ("lookback", !lookback.is_zero()),
                ("order", *order != Order::Greatest),
            ];
            let set = keys_of_value.into_iter().filter(|(_, is_set)| *is_set);
            errors.extend(set.map(|(key, _)| refuse(&[key], "it has no meaning with `next`", "remove it")));
        }
        if let Some(FirstValue::Exact(first)) = from
            && !lookback.is_zero()
            && first.kind() == BookmarkKind::Number
        {
            let clause = format!("it is a span of time, but `from` is the number `{first}`");
            errors.push(refuse(&["lookback"], &clause, "remove it"));
        }
        if stream.window.as_ref().is_some_and(|window| window.incremental) {
            let path = ["streams", name, "window", "incremental"];
            let message = |key: &str| format!("`{key}` cannot be combined with `streams.{name}.incremental`");
            let hint = "a run starts either at a time or at a value: remove one of them";
            errors.push(self.error(&path, message).with_hint(hint));
        }
        if stream.job.is_some() {
            let hint = "use a window with `incremental = true`";
            errors.push(refuse(&[], "a stream with a job cannot start at a value or link", hint));
        }
        let several = match (&stream.each, &stream.window) {
            (Some(_), _) => Some("parents"),
            (None, Some(_)) => Some("windows"),
            (None, None) => None,
        };
        if let Some(several) = several
            && next.is_some()
        {
            let clause = format!("a stream with {several} has several last pages, not one");
            errors.push(refuse(&["next"], &clause, "use `at`"));
        }
        if let Some(several) = several
            && *order == Order::AsSent
        {
            let clause = format!("a stream with {several} has several listings, which have no common order");
            errors.push(refuse(&["order"], &clause, "remove it, so that the greatest value counts"));
        }
        ConfigError::all(errors.into_iter().map(Err))
    }
}
