//! Builds one configuration from files, environment and flags, with the origin of every value.
//!
//! The layers, lowest first: the defaults; the preset that `system` names; the machine's file; the user's file;
//! `longhaul.toml` in the working folder, or the files named on the command line; the variables that `[environment]`
//! lists; the variables that begin with `LONGHAUL_`; `--set`; the flags of a command that stand for keys, such as `--last`.

pub(super) mod canonical;
pub(super) mod defaults;
mod deserializer;
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
pub(super) mod range;
pub(super) mod region;
mod searched;
pub(super) mod sources;
pub(super) mod stack;
