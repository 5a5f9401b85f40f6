//! Steps from the current time: `-24h`, `/d`, `-1M/M`, and words for some of them: `yesterday`.

use jiff::{RoundMode, Span, ToSpan, Unit, Zoned, ZonedRound};

/// A step from one time to another.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Adds or subtracts. Days, months and years are those of the calendar.
    Shift(Span),
    /// Goes back to the start of the unit.
    StartOf(Unit),
}

/// Why a text is not a list of steps.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum NoSteps {
    /// It has a different form.
    Form,
    /// There is no such unit of time.
    UnknownUnit(String),
    /// A time cannot be rounded down to the start of this unit.
    CannotRound(String),
}

/// The units of spans, for messages.
pub(crate) const UNITS: &str = "`s`, `m` (minutes), `h`, `d`, `w`, `M` (months) and `y`";

/// The units that have a start, for messages.
pub(crate) const STARTS: &str = "`h`, `d`, `w`, `M` (month) and `y`";

/// The steps that a word stands for.
const WORDS: [(&str, &str); 9] = [
    ("today", "/d"),
    ("yesterday", "-1d/d"),
    ("tomorrow", "+1d/d"),
    ("this week", "/w"),
    ("last week", "-1w/w"),
    ("this month", "/M"),
    ("last month", "-1M/M"),
    ("this year", "/y"),
    ("last year", "-1y/y"),
];

impl Step {
    /// The time after this step.
    pub(crate) fn take(self, time: &Zoned) -> Result<Zoned, jiff::Error> {
        match self {
            Self::Shift(span) => time.checked_add(span),
            Self::StartOf(Unit::Year) => time.first_of_year()?.start_of_day(),
            Self::StartOf(Unit::Month) => time.first_of_month()?.start_of_day(),
            Self::StartOf(Unit::Week) => {
                let since_monday = time.weekday().to_monday_zero_offset();
                time.checked_sub(since_monday.days())?.start_of_day()
            }
            Self::StartOf(Unit::Day) => time.start_of_day(),
            Self::StartOf(unit) => time.round(ZonedRound::new().smallest(unit).mode(RoundMode::Trunc)),
        }
    }
}

/// The steps of a relative time: `now` and steps, or a word. `None` if `text` is not one.
pub(crate) fn relative(text: &str) -> Option<Result<Vec<Step>, NoSteps>> {
    let word = WORDS.iter().find(|(word, _)| *word == text).map(|(_, steps)| *steps);
    word.or_else(|| text.strip_prefix("now")).map(steps)
}

/// Each step begins with a sign: `-1d/d`.
fn steps(mut text: &str) -> Result<Vec<Step>, NoSteps> {
    let mut steps = Vec::new();
    while let Some(sign) = text.chars().next() {
        let rest = &text[sign.len_utf8()..];
        let end = rest.find(['+', '-', '/']).unwrap_or(rest.len());
        steps.push(step(sign, &rest[..end])?);
        text = &rest[end..];
    }
    Ok(steps)
}

fn step(sign: char, text: &str) -> Result<Step, NoSteps> {
    match (sign, text) {
        ('+', _) => span(text).map(Step::Shift),
        ('-', _) => span(text).map(|span| Step::Shift(span.negate())),
        ('/', "h") => Ok(Step::StartOf(Unit::Hour)),
        ('/', "d") => Ok(Step::StartOf(Unit::Day)),
        ('/', "w") => Ok(Step::StartOf(Unit::Week)),
        ('/', "M" | "mo") => Ok(Step::StartOf(Unit::Month)),
        ('/', "y") => Ok(Step::StartOf(Unit::Year)),
        ('/', unit) if !unit.is_empty() && unit.chars().all(char::is_alphabetic) => {
            Err(NoSteps::CannotRound(unit.to_owned()))
        }
        _ => Err(NoSteps::Form),
    }
}

/// A number of units of time, such as `7d`, `1h30m` or `2M`. `M` means months, as in other tools, and `m` minutes.
pub(crate) fn span(text: &str) -> Result<Span, NoSteps> {
    let mut spelled = String::new();
    let mut units = text.split(|c: char| c.is_ascii_digit()).filter(|unit| !unit.is_empty());
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(NoSteps::Form);
    }
    for (index, c) in text.char_indices() {
        let is_alone = |c: Option<char>| c.is_none_or(|c| !c.is_alphabetic());
        let (before, after) =
            (text[..index].chars().next_back(), text[index + c.len_utf8()..].chars().next());
        if c == 'M' && is_alone(before) && is_alone(after) { spelled.push_str("mo") } else { spelled.push(c) }
    }
    spelled.parse().map_err(|_| {
        let unknown = units.find(|unit| {
            let is_word = unit.chars().all(char::is_alphabetic);
            is_word && *unit != "M" && format!("1{unit}").parse::<Span>().is_err()
        });
        unknown.map_or(NoSteps::Form, |unit| NoSteps::UnknownUnit(unit.to_owned()))
    })
}
