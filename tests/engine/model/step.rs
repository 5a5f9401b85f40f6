//! What the engine does, one step at a time. A crash can happen between any two steps.

use super::{
    shape::{Id, Place, Record},
    world::Position,
};

/// Changes one thing, on the disk or in memory.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) enum Step {
    /// Writes a record to a sink, unless the sink has the page already.
    Write(Place, Record),
    /// Makes everything durable that was written to a sink.
    Commit(Place),
    /// Gives the file of a sink its final name.
    Publish(Place),
    /// Makes this name durable.
    SyncName(Place),
    /// Opens a sink: new, or where the checkpoint says.
    Open(Place),
    /// Opens a sink where it stood before the partition of the worker.
    RollBack(Place),
    /// Rolls a sink back to where the pull started, and closes it.
    Undo(Place, Position),
    /// Closes a sink and drops what was not committed.
    Drop(Place),
    /// Makes the pages durable that wait in the spool of the worker's partition.
    Spool,
    /// Removes the spool of a partition.
    RemoveSpool(Id),
    /// Adds the keys to the journal that it does not have yet.
    ExtendKeys,
    /// Replaces the state file.
    Save(Change),
    /// Makes the replaced state file durable.
    SyncState,
    /// Removes the journal of keys.
    RemoveJournal,
    /// Creates the record of the run, and makes it durable.
    CreateRecord,
    /// Removes the record of the run.
    RemoveRecord,
    /// A change in memory.
    Note(Note),
}

/// What a new checkpoint says.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) enum Change {
    /// Where the sinks stand before the first page.
    Start,
    /// Everything that was written is durable, and the worker's partition is so far.
    Progress,
    /// The worker's partition starts again, without its records.
    TakenBack,
    /// The worker's partition starts again. Its records stay, because they are dropped as duplicates when they come again.
    Kept,
    /// So much of the worker's partition waits.
    Waiting,
    /// Nothing of the worker's partition waits any more.
    GivenUp(Becomes),
    /// Nothing is left but to publish.
    Finishing,
    /// The pull is complete.
    Complete,
    /// The pull is being discarded, and must not be resumed.
    Discarding,
    /// The pull was never started.
    Forgotten,
}

/// What changes in memory.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) enum Note {
    /// The run begins with the stream, from its checkpoint if there is one.
    Begin,
    /// The sinks are open.
    Started,
    /// The worker starts this partition.
    Take(Id),
    /// The shared sinks stand before the first page of the worker's partition.
    Before,
    /// The files of the worker's partition stand before its first page.
    OwnBefore,
    /// The page is in all sinks.
    Written(Record),
    /// The page waits.
    Waits(Record),
    /// The first waiting page is in all sinks.
    Drained(Record),
    /// The last page was read.
    Read,
    /// The worker's partition is complete.
    Completed,
    /// The worker's partition waits for its turn.
    WaitsForTurn,
    /// What becomes of the worker's partition after it was rolled back.
    Becomes(Becomes),
    /// A sink is closed.
    Closed(Place),
    /// No partition is left.
    Finishes,
    /// The run stops.
    Stops,
    /// The worker stops.
    Leaves,
    /// The stream is done.
    NextStream,
    /// The process ends.
    Exit,
}

/// What becomes of a partition that was rolled back.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Becomes {
    Halves([Id; 2]),
    Restarted,
    Skipped,
}
