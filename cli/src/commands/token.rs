//! `longhaul token`: an access token for other tools.

use longhaul_core::Secret;

use crate::{
    commands::print,
    config::{Auth, ConfigError},
    exit::Exit,
    session::Session,
    terminal::failure::Failure,
};

/// Prints a valid access token.
pub(crate) fn execute(session: &Session) -> Result<Exit, Failure> {
    let access = session.connect()?;
    if let Some(token) = session.token(&access)? {
        return print(&line(&token));
    }
    let kind = if matches!(session.loaded.config.auth, Auth::None) { "none" } else { "basic" };
    let error = ConfigError::new(format!("there is no token: `auth.type` is `{kind}`"));
    Err(error.at("auth.type", session.loaded.origin_of("auth.type")).into())
}

/// This is the only command that prints a secret.
fn line(token: &Secret) -> String {
    format!("{}\n", token.expose())
}
