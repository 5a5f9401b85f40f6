//! The data that requires a token, and the responses about it.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::SystemTime,
};

use jiff::Timestamp;

use crate::{
    audit_log::AuditLog,
    audit_queries,
    conversations::Conversations,
    details_jobs::{self, Details},
    details_query,
    errors::ApiError,
    jobs::Jobs,
    organization::Organization,
    request::Request,
    response::Response,
    router::{Route, Target},
    scim,
    settings::Settings,
    stats::Stats,
    token_info,
    tutorial::Tutorial,
    user_statuses::UserStatuses,
};

/// All data and the jobs that read it.
#[derive(Debug)]
pub(crate) struct Resources {
    settings: Settings,
    base_url: String,
    conversations: Conversations,
    user_statuses: UserStatuses,
    audit_log: AuditLog,
    conversation_jobs: Jobs<details_jobs::Asked>,
    user_jobs: Jobs<details_jobs::Asked>,
    audit_queries: Jobs<audit_queries::Query>,
    /// Details jobs find everything before this time and nothing from it on.
    available: AtomicI64,
}

impl Resources {
    pub(crate) fn new(settings: &Settings, base_url: String) -> Self {
        let conversations = Conversations::new(settings);
        let available = settings.available.map_or(conversations.available(), Timestamp::as_millisecond);
        Self {
            settings: settings.clone(),
            base_url,
            conversations,
            user_statuses: UserStatuses::new(settings),
            audit_log: AuditLog::new(settings),
            conversation_jobs: Jobs::new(settings, "job"),
            user_jobs: Jobs::new(settings, "user job"),
            audit_queries: Jobs::new(settings, "audit query"),
            available: AtomicI64::new(available),
        }
    }

    /// Answers an authorized request. Token requests are handled elsewhere.
    pub(crate) fn answer(
        &self,
        route: &Route<'_>,
        request: &Request,
        now: SystemTime,
    ) -> Result<Response, ApiError> {
        let organization = Organization(&self.settings);
        match route.target {
            Target::AuditQueries(step) => {
                let desk = audit_queries::Desk {
                    jobs: &self.audit_queries,
                    log: &self.audit_log,
                    max_page: self.settings.max_page,
                    now,
                };
                desk.answer(step, route.id, request)
            }
            Target::ContinueTutorial => self.tutorial().proceed(request),
            Target::ConversationJobs(step) => {
                let desk = self.desk(&self.conversation_jobs, &self.conversations, now);
                desk.answer(step, route.id, request)
            }
            Target::Divisions => organization.divisions(request),
            Target::Groups => organization.groups(request),
            Target::PresenceDefinitions => Ok(organization.presence_definitions(request)),
            Target::PresenceDefinitionsPaged => organization.presences(request),
            Target::QueryDetails => details_query::answer(request, &self.settings, &self.conversations),
            Target::Queues => organization.queues(request),
            Target::RevokeToken | Target::Token => Err(ApiError::not_found()),
            Target::ScimUsers => scim::users(request, &self.settings, &self.base_url),
            Target::ShowToken => Ok(token_info::answer(&self.settings)),
            Target::Skills => organization.skills(request),
            Target::StartTutorial => self.tutorial().start(request),
            Target::UserJobs(step) => {
                let desk = self.desk(&self.user_jobs, &self.user_statuses, now);
                desk.answer(step, route.id, request)
            }
            Target::Users => organization.users(request),
            Target::WrapupCodes => organization.wrapup_codes(request),
        }
    }

    pub(crate) fn make_available(&self, until: i64) {
        self.available.store(until, Ordering::Relaxed);
    }

    /// Adds the counts of all jobs to `stats`.
    pub(crate) fn report(&self, stats: &mut Stats) {
        self.conversation_jobs.report(stats);
        self.user_jobs.report(stats);
        self.audit_queries.report(stats);
    }

    fn desk<'a, D: Details>(
        &self,
        jobs: &'a Jobs<details_jobs::Asked>,
        details: &'a D,
        now: SystemTime,
    ) -> details_jobs::Desk<'a, D> {
        details_jobs::Desk {
            jobs,
            details,
            available: self.available.load(Ordering::Relaxed),
            matching: self.settings.matching,
            max_page: self.settings.max_page,
            now,
        }
    }

    fn tutorial(&self) -> Tutorial<'_> {
        Tutorial { settings: &self.settings, conversations: &self.conversations, base_url: &self.base_url }
    }
}
