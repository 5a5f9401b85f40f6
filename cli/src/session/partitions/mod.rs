//! The partitions of a plan: work for many machines, without a coordinator.
//!
//! A plan ([`plan_file`]) has a line for each partition. Any number of workers pull them, anywhere, also the same one at the
//! same time. All that they share is a folder of files, whose operations are atomic on network file systems, too, or a bucket:
//!
//! - Each attempt ([`attempt`]) at a partition has a name of its own, which all its files have. So attempts never disturb
//!   each other, and no lock is needed that a machine could take to its grave.
//! - The first attempt that is complete creates the receipt ([`receipt`]) with `link(2)`, which fails if there is one. The
//!   receipt decides which attempt counts, and only then its files get their final names. If a worker dies between the two,
//!   the next one that looks at the partition finds the receipt and gives the files their names.
//! - In a bucket, an attempt uploads its files before it creates the receipt (`If-None-Match`), which names the uploads. Then
//!   these are completed, which makes them visible, and all others are aborted.
//! - A new attempt continues where an earlier one stopped. It takes over the files of an attempt that has ended, and copies
//!   those of one that may still be running.

pub(crate) mod attempt;
pub(crate) mod configuration;
pub(crate) mod files;
pub(crate) mod folder;
pub(crate) mod output;
pub(crate) mod partition;
pub(crate) mod plan_file;
pub(crate) mod receipt;
pub(crate) mod repeats;
pub(crate) mod worker_sinks;
