//! From files, environment, and flags to one configuration, with the origin of every value.
//!
//! The layers, lowest first: the defaults; the preset that `system` names; the machine's file; the user's file;
//! `longhaul.toml` in the working directory, or the files named on the command line instead; the variables that
//! `[environment]` names; the variables that begin with `LONGHAUL_`; `--set`.

pub(super) mod canonical;
pub(super) mod defaults;
mod duplicates;
pub(super) mod environment;
pub(super) mod extract;
mod file;
mod flags;
pub(super) mod keys;
mod layer;
pub(super) mod layers;
mod lines;
pub(super) mod preset;
pub(super) mod region;
pub(super) mod sources;
pub(super) mod stack;
