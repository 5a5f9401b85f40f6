//! The command, from the outside: what a person types, and what comes of it.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without makes it fail")]

mod api;
mod broken;
mod commands;
mod days;
mod demo;
mod ended;
mod files;
mod folder;
mod genesys;
mod genesys_streams;
mod going_on;
mod incremental;
mod jobs;
mod killed;
mod later;
mod layers;
mod logs;
mod mendable;
mod new_sink;
mod plugins;
mod presets;
mod preview;
mod pulls;
mod readme;
mod refused;
mod running;
mod secrets;
mod signals;
mod state;
mod status;
mod stopping;
mod streams;
mod summary;
mod tables;
mod totals;
mod windows;
