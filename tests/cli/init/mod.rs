//! `longhaul init`.

mod errors;
mod genesys;
mod no_configuration;
mod shapes;
mod stand_in;
#[cfg(unix)]
mod terminal;
mod unclear;
