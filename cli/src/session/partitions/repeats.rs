//! Duplicates across the partitions of a plan. Workers know nothing of each other, so they cannot drop them.

use crate::config::Stream;

/// What `unique` does not do in a plan, as a clause.
pub(crate) const CLAUSE: &str = "`unique` drops the duplicates within a partition only; a record of several partitions is in the file of each";

/// Whether a record may be in several partitions, although `unique` is set.
pub(crate) fn may_occur(stream: &Stream) -> bool {
    stream.unique.is_some() && (stream.window.is_some() || stream.each.is_some())
}
