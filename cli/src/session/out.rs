//! The sink of `--out`.

use crate::{args::RunArguments, config::ConfigError};

/// The endings of files, each with the sink that writes them. `.gz` and `.zst` can follow those that are compressed.
const ENDINGS: [(&str, &str); 8] = [
    ("csv", "csv"),
    ("ndjson", "ndjson"),
    ("jsonl", "ndjson"),
    ("xlsx", "xlsx"),
    ("parquet", "parquet"),
    ("db", "sqlite"),
    ("sqlite", "sqlite"),
    ("sqlite3", "sqlite"),
];

/// The same arguments with the sink of `--out`: that of `--sink`, or else the one for the ending of the file.
pub(crate) fn with_sink(arguments: &RunArguments) -> Result<RunArguments, ConfigError> {
    let mut arguments = arguments.clone();
    let Some(out) = &arguments.out else { return Ok(arguments) };
    if out == "-" {
        let hint = "to write to standard output, use --sink stdout";
        return Err(ConfigError::new("`--out -` is not a file").with_hint(hint));
    }
    match arguments.sink.len() {
        0 => {
            let sink = sink_for(out).ok_or_else(|| {
                let clause = format!("cannot tell the format of `--out {out}` from its ending");
                ConfigError::new(clause).with_hint("name it, for example with --sink csv")
            })?;
            arguments.sink = vec![sink.to_owned()];
        }
        1 => {}
        sinks => {
            let clause = format!("`--out` is the file of one sink, but `--sink` names {sinks}");
            return Err(ConfigError::new(clause).with_hint("run it once for each sink"));
        }
    }
    Ok(arguments)
}

fn sink_for(file: &str) -> Option<&'static str> {
    let file = file.strip_suffix(".gz").or_else(|| file.strip_suffix(".zst")).unwrap_or(file);
    let (_, ending) = file.rsplit_once('.')?;
    ENDINGS.iter().find(|(known, _)| ending.eq_ignore_ascii_case(known)).map(|(_, sink)| *sink)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sinks(out: &str, sink: &[&str]) -> Result<Vec<String>, String> {
        let sink = sink.iter().map(|&name| name.to_owned()).collect();
        let arguments = RunArguments { out: Some(out.to_owned()), sink, ..RunArguments::default() };
        let refusal = |error: ConfigError| format!("{error}; {}", error.hint().unwrap_or_default());
        with_sink(&arguments).map(|arguments| arguments.sink).map_err(refusal)
    }

    #[test]
    fn the_sink_is_the_named_one_or_that_of_the_ending() {
        assert_eq!(sinks("a/b.csv", &[]).unwrap(), ["csv"]);
        assert_eq!(sinks("b.JSONL.gz", &[]).unwrap(), ["ndjson"]);
        assert_eq!(sinks("b.ndjson.zst", &[]).unwrap(), ["ndjson"]);
        assert_eq!(sinks("calls.xlsx", &[]).unwrap(), ["xlsx"]);
        assert_eq!(sinks("calls.db", &[]).unwrap(), ["sqlite"]);
        assert_eq!(sinks("calls.txt", &["csv"]).unwrap(), ["csv"]);
        let none = RunArguments::default();
        assert_eq!(with_sink(&none).unwrap().sink, [""; 0]);
    }

    #[test]
    fn files_of_no_or_several_sinks_are_refused() {
        assert_eq!(
            sinks("calls.txt", &[]).unwrap_err(),
            "cannot tell the format of `--out calls.txt` from its ending; name it, for example with --sink csv"
        );
        assert_eq!(
            sinks("calls.csv", &["csv", "ndjson"]).unwrap_err(),
            "`--out` is the file of one sink, but `--sink` names 2; run it once for each sink"
        );
        assert_eq!(
            sinks("-", &[]).unwrap_err(),
            "`--out -` is not a file; to write to standard output, use --sink stdout"
        );
    }
}
