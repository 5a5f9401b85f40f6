//! The time range of a pull, cut into windows.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use jiff::Timestamp;
use longhaul_core::{
    Body, Source, Template,
    pull::{
        PullError,
        window::{self, Tiles, TilingError},
    },
    sink::Variables,
    state::Summary,
    window::Window,
};

use crate::{
    build::Access,
    config::{self, ConfigError, Stream},
    exit::Exit,
    session::Session,
    terminal::failure::Failure,
};

/// The time range of a pull. Relative times are resolved once.
#[derive(Debug)]
pub(crate) struct Range {
    /// The start and end of the range.
    pub(crate) bounds: Window,
    /// The windows, in order.
    pub(crate) windows: Vec<Window>,
    /// The time before which everything is pulled once the pull is complete. `None` if the stream is not incremental.
    pub(crate) watermark: Option<Timestamp>,
}

/// The range of the stream `name`; `None` if it has no window.
///
/// An incremental stream starts at `known`, where its last complete pull ended, minus `lookback`. The range ends at the
/// latest where the API says that its data ends.
pub(crate) fn resolve(
    session: &Session,
    name: &str,
    stream: &Stream,
    source: &Source,
    known: Option<Timestamp>,
    access: &Access,
) -> Result<Option<Range>, Failure> {
    let Some(window) = &stream.window else { return Ok(None) };
    let known = known.filter(|_| window.incremental);
    let Some(bounds) = resolve_bounds(session, name, stream, source, known, Some(access))? else {
        return Ok(None);
    };
    let windows = tile(session, name, window, bounds)?;
    // The last one may have just begun.
    let whole = windows.iter().rev().skip(1).rev();
    whole.into_iter().try_for_each(|window| check_apart(session, name, source, window))?;
    let mut starts = HashSet::new();
    windows.iter().try_for_each(|window| check_start(session, name, source, window, &mut starts))?;
    // Records of the future cannot have been pulled.
    let reached = (bounds.end > bounds.start).then_some(bounds.end.min(session.now));
    Ok(Some(Range { bounds, windows, watermark: known.max(reached).filter(|_| window.incremental) }))
}

/// The start and end of the range of the stream `name`; `None` if it has no window. It starts at `known`, minus `lookback`,
/// or else as configured. Without `access`, nothing is sent, so the API is not asked how far its data reaches.
pub(crate) fn resolve_bounds(
    session: &Session,
    name: &str,
    stream: &Stream,
    source: &Source,
    known: Option<Timestamp>,
    access: Option<&Access>,
) -> Result<Option<Window>, Failure> {
    let Some(window) = &stream.window else { return Ok(None) };
    let Some((from, mut to)) = bounds(session, name, stream)? else { return Ok(None) };
    let key = |below: &str| format!("streams.{name}.window.{below}");
    let invalid =
        |below: &str, clause: String| -> Failure { session.loaded.error_at(&key(below), clause).into() };
    if let Some((available, access)) = window.available.as_ref().zip(access) {
        to = to.min(available_until(session, name, source, access, available)?);
    }
    let from = match known {
        Some(watermark) => {
            let zoned = watermark.to_zoned(window.timezone.clone());
            let back =
                zoned.checked_sub(window.lookback).map_err(|error| invalid("lookback", error.to_string()))?;
            back.timestamp()
        }
        None => from,
    };
    Ok(Some(Window { start: from, end: to }))
}

/// The windows between two times. The same times always give the same windows.
pub(crate) fn tile(
    session: &Session,
    name: &str,
    window: &config::Window,
    bounds: Window,
) -> Result<Vec<Window>, Failure> {
    let tiled = window::tile(bounds.start, bounds.end, window.slice.as_ref(), &window.timezone);
    tiled.map_err(|error| no_windows(session, name, &error))
}

/// The same windows, one after another.
pub(crate) fn tiles(
    session: &Session,
    name: &str,
    window: &config::Window,
    bounds: Window,
) -> Result<Tiles, Failure> {
    let tiles = Tiles::new(bounds.start, bounds.end, window.slice, window.timezone.clone());
    tiles.map_err(|error| no_windows(session, name, &error))
}

/// Checks that a whole window of the stream `name` ends after its start in the requests.
pub(crate) fn check_apart(
    session: &Session,
    name: &str,
    source: &Source,
    window: &Window,
) -> Result<(), Failure> {
    if source.windows.as_ref().is_none_or(|windows| windows.tell_apart(window)) {
        return Ok(());
    }
    let clause =
        format!("from {} to {} would not end after its start in a request", window.start, window.end);
    Err(not_apart(session, name, &clause))
}

/// Checks that a window of the stream `name` begins at another time in the requests than the earlier ones, of which `starts`
/// has fingerprints.
pub(crate) fn check_start(
    session: &Session,
    name: &str,
    source: &Source,
    window: &Window,
    starts: &mut HashSet<u64>,
) -> Result<(), Failure> {
    let Some(windows) = &source.windows else { return Ok(()) };
    let times = windows.in_requests(&Variables::default(), window);
    let mut hasher = DefaultHasher::new();
    times.get("window.start").hash(&mut hasher);
    if starts.insert(hasher.finish()) {
        return Ok(());
    }
    let clause = format!("from {} would begin at the same time as an earlier one in a request", window.start);
    Err(not_apart(session, name, &clause))
}

fn not_apart(session: &Session, name: &str, clause: &str) -> Failure {
    let key = format!("streams.{name}.window.format");
    let hint = "add the time to the format, and `%:z` or a `Z` at its end, because an hour may come twice in a time \
                zone; or set a longer `slice`";
    session.loaded.error_at(&key, format!("`{key}`: the window {clause}")).with_hint(hint).into()
}

/// The range of the stream `name` cannot be divided.
pub(crate) fn no_windows(session: &Session, name: &str, error: &TilingError) -> Failure {
    let key = format!("streams.{name}.window.slice");
    let explained = session.loaded.error_at(&key, format!("`{key}`: {error}"));
    match error {
        TilingError::TooMany => explained.with_hint("start later, or set a longer slice").into(),
        _ => explained.into(),
    }
}

/// The configured range; `None` if the stream has no window.
pub(crate) fn bounds(
    session: &Session,
    name: &str,
    stream: &Stream,
) -> Result<Option<(Timestamp, Timestamp)>, Failure> {
    let Some(window) = &stream.window else { return Ok(None) };
    let key = |below: &str| format!("streams.{name}.window.{below}");
    let invalid = |below: &str, clause: String| session.loaded.error_at(&key(below), clause);
    let resolve = |below: &str, moment: &config::Moment| {
        let resolved = moment.resolve(session.now, &window.timezone);
        resolved.map_err(|error| invalid(below, format!("`{}`: {error}", key(below))))
    };
    let Some(from) = &window.from else {
        return Err(invalid("from", format!("`{}` is missing", key("from")))
            .with_hint("set the start of the range, for example `now-7d/d`")
            .into());
    };
    let (from, to) = (resolve("from", from)?, resolve("to", &window.to)?);
    if to <= from {
        let clause = format!("`{}` must be after `from`: the range from {from} to {to} is empty", key("to"));
        return Err(invalid("to", clause).with_hint("`to` is exclusive").into());
    }
    if from >= session.now {
        let clause = format!("`{}` is in the future: nothing can be pulled from {from} on", key("from"));
        return Err(invalid("from", clause).with_hint("set a time that has passed").into());
    }
    Ok(Some((from, to)))
}

/// Asks the API for the time up to which it has data.
fn available_until(
    session: &Session,
    name: &str,
    source: &Source,
    access: &Access,
    available: &config::Available,
) -> Result<Timestamp, Failure> {
    let request = Template {
        method: http::Method::GET,
        path: available.path.clone(),
        query: Vec::new(),
        body: Body::Empty,
        ..source.first.clone()
    };
    let failed = |error: PullError| Failure::of_pull(name, error, &Summary::default(), session.stop.reason());
    let request = request.at(&session.variables(name)).map_err(|error| failed(error.into()))?;
    let answer = access.client(name).json(&request).map_err(|error| failed(PullError::Page(error.into())))?;
    let time = answer.find(&available.at).map_err(|error| failed(PullError::Page(error.into())))?;
    time.and_then(|time| time.value().as_str()?.parse().ok()).ok_or_else(|| {
        let key = format!("streams.{name}.window.available.at");
        let clause =
            format!("expected the time up to which the API has data at {}, but found none", available.at);
        let error = ConfigError::new(clause).at(&key, session.loaded.origin_of(&key));
        Failure { exit: Exit::Api, ..error.into() }
    })
}
