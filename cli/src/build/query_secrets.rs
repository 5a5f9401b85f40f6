//! Secrets in the query of a configured request, such as `path = "/feed?token=…"`.

use longhaul_core::{Secret, Secrets, Template};
use url::form_urlencoded;

use crate::config::sounds_secret;

/// The shortest value that is a secret, in bytes. A shorter one, such as the first cursor of a parameter `token`, would also
/// be found where it does not belong.
const SHORTEST: usize = 8;

/// Adds the values of parameters that have the names of secrets.
pub(super) fn add(secrets: &Secrets, request: &Template) {
    let in_path = request.path.split_once('?').map_or("", |(_, query)| query);
    let in_path = form_urlencoded::parse(in_path.as_bytes()).into_owned();
    for (name, value) in in_path.chain(request.query.iter().cloned()) {
        if sounds_secret(&name) && value.len() >= SHORTEST && !value.contains('{') {
            secrets.add(&Secret::new(value));
        }
    }
}
