//! A sink that fails at a configurable step. Its receipts contain the records that it received.

use std::io;

use longhaul_plugin::{
    Batch, Destination, Mark, OpenSink, Opened, PluginSink, Receipt, Sink, SinkError, SinkErrorKind,
    Variables, export_sink, log,
};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(try_from = "Options")]
struct Faulty {
    at: Step,
    fault: Fault,
    records: Vec<String>,
}

/// The options of the sink.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    at: Step,
    fault: Fault,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Step {
    Configure,
    Destination,
    Open,
    Write,
    Commit,
    Finish,
    Drop,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Fault {
    Panic,
    Rejected,
    Unavailable,
    Closed,
}

impl Faulty {
    fn reach(&self, step: Step) -> Result<(), SinkError> {
        log::info!("reached {step:?}");
        if step != self.at {
            return Ok(());
        }
        Err(match self.fault {
            Fault::Panic => panic!("boom in {step:?}"),
            Fault::Rejected => SinkError::new(SinkErrorKind::Rejected, "it does not fit"),
            Fault::Unavailable => SinkError::io("cannot write", io::Error::other("the disk is full")),
            Fault::Closed => SinkError::io("cannot write", io::ErrorKind::BrokenPipe.into()),
        })
    }
}

impl TryFrom<Options> for Faulty {
    type Error = SinkError;

    fn try_from(Options { at, fault }: Options) -> Result<Self, SinkError> {
        let faulty = Self { at, fault, records: Vec::new() };
        faulty.reach(Step::Configure)?;
        Ok(faulty)
    }
}

impl PluginSink for Faulty {
    const NAME: &str = "faulty";
    const SUMMARY: &str = "fails at a configurable step";
    const OPTIONS: &str = r#"{ "type": "object", "properties": { "at": {}, "fault": {} } }"#;
}

impl OpenSink for Faulty {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        self.reach(Step::Destination)?;
        Ok(match variables.stream() {
            "stdout" => Destination::Stdout,
            stream => Destination::Elsewhere(format!("nowhere, from {stream}")),
        })
    }

    fn open(&self, _variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        self.reach(Step::Open)?;
        let records = from.map(|(receipt, _)| receipt.0.clone()).into_iter().collect();
        let at = from.map_or(Mark::START, |(_, mark)| mark.next());
        Ok(Opened { sink: Box::new(Self { at: self.at, fault: self.fault, records }), at })
    }
}

impl Sink for Faulty {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.reach(Step::Write)?;
        self.records.extend(batch.records().map(|record| String::from_utf8_lossy(record).into_owned()));
        Ok(())
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        self.reach(Step::Commit)?;
        Ok(Receipt(format!("{} at {}", self.records.join(" "), mark.0)))
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        self.reach(Step::Finish)
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        if self.at == Step::Drop {
            drop(self.reach(Step::Drop));
        }
    }
}

export_sink!(Faulty);
