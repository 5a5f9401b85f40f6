//! The organization: users, queues and the rest, in numbered pages.

mod divisions;
mod groups;
mod presences;
mod queues;
mod skills;
mod users;
mod wrapup_codes;

use self::{
    divisions::AuthzDivision, groups::Group, presences::Presence, queues::Queue, skills::Skill, users::User,
    wrapup_codes::WrapupCode,
};
use crate::{entities::Listing, errors::ApiError, request::Request, response::Response, settings::Settings};

type Answer = Result<Response, ApiError>;

/// The listings of an organization.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Organization<'s>(pub(crate) &'s Settings);

impl Organization<'_> {
    pub(crate) fn divisions(self, request: &Request) -> Answer {
        self.listing(self.0.divisions, 100).page(request, |at| AuthzDivision::new(self.0.seed, at))
    }

    pub(crate) fn groups(self, request: &Request) -> Answer {
        self.listing(self.0.groups, 100).page(request, |at| Group::new(self.0, at))
    }

    pub(crate) fn presences(self, request: &Request) -> Answer {
        self.listing(presences::COUNT, 100).page(request, |at| Presence::new(self.0.seed, at))
    }

    /// All presences in one response, as the newer listing returns them.
    pub(crate) fn presence_definitions(self, request: &Request) -> Response {
        presences::definitions(self.0.seed, request)
    }

    pub(crate) fn queues(self, request: &Request) -> Answer {
        self.listing(self.0.queues, 500).page(request, |at| Queue::new(self.0.seed, at))
    }

    pub(crate) fn skills(self, request: &Request) -> Answer {
        self.listing(self.0.skills, 100).page(request, |at| Skill::new(self.0.seed, at))
    }

    pub(crate) fn users(self, request: &Request) -> Answer {
        self.listing(self.0.users, 500).page(request, |at| User::new(self.0.seed, at))
    }

    pub(crate) fn wrapup_codes(self, request: &Request) -> Answer {
        self.listing(self.0.wrapup_codes, 100).page(request, |at| WrapupCode::new(self.0.seed, at))
    }

    fn listing(self, total: usize, max_page: usize) -> Listing {
        Listing { total, max_page: max_page.min(self.0.max_page) }
    }
}
