//! The command to repeat, for hints.

use std::{
    borrow::Cow,
    fmt::Write,
    path::{Path, PathBuf},
};

use crate::{
    args::{Part, PlanArguments, RangeArguments, RunArguments},
    config::Range,
};

/// What a hint must repeat of the command line, quoted for a shell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Invocation {
    /// The options that set the configuration, each with a space in front.
    options: String,
    /// How to repeat `run` or `plan`; nothing for other commands.
    run: Option<Repeated>,
}

/// A command that continues where it stopped.
#[derive(Clone, Debug)]
struct Repeated {
    command: &'static str,
    /// The streams, each with a space in front.
    streams: String,
    /// The flags, each with a space in front.
    flags: String,
    /// Whether it can be started again for a single stream.
    has_streams: bool,
}

impl Invocation {
    /// A command in this folder, with these configuration files, this preset, and these settings.
    pub(crate) fn new(
        folder: Option<&Path>,
        files: &[PathBuf],
        system: Option<&str>,
        set: &[String],
    ) -> Self {
        let mut options = String::new();
        if let Some(folder) = folder {
            add(&mut options, "-C", folder.to_string_lossy());
        }
        for file in files {
            add(&mut options, "-c", file.to_string_lossy());
        }
        if let Some(system) = system {
            add(&mut options, "--system", system.into());
        }
        for set in set {
            add(&mut options, "--set", set.into());
        }
        Self { options, run: None }
    }

    /// The same for `run` with these arguments. Limits are not repeated, because they would stop the next run, too.
    pub(crate) fn of_run(self, arguments: &RunArguments) -> Self {
        let RunArguments {
            streams,
            sink,
            out,
            limit,
            summary,
            report,
            metrics,
            strict,
            fail_fast,
            replay,
            plan,
            part,
            partition,
            workers,
            range,
            ..
        } = arguments;
        let streams = streams.iter().fold(String::new(), |list, name| list + " " + name);
        let mut flags = flags_of(range);
        for sink in sink {
            add(&mut flags, "--sink", sink.into());
        }
        if let Some(path) = out {
            add(&mut flags, "--out", path.into());
        }
        if let Some(limit) = limit {
            add(&mut flags, "--limit", limit.to_string().into());
        }
        for (flag, path) in [("--summary", summary), ("--report", report), ("--metrics", metrics)] {
            if let Some(path) = path {
                add(&mut flags, flag, path.to_string_lossy());
            }
        }
        for (flag, is_set) in [(" --strict", *strict), (" --fail-fast", *fail_fast)] {
            flags.push_str(if is_set { flag } else { "" });
        }
        if let Some(recording) = replay {
            add(&mut flags, "--replay", recording.to_string_lossy());
        }
        if let Some(plan) = plan {
            add(&mut flags, "--plan", plan.to_string_lossy());
        }
        if let Some(Part { index, of }) = part {
            add(&mut flags, "--part", format!("{index}/{of}").into());
        }
        for partition in partition {
            add(&mut flags, "--partition", partition.into());
        }
        if let Some(workers) = workers {
            add(&mut flags, "--workers", workers.to_string().into());
        }
        let repeated = Repeated { command: "run", streams, flags, has_streams: plan.is_none() };
        Self { run: Some(repeated), ..self }
    }

    /// The same for `plan` with these arguments.
    pub(crate) fn of_plan(self, arguments: &PlanArguments) -> Self {
        let PlanArguments { streams, out, sink, now, range, .. } = arguments;
        let streams = streams.iter().fold(String::new(), |list, name| list + " " + name);
        let mut flags = flags_of(range);
        for sink in sink {
            add(&mut flags, "--sink", sink.into());
        }
        if let Some(now) = now {
            add(&mut flags, "--now", now.to_string().into());
        }
        if let Some(path) = out {
            add(&mut flags, "--out", path.to_string_lossy());
        }
        let repeated = Repeated { command: "plan", streams, flags, has_streams: false };
        Self { run: Some(repeated), ..self }
    }

    /// The command line of `command`, with the same configuration.
    pub(crate) fn command(&self, command: &str) -> String {
        format!("longhaul{} {command}", self.options)
    }

    /// The command that pulls `stream`, or continues the run that this is.
    pub(crate) fn run(&self, stream: &str) -> String {
        let options = &self.options;
        match &self.run {
            None => format!("longhaul{options} run {stream}"),
            Some(Repeated { command, streams, flags, .. }) => {
                format!("longhaul{options} {command}{streams}{flags}")
            }
        }
    }

    /// `hint`, with the command as it was typed. `longhaul run NAME` in it stands for the whole run, and
    /// `longhaul run NAME --fresh` or `--full-refresh` for that stream alone.
    pub(crate) fn complete(&self, hint: &str) -> String {
        let Some((before, rest)) = hint.split_once("longhaul run ") else { return hint.to_owned() };
        let (stream, after) = rest.split_at(rest.find(' ').unwrap_or(rest.len()));
        let options = &self.options;
        let flags = self.run.as_ref().map_or("", |run| &run.flags);
        let starts_over = [" --fresh", " --full-refresh"].iter().any(|flag| after.starts_with(flag));
        if starts_over && self.run.as_ref().is_none_or(|run| run.has_streams) {
            format!("{before}longhaul{options} run {stream}{flags}{after}")
        } else {
            format!("{before}{}{after}", self.run(stream))
        }
    }
}

/// The flags of a range of time.
fn flags_of(range: &RangeArguments) -> String {
    let mut flags = String::new();
    match range.range() {
        Some(Range::Between { from, to }) => {
            for (flag, time) in [("--from", from), ("--to", to)] {
                if let Some(time) = time {
                    add(&mut flags, flag, time.into());
                }
            }
        }
        Some(Range::Last(span)) => add(&mut flags, "--last", span.into()),
        Some(Range::Month(first)) => add(&mut flags, "--month", first.strftime("%Y-%m").to_string().into()),
        None => {}
    }
    flags
}

fn add(options: &mut String, option: &str, value: Cow<'_, str>) {
    // Writing to a string does not fail.
    let _ = write!(options, " {option} {}", quoted(value));
}

/// Quotes a word for a shell.
fn quoted(word: Cow<'_, str>) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word;
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;

    #[test]
    fn a_hint_repeats_the_options_of_the_command() {
        let files = ["a.toml".into(), "my files/it's.toml".into()];
        let set = ["api.timeout=5m".to_owned(), "region=\"x\"".to_owned()];
        let invocation = Invocation::new(Some(Path::new("jobs")), &files, Some("genesys"), &set);
        assert_eq!(
            invocation.complete("resume with: longhaul run users"),
            r#"resume with: longhaul -C jobs -c a.toml -c 'my files/it'\''s.toml' --system genesys --set api.timeout=5m --set 'region="x"' run users"#
        );
        assert_eq!(invocation.complete("`longhaul config` shows it"), "`longhaul config` shows it");
    }

    #[test]
    fn a_hint_repeats_the_streams_and_flags_of_run() {
        let arguments = RunArguments {
            streams: vec!["users".to_owned(), "calls".to_owned()],
            sink: vec!["csv".to_owned()],
            summary: Some("s.json".into()),
            report: Some("r.html".into()),
            strict: true,
            fail_fast: true,
            fresh: true,
            max_requests: NonZeroU64::new(3),
            out: Some("a b.csv".to_owned()),
            range: RangeArguments { from: Some("last month".to_owned()), ..RangeArguments::default() },
            ..RunArguments::default()
        };
        let run = Invocation::default().of_run(&arguments);
        let flags = "--from 'last month' --sink csv --out 'a b.csv' --summary s.json --report r.html --strict \
                     --fail-fast";
        let whole = format!("resume with: longhaul run users calls {flags}");
        assert_eq!(run.complete("resume with: longhaul run calls"), whole);
        let fresh = format!("start again: longhaul run calls {flags} --fresh");
        assert_eq!(run.complete("start again: longhaul run calls --fresh"), fresh);
        let of_range = |range| {
            let run = Invocation::default().of_run(&RunArguments { range, ..RunArguments::default() });
            run.complete("resume with: longhaul run calls")
        };
        let last = RangeArguments { last: Range::last("7d").ok(), ..RangeArguments::default() };
        assert_eq!(of_range(last), "resume with: longhaul run --last 7d");
        let month = RangeArguments { month: Range::month("2026-10").ok(), ..RangeArguments::default() };
        assert_eq!(of_range(month), "resume with: longhaul run --month 2026-10");
        let all = Invocation::default().of_run(&RunArguments::default());
        assert_eq!(all.complete("resume with: longhaul run calls"), "resume with: longhaul run");
    }
}
