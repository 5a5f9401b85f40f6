//! `longhaul token`: an access token for other tools.

use longhaul_core::Secret;

use crate::{commands::print, config::ConfigError, exit::Exit, session::Session, terminal::failure::Failure};

/// Prints a valid access token.
pub(crate) fn execute(session: &Session) -> Result<Exit, Failure> {
    let access = session.connect()?;
    match session.token(&access)? {
        Some(token) => print(&line(&token)),
        None => Err(ConfigError::new("there is no token: `auth.type` is `none`")
            .at("auth.type", session.loaded.origin_of("auth.type"))
            .into()),
    }
}

/// This is the only command that prints a secret.
fn line(token: &Secret) -> String {
    format!("{}\n", token.expose())
}
