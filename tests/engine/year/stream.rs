//! The streams that are pulled every day.

use std::{sync::Arc, time::Duration};

use http::Method;
use jiff::{Span, ToSpan, Zoned, tz::TimeZone};
use longhaul_core::{
    Body, Source,
    listing::{
        end::{Ends, RecordsMissing},
        paginate::{PageNumber, Renewal, Token},
    },
    pull::{
        Accepts, BookmarkOrder, Incremental, Pull, PullError, run,
        window::{Windows, tile},
    },
    sink::Variables,
    state::{Continuation, PullState, Reached, State, StateFile, Unfinished, checkpoint::Checkpointing},
    window::Window,
};
use longhaul_tests::{Setup, SimulatedDisk, split_on, with_total};
use serde_json::{Value, json};

use super::World;
use crate::checkpoints::{opener, unfinished};

/// A stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stream {
    /// Calls by day, appended to one file. Those that have not changed since the last run are dropped.
    Calls,
    /// Calls by day, each day in its own file, which replaces that of the last run.
    Days,
    /// Users that have changed since the last run, appended to one file.
    Users,
}

impl Stream {
    pub(super) const ALL: [Self; 3] = [Self::Calls, Self::Days, Self::Users];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Days => "days",
            Self::Users => "users",
        }
    }

    fn sink(self) -> Value {
        match self {
            Self::Calls | Self::Users => json!({ "path": "/out/{stream}.ndjson", "mode": "append" }),
            Self::Days => json!({ "path": "/out/days/{window.start}.ndjson" }),
        }
    }

    fn source(self, setup: &Setup, zone: &TimeZone) -> Source {
        if self == Self::Users {
            let (param, cursor) = ("after".parse().unwrap(), "last:/id".parse().unwrap());
            let incremental = Incremental::Value {
                at: "/at".parse().unwrap(),
                param: "since".parse().unwrap(),
                order: BookmarkOrder::Greatest,
                accepts: Accepts::Any,
            };
            return Source {
                unique: Some("/id".parse().unwrap()),
                incremental: Some(incremental),
                ..setup.source_at("/users", "", Token { param, cursor, renewal: Renewal::EachPage })
            };
        }
        let paginator = PageNumber {
            param: "/paging/pageNumber".parse().unwrap(),
            size: Some(("/paging/pageSize".parse().unwrap(), 20)),
            start: 1,
            page_count: None,
        };
        let mut source = setup.source_at("/calls", "/calls", paginator);
        source.first.method = Method::POST;
        source.first.body = Body::Json(json!({ "interval": "{window.start}/{window.end}" }).into());
        source.rules = split_on(400, Some("too.deep"));
        source.ends = Ends { records_missing: RecordsMissing::Empty, ..with_total("/total") };
        source.unique = Some("/id".parse().unwrap());
        source.windows = Some(Windows {
            slice: None,
            min_slice: jiff::SignedDuration::from_hours(1),
            timezone: zone.clone(),
            format: "%Y-%m-%dT%H:%M:%S%:z".to_owned(),
        });
        source
    }

    /// A new pull, after those that are complete. Days are pulled up to midnight, and the last one again, because calls appear
    /// late.
    fn start(self, state: &State, world: &World, zone: &TimeZone, first: &Zoned) -> Unfinished {
        let now = world.now();
        let keys = state.complete.as_ref().and_then(|complete| complete.keys.as_ref());
        let earlier = (self != Self::Days).then(|| keys.map(|keys| keys.extent).unwrap_or_default());
        let pull = Unfinished { started: now, earlier, ..unfinished() };
        if self == Self::Users {
            let continuation = Continuation {
                start: state.reached.as_ref().and_then(Reached::start).cloned(),
                reached: state.reached.as_ref().map(|reached| reached.value.clone()),
                ..Continuation::default()
            };
            return Unfinished { continuation: Some(continuation), ..pull };
        }
        let end = now.to_zoned(zone.clone()).start_of_day().unwrap().timestamp();
        let start = match state.watermark {
            None => first.timestamp(),
            Some(watermark) => watermark.to_zoned(zone.clone()).checked_sub(1.day()).unwrap().timestamp(),
        };
        Unfinished { range: Some(Window { start, end }), watermark: Some(end), ..pull }
    }

    /// Starts a pull, or resumes the one that was stopped.
    pub(super) fn pull(
        self,
        world: &Arc<World>,
        disk: &SimulatedDisk,
        zone: &TimeZone,
        first: &Zoned,
    ) -> Result<(), PullError> {
        let served = Arc::clone(world);
        let (setup, _) = Setup::scripted(&world.clock, move |request| served.answer(request));
        let source = self.source(&setup, zone);
        let file = StateFile::new(disk.handle(), "/state", self.name());
        let state = file.load()?;
        let from = state.unfinished.as_ref().map(|pull| pull.checkpoint.clone());
        let pull = state.unfinished.clone().unwrap_or_else(|| self.start(&state, world, zone, first));
        let windows = pull
            .range
            .map(|Window { start, end }| tile(start, end, Some(&Span::new().days(1)), zone).unwrap());
        let earlier = pull.earlier(state.had(&pull.pages));
        let pull_state = PullState::new(&file, setup.clock.as_ref(), state, pull);
        let sink = opener(disk, &("lines", "ndjson", self.sink()));
        let every = Duration::from_secs(60);
        let pull = Pull {
            source: &source,
            windows,
            parents: None,
            sinks: vec![("lines", sink.as_ref())],
            variables: Variables::new(self.name(), "/out"),
            spool: None,
            columns: Vec::new(),
            strict: false,
            limit: None,
            checkpointing: Some(Checkpointing { store: &pull_state, from, earlier, every }),
        };
        let summary = run(&pull, &Arc::new(setup.client()))?;
        Ok(pull_state.complete(summary, None)?)
    }
}
