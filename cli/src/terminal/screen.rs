//! Output on stderr: log lines, and a progress line on a terminal.

use std::{
    borrow::Cow,
    io::{self, IsTerminal, Write},
};

use console::{Term, measure_text_width};
use env_logger::{Builder, Target, WriteStyle, fmt::Formatter};
use indicatif::{MultiProgress, ProgressDrawTarget};
use log::{Level, LevelFilter, Record};
use longhaul_core::Secrets;

use crate::{
    args::{Color, Global, LogFormat},
    terminal::narrowing::Narrowing,
};

/// The target of the log lines about requests, which `-v` does not show.
pub(crate) const REQUESTS: &str = "longhaul::requests";

/// How often progress is drawn at most.
const DRAWN_PER_SECOND: u8 = 20;

/// Writes to stderr, so that log lines do not break the progress line. Secrets are replaced by `***`. On a terminal, lines
/// are broken between words.
#[derive(Clone, Debug)]
pub(crate) struct Screen {
    bars: MultiProgress,
    results: Results,
    secrets: Secrets,
    is_json: bool,
}

/// How results of a command are printed on stderr.
#[derive(Clone, Copy, Debug)]
enum Results {
    /// As log lines, because every line must be JSON.
    Logged,
    Printed,
    Hidden,
}

impl Screen {
    /// Sets up logging. `filter` is `LONGHAUL_LOG`, which overrides `-v` and `-q`.
    pub(crate) fn set_up(options: &Global, filter: Option<&str>) -> Self {
        // A terminal without cursor movements gets log lines.
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let is_text = !options.quiet && options.log_format == LogFormat::Text;
        let with_bar = is_text && !is_dumb && io::stderr().is_terminal();
        let target = if with_bar {
            let terminal = Narrowing::new(Term::buffered_stderr());
            ProgressDrawTarget::term_like_with_hz(Box::new(terminal), DRAWN_PER_SECOND)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bars = MultiProgress::with_draw_target(target);
        let results = match (options.quiet, options.log_format) {
            (true, _) => Results::Hidden,
            (false, LogFormat::Json) => Results::Logged,
            (false, LogFormat::Text) => Results::Printed,
        };
        let is_json = options.log_format == LogFormat::Json;
        let screen = Self { bars, results, secrets: Secrets::default(), is_json };
        let mut logger = Builder::new();
        match filter {
            Some(filter) => logger.parse_filters(filter),
            // Other crates log connections and buffers, which are only useful on request.
            None => {
                logger.filter_module("longhaul", level(options)).filter_module(REQUESTS, of_requests(options))
            }
        };
        logger.target(Target::Pipe(Box::new(screen.clone()))).write_style(if in_colour(options.color) {
            WriteStyle::Always
        } else {
            WriteStyle::Never
        });
        match options.log_format {
            LogFormat::Text => logger.format(text),
            LogFormat::Json => logger.format(json),
        };
        // A program that embeds this one may have set up its own logger, which is then used.
        let _ = logger.try_init();
        screen
    }

    /// The secrets that are never shown. They can be added while the command runs.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// `text` without secrets. Those of a few characters stay, because they would be found in other words.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.secrets.redact_from(text, Secrets::SHORTEST)
    }

    /// The progress lines.
    pub(crate) fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Whether progress and results are shown on a terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        !self.bars.is_hidden()
    }

    /// Whether log lines are JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.is_json
    }

    /// Prints a result of the command, unless `-q` is set.
    pub(crate) fn print(&self, line: &str) {
        match self.results {
            Results::Logged => log::info!("{line}"),
            // If stderr is closed, there is nobody to tell.
            Results::Printed => drop(self.clone().write_all(format!("{line}\n").as_bytes())),
            Results::Hidden => {}
        }
    }
}

/// The width of the terminal.
pub(crate) fn width() -> usize {
    width_of(&Term::stderr()).unwrap_or(80)
}

fn width_of(terminal: &Term) -> Option<usize> {
    terminal.size_checked().map(|(_, columns)| columns.into())
}

/// A text for people, as stdout shows it: on a terminal, its lines are broken between words.
pub(crate) fn on_stdout(text: &str) -> Cow<'_, str> {
    width_of(&Term::stdout()).map_or(text.into(), |width| broken_between_words(text, width).into())
}

/// The text, in lines of at most this width where words allow it.
pub(crate) fn broken_between_words(text: &str, width: usize) -> String {
    text.split('\n').map(|line| wrapped(line, width)).collect::<Vec<_>>().join("\n")
}

/// `text` in lines of at most this width, broken at blanks. Those after the first are indented. Long words stay whole, and
/// so does what is between backticks, so that a path or request can be copied, and a number with its unit.
fn wrapped(text: &str, width: usize) -> String {
    let words = text.trim_start_matches(' ');
    let mut lines = text[..text.len() - words.len()].to_owned();
    let indent = lines.clone() + "  ";
    let mut used = lines.len();
    for (index, word) in words_of(words).into_iter().enumerate() {
        let length = measure_text_width(word);
        if index > 0 && used + 1 + length > width {
            lines.push('\n');
            lines.push_str(&indent);
            used = indent.len();
        } else if index > 0 {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used += length;
    }
    lines
}

/// What stays on one line.
fn words_of(text: &str) -> Vec<&str> {
    let (mut words, mut from, mut is_quoted) = (Vec::new(), 0, false);
    for (at, char) in text.char_indices() {
        is_quoted ^= char == '`';
        if char == ' ' && !is_quoted && !is_number_with_unit(&text[from..at], &text[at + 1..]) {
            words.push(&text[from..at]);
            from = at + 1;
        }
    }
    words.push(&text[from..]);
    words
}

/// Whether a number ends `before`, and the text after it starts with its unit.
fn is_number_with_unit(before: &str, after: &str) -> bool {
    let next = after.split(' ').next().unwrap_or_default().trim_end_matches([',', ')', ';', '.']);
    let is_unit = ["B", "kB", "MB", "GB", "TB", "ms", "s", "min", "h", "%", "×"].contains(&next);
    before.ends_with('×') || (is_unit && before.ends_with(|char: char| char.is_ascii_digit()))
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let shown = self.redact(&String::from_utf8_lossy(bytes));
        let width = width_of(&Term::stderr()).filter(|_| !self.is_json);
        let shown = width.map_or_else(|| shown.clone(), |width| broken_between_words(&shown, width));
        self.bars.suspend(|| io::stderr().write_all(shown.as_bytes()))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

fn level(options: &Global) -> LevelFilter {
    match (options.quiet, options.verbose) {
        (true, _) => LevelFilter::Error,
        (false, 0) => LevelFilter::Info,
        (false, _) => LevelFilter::Debug,
    }
}

fn of_requests(options: &Global) -> LevelFilter {
    if options.verbose > 1 { level(options) } else { LevelFilter::Off }
}

fn in_colour(when: Color) -> bool {
    match when {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        }
    }
}

/// Whether a record may contain credentials. At these levels, HTTP libraries log URLs, headers and every byte that they
/// send and receive.
fn may_contain_credentials(record: &Record<'_>) -> bool {
    record.level() >= Level::Debug && !record.target().starts_with("longhaul")
}

fn text(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    if may_contain_credentials(record) {
        return Ok(());
    }
    let style = out.default_level_style(record.level());
    let level = record.level().as_str().to_lowercase();
    writeln!(out, "{} {style}{level:5}{style:#} {}", out.timestamp_seconds(), record.args())
}

fn json(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    if may_contain_credentials(record) {
        return Ok(());
    }
    let line = serde_json::json!({
        "time": out.timestamp_millis().to_string(),
        "level": record.level().as_str().to_lowercase(),
        "message": record.args().to_string(),
    });
    writeln!(out, "{line}")
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn results_are_wrapped_at_blanks() {
        let text =
            "calls: complete, 10,000 records in 100 pages, 12 s -> out/conversations-of-october.ndjson";
        assert_eq!(wrapped(text, 100), text);
        assert_eq!(
            wrapped(text, 40),
            "calls: complete, 10,000 records in 100\n  pages, 12 s ->\n  out/conversations-of-october.ndjson"
        );
        let survived = "recovered from 32 faults (21 × 429, 7 × 503, 4 × lost connection), waited 1 min 46 s";
        assert_eq!(
            wrapped(survived, 38),
            "recovered from 32 faults (21 × 429,\n  7 × 503, 4 × lost connection),\n  waited 1 min 46 s"
        );
        assert_eq!(wrapped("out/users.csv (78.13 kB), 12 s", 20), "out/users.csv\n  (78.13 kB), 12 s");
        assert_eq!(wrapped("a-path/that/is-longer x", 10), "a-path/that/is-longer\n  x");
        assert_eq!(wrapped("  users: all of them", 12), "  users: all\n    of them");
        assert_eq!(wrapped("From [now-7d/d]: ", 80), "From [now-7d/d]: ");
        assert_eq!(
            wrapped("could not send `GET /calls`: no token", 20),
            "could not send\n  `GET /calls`: no\n  token"
        );
    }
}
