//! The range of time of a command.

use clap::Args;

use crate::config::{Moment, Range};

/// The range of time of a command.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Range of time, instead of the configured one")]
pub(crate) struct RangeArguments {
    /// Start: a date, a date and time, or a relative time such as now-7d/d, yesterday or "last month"
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    pub(crate) from: Option<String>,
    /// End, exclusive: a time as for --from
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    pub(crate) to: Option<String>,
    /// From this long ago to now: 7d, 12h, 1M (a month)
    #[arg(
        long,
        value_name = "SPAN",
        value_parser = Range::last,
        allow_hyphen_values = true,
        conflicts_with_all = ["from", "to"]
    )]
    pub(crate) last: Option<Range>,
    /// A calendar month, such as 2026-10; the current one ends now
    #[arg(long, value_name = "MONTH", value_parser = Range::month, conflicts_with_all = ["from", "to", "last"])]
    pub(crate) month: Option<Range>,
}

impl RangeArguments {
    /// The range, if one is given.
    pub(crate) fn range(&self) -> Option<Range> {
        let Self { from, to, last, month } = self;
        let between =
            (from.is_some() || to.is_some()).then(|| Range::Between { from: from.clone(), to: to.clone() });
        last.clone().or_else(|| month.clone()).or(between)
    }
}

fn time(text: &str) -> Result<String, String> {
    text.parse::<Moment>().map(|moment| moment.to_string()).map_err(|error| error.to_string())
}
