//! The partitions of a stream, as the lines of a plan.

use std::{collections::HashSet, io};

use longhaul_core::{
    partition::PartitionId,
    pull::window::Tiles,
    state::{Parent, Parents},
};
use serde_json::value::RawValue;

use super::unwritten::Unwritten;
use crate::{
    build::{ConfiguredSinks, SinkFor},
    session::{
        Session,
        partitions::plan_file::{Header, Line, StreamHeader},
        plan::Planned,
        range,
    },
    terminal::failure::Failure,
};

/// A stream whose partitions are known.
#[derive(Debug)]
pub(super) struct Resolved<'p> {
    pull: &'p Planned<'p>,
    tiles: Option<Tiles>,
    parents: Option<Parents>,
}

impl<'p> Resolved<'p> {
    /// Counts the partitions, and notes them in the header.
    pub(super) fn new(
        session: &Session,
        pull: &'p Planned<'p>,
        sinks: &ConfiguredSinks,
        header: &mut StreamHeader,
    ) -> Result<Self, Failure> {
        let window = pull.stream.window.as_ref().zip(header.range);
        let tiles =
            window.map(|(window, range)| range::tiles(session, pull.name, window, range)).transpose()?;
        let failed = |error| range::no_windows(session, pull.name, &error);
        let windows = tiles.clone().map(|tiles| {
            let (mut count, mut before, mut starts) = (0_u64, None, HashSet::new());
            for window in tiles {
                let window = window.map_err(failed)?;
                range::check_start(session, pull.name, &pull.source, &window, &mut starts)?;
                // The last one may have just begun.
                if let Some(whole) = before.replace(window) {
                    range::check_apart(session, pull.name, &pull.source, &whole)?;
                }
                count += 1;
            }
            Ok::<_, Failure>(count)
        });
        let parents = match &pull.parents {
            Some(parents) => parents.open()?,
            None => None,
        };
        if let (Some(of_stream), Some(parents)) = (&pull.parents, &parents) {
            of_stream.findings(parents).iter().for_each(|clause| log::warn!("{}: {clause}", pull.name));
            let names = header.sinks.iter().map(|name| SinkFor::of(name, pull.stream));
            let openers: Vec<_> = names.filter_map(|sink| Some((sink.name, sinks.get(sink)?))).collect();
            of_stream.check_paths(session, &openers, &pull.variables, parents)?;
        }
        // A stream without anything new has no file of parents.
        let of_parents = pull.parents.as_ref().map(|_| parents.as_ref().map_or(0, Parents::len));
        header.partitions = of_parents.unwrap_or(1).saturating_mul(windows.transpose()?.unwrap_or(1));
        header.parents = parents.as_ref().map(Parents::extent);
        Ok(Self { pull, tiles, parents })
    }

    /// Calls `each` with every partition, in order.
    pub(super) fn lines(
        &self,
        header: &Header,
        mut each: impl FnMut(&Line) -> Result<(), Unwritten>,
    ) -> Result<(), Unwritten> {
        let mut line = Line {
            id: String::new(),
            stream: self.pull.name.to_owned(),
            window: None,
            parent: None,
            values: None,
            add: None,
        };
        if self.pull.parents.is_none() {
            return self.windows(&mut line, header, &mut each);
        }
        let Some(parents) = &self.parents else { return Ok(()) };
        let mut number = 0;
        parents.read_all(|parent| {
            line.parent = Some(number);
            (line.values, line.add) = (Some(values(&parent)?), Some(RawValue::from_string(parent.fields)?));
            number += 1;
            self.windows(&mut line, header, &mut each)
        })
    }

    /// The windows of one parent.
    fn windows(
        &self,
        line: &mut Line,
        header: &Header,
        each: &mut impl FnMut(&Line) -> Result<(), Unwritten>,
    ) -> Result<(), Unwritten> {
        let mut next = |line: &mut Line, window| {
            line.window = window;
            line.id = header.id_of(self.pull.name, PartitionId { parent: line.parent, window });
            each(line)
        };
        match self.tiles.clone() {
            None => next(line, None),
            Some(mut tiles) => {
                tiles.try_for_each(|window| next(line, Some(window.map_err(io::Error::other)?)))
            }
        }
    }
}

/// The values of a parent, as JSON.
fn values(parent: &Parent) -> serde_json::Result<Box<RawValue>> {
    let values = parent.values.iter();
    let values: Vec<_> =
        values.map(|(name, value)| format!("{}:{value}", serde_json::Value::from(name.as_str()))).collect();
    RawValue::from_string(format!("{{{}}}", values.join(",")))
}
