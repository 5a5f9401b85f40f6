//! Finds every error in the options of a sink, so that nobody has to correct them one by one.

use std::collections::BTreeSet;

use longhaul_core::sink::{OpenSink, Options, SinkError, SinkErrorKind};

/// Why a sink cannot be configured.
#[derive(Debug)]
pub(super) enum Refusal {
    /// These options are wrong.
    Options(Vec<SinkError>),
    /// Something else failed.
    Other(SinkError),
}

/// Configures a sink whose type has the options `known`, or returns every error in `options`.
///
/// A sink reports one error at a time. So the option is left out, until the sink accepts the rest.
pub(super) fn configure(
    known: &[String],
    options: &Options,
    sink: impl Fn(&Options) -> Result<Box<dyn OpenSink>, SinkError>,
) -> Result<Box<dyn OpenSink>, Refusal> {
    let mut error = match sink(options) {
        Ok(sink) => return Ok(sink),
        Err(error) if error.kind() != SinkErrorKind::Config => return Err(Refusal::Other(error)),
        Err(error) => error,
    };
    let (mut errors, mut rest) = (Vec::new(), options.clone());
    let (mut left_out, mut stand_ins) = (BTreeSet::new(), BTreeSet::new());
    loop {
        let key = error.key().map(str::to_owned);
        if !follows(&error, &left_out, options, known) {
            errors.push(error);
        }
        let Some(key) = key else { break };
        if rest.remove(&key).is_none() {
            // It is missing. Another error can only be found if there is a value.
            if !stand_ins.insert(key.clone()) {
                break;
            }
            rest.insert(key.clone(), "x".into());
        }
        left_out.insert(key);
        match sink(&rest) {
            Err(next) if next.kind() == SinkErrorKind::Config => error = next,
            _ => break,
        }
    }
    Err(Refusal::Options(errors))
}

/// Whether `error` follows from options that were left out: it is about one of them, or about a missing option that may
/// be there under an unknown name.
fn follows(error: &SinkError, left_out: &BTreeSet<String>, options: &Options, known: &[String]) -> bool {
    let Some(key) = error.key().filter(|key| known.iter().any(|known| known == key)) else { return false };
    let message = error.to_string();
    let is_missing = !options.contains_key(key);
    let has_unknown = left_out.iter().any(|key| !known.contains(key));
    left_out.iter().any(|key| message.contains(&format!("`{key}`"))) || (is_missing && has_unknown)
}

#[cfg(test)]
mod tests {
    use longhaul_core::sink::Registry;
    use longhaul_sinks::Stdout;
    use serde_json::{Value, json};

    use super::*;

    /// The errors of a sink of the type `kind`, sorted.
    fn errors(kind: &str, options: &Value) -> Vec<String> {
        let mut registry = Registry::default();
        let disk = std::sync::Arc::new(longhaul_core::disk::SystemDisk);
        longhaul_sinks::register(&mut registry, Stdout::of_process(), disk);
        let sink_type = registry.get(kind).unwrap();
        let options = options.as_object().unwrap();
        match configure(&sink_type.options(), options, |options| sink_type.configure(options)) {
            Ok(_) => Vec::new(),
            Err(Refusal::Other(error)) => panic!("{error}"),
            Err(Refusal::Options(errors)) => {
                let mut errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
                errors.sort();
                errors
            }
        }
    }

    #[test]
    fn every_error_is_found() {
        assert_eq!(errors("ndjson", &json!({"path": "a"})), [""; 0]);
        assert_eq!(
            errors("ndjson", &json!({"path": 7, "mode": "apend", "zip": true, "compression": "gz"})),
            [
                "`compression` must be `none` or `gzip` or `zstd`, not `gz` (did you mean `gzip`?)",
                "`mode` must be `replace` or `append`, not `apend` (did you mean `append`?)",
                "`path` must be text, not a number",
                "unknown key `zip`",
            ]
        );
        assert_eq!(
            errors("csv", &json!({"delimiter": ";;", "bom": 1, "line_end": "cr"})),
            [
                "`bom` must be `true` or `false`, not a number",
                "`delimiter` must be one ASCII character other than a quote or a line end",
                "`line_end` must be `crlf` or `lf`, not `cr` (did you mean `crlf`?)",
                "the key `path` is missing",
            ]
        );
    }

    #[test]
    fn what_follows_from_an_error_is_not_another() {
        assert_eq!(errors("ndjson", &json!({"pth": "a"})), ["unknown key `pth` (did you mean `path`?)"]);
        let options = json!({"path": "a", "rows": 1, "rows_optional": true, "columns": ["/a"]});
        assert_eq!(errors("csv", &options), ["`rows` must be text, not a number"]);
        let options = json!({"path": "a", "columns": 1, "mode": "append"});
        assert_eq!(errors("csv", &options).len(), 1);
    }
}
