//! A partition of a plan, with its files and its state.

use std::io;

use longhaul_core::sink::Variables;

use crate::session::partitions::{
    attempt::Attempts,
    folder::PlanFolder,
    output::{Output, in_file_names},
    plan_file::Line,
    receipt::{Receipt, ReceiptError, ReceiptFile},
    worker_sinks::WorkerSink,
};

/// A partition of a plan.
#[derive(Debug)]
pub(crate) struct Partition<'p> {
    /// What the plan says about it.
    pub(crate) line: &'p Line,
    /// What it is written to.
    pub(crate) outputs: Vec<Output<'p>>,
    /// The file of its receipt.
    pub(crate) receipt: ReceiptFile,
    /// The attempts at it.
    pub(crate) attempts: Attempts,
}

/// Why what workers have left of a partition cannot be put in order.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettleError {
    /// The receipt or the files cannot be used.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// The files of other attempts cannot be removed.
    #[error("cannot remove the files of another attempt")]
    Attempts(#[source] io::Error),
}

impl<'p> Partition<'p> {
    /// The partition of a line of the plan. `shared` are the values of the placeholders that all partitions of its stream
    /// share.
    pub(crate) fn new(
        line: &'p Line,
        folder: &PlanFolder,
        sinks: &[WorkerSink<'p>],
        shared: &Variables,
    ) -> serde_json::Result<Self> {
        let variables = in_file_names(shared.clone(), line)?;
        let outputs = sinks.iter().map(|sink| Output::new(*sink, variables.clone()));
        Ok(Self {
            line,
            outputs: outputs.collect(),
            receipt: folder.receipt(&line.id),
            attempts: folder.attempts(&line.id),
        })
    }

    /// The receipt, if the partition is complete. Finishes what a worker that died has left undone.
    pub(crate) fn complete(&self) -> Result<Option<Receipt>, SettleError> {
        let receipt = self.receipt.read(&self.line.id)?;
        receipt.as_ref().map_or(Ok(()), |receipt| self.settle(receipt))?;
        Ok(receipt)
    }

    /// Publishes what the attempt that counts has written, and removes what all others have.
    pub(crate) fn settle(&self, receipt: &Receipt) -> Result<(), SettleError> {
        receipt.publish(&self.outputs, &self.receipt.path())?;
        self.attempts.remove_all(&self.outputs).map_err(SettleError::Attempts)
    }
}
