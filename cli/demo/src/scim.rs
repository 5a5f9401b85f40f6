//! `GET /api/v2/scim/v2/users`: users in SCIM's format (RFC 7643, RFC 7644).

#![expect(clippy::struct_field_names, reason = "the names are SCIM's")]

use serde::Serialize;

use crate::{
    directory, errors::ApiError, interval::stamp, json, random::Random, request::Request, response::Response,
    settings::Settings,
};

/// The platform answers 429 to larger pages, because they exceed its resources.
const MAX_PAGE: usize = 25;
const WAIT: u64 = 1;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListResponse {
    schemas: [&'static str; 1],
    total_results: usize,
    start_index: usize,
    items_per_page: usize,
    #[serde(rename = "Resources")]
    resources: Vec<User>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct User {
    id: String,
    schemas: [&'static str; 2],
    active: bool,
    user_name: String,
    display_name: String,
    title: &'static str,
    emails: [Email; 1],
    #[serde(rename = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")]
    enterprise: EnterpriseUser,
    meta: Meta,
}

#[derive(Serialize)]
struct Email {
    value: String,
    r#type: &'static str,
    primary: bool,
}

#[derive(Serialize)]
struct EnterpriseUser {
    division: &'static str,
    department: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    resource_type: &'static str,
    last_modified: String,
    location: String,
    version: String,
}

/// The page of users that a request asks for. Their locations start with `base_url`.
pub(crate) fn users(request: &Request, settings: &Settings, base_url: &str) -> Result<Response, ApiError> {
    // RFC 7644 §3.4.2.4: an index below 1 means 1, a count below 0 means 0, and 0 asks only for the total.
    let start = number(request, "startIndex")?.map_or(1, |index| index.max(1));
    let count = number(request, "count")?.unwrap_or(MAX_PAGE);
    if count > MAX_PAGE {
        return Err(ApiError::too_many_requests(WAIT));
    }
    let first = (start - 1).min(settings.users);
    let end = first.saturating_add(count.min(settings.max_page)).min(settings.users);
    let page = ListResponse {
        schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        total_results: settings.users,
        start_index: start,
        items_per_page: end - first,
        resources: (first..end).map(|at| User::new(settings.seed, at, base_url)).collect(),
    };
    let body = json::text(&page);
    // RFC 7644 §3.1.
    Ok(Response { media_type: "application/scim+json", ..Response::json(200, body) })
}

impl User {
    fn new(seed: u64, index: usize, base_url: &str) -> Self {
        let mut random = Random::new(seed, "SCIM user", index);
        let id = directory::id(seed, "user", index);
        let email = directory::email(seed, index);
        Self {
            schemas: [USER, ENTERPRISE_USER],
            active: true,
            user_name: email.clone(),
            display_name: directory::user_name(seed, index),
            title: directory::title(seed, index),
            emails: [Email { value: email, r#type: "work", primary: true }],
            enterprise: EnterpriseUser { division: "Home", department: directory::department(seed, index) },
            meta: Meta {
                resource_type: "User",
                last_modified: stamp(directory::dates(&mut random).1),
                location: format!("{base_url}/api/v2/scim/v2/users/{id}"),
                version: format!("W/\"{}\"", random.between(1..=60)),
            },
            id,
        }
    }
}

/// The number in a parameter; negative numbers count as 0.
fn number(request: &Request, name: &str) -> Result<Option<usize>, ApiError> {
    let invalid = |_| ApiError::invalid_value(format!("{name} must be a number."));
    let asked = request.parameter(name).map(|text| text.parse::<i64>().map_err(invalid)).transpose()?;
    Ok(asked.map(|number| usize::try_from(number).unwrap_or_default()))
}
