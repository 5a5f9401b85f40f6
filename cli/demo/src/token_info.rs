//! `GET /api/v2/tokens/me`.

use serde::Serialize;

use crate::{directory, json, response::Response, settings::Settings};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenInfo<'s> {
    organization: Named<'s>,
    home_organization: Named<'s>,
    authorized_scope: [&'static str; 0],
    #[serde(rename = "OAuthClient")]
    oauth_client: Named<'s>,
}

#[derive(Serialize)]
struct Named<'s> {
    id: &'s str,
    name: &'static str,
}

/// What the platform tells about a token.
pub(crate) fn answer(settings: &Settings) -> Response {
    let id = directory::id(settings.seed, "organization", 0);
    let organization = || Named { id: &id, name: "Embedded Organization" };
    let info = TokenInfo {
        organization: organization(),
        home_organization: organization(),
        authorized_scope: [],
        oauth_client: Named { id: &settings.client_id, name: "longhaul" },
    };
    Response::json(200, json::text(&info))
}
