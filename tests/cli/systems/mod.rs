//! The built-in presets, each against a stand-in that pages, ends, throttles and fails as the documentation of its API says.

mod cxone;
mod github;
mod hubspot;
mod jira;
mod listing;
mod microsoft_graph;
mod salesforce;
mod servicenow;
mod shopify;
mod slack;
mod stripe;
pub(crate) mod system;
mod talkdesk;
mod zendesk;
