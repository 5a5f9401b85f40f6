//! Tests of the command as a user runs it.

#![expect(clippy::unwrap_used, reason = "an unexpected error fails the test")]

mod answers;
mod api;
mod auth;
mod command_output;
mod commands;
mod connections;
mod days;
mod demo;
mod ends;
mod files;
mod folder;
mod genesys;
mod genesys_streams;
mod incremental;
mod invalid;
mod jobs;
mod killed;
mod layers;
mod logs;
mod new_sink;
mod plugins;
mod presets;
mod preview;
mod pulls;
mod readme;
mod recipes;
mod refusals;
mod repairable_api;
mod resuming;
mod running_command;
mod runs;
mod secrets;
mod signals;
mod state;
mod status;
mod stopping;
mod streams;
mod summary;
mod systems;
mod tables;
mod temporary_faults;
mod totals;
mod windows;
