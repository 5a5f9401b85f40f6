//! From the answer rules of the configuration to those of the engine.

use longhaul_core::{
    client::answer::{Condition, Rule, Rules, StatusMatch, Then},
    pull::job::JobState,
};

use crate::config::{Answer, Config, Job, State, Stream};

/// The rules for responses of the API that are not pages.
pub(super) fn of_api(config: &Config) -> Rules {
    Rules { rules: rules(&config.api.answers), ..Rules::default() }
}

/// The rules for responses of the token endpoint.
pub(super) fn of_token_endpoint(config: &Config) -> Rules {
    let answers = config.auth.grant().map(|grant| rules(&grant.answers));
    Rules { rules: answers.unwrap_or_default(), ..Rules::default() }
}

/// The rules for the pages of a stream.
pub(super) fn of_stream(config: &Config, stream: &Stream) -> Rules {
    Rules::of_pages([rules(&stream.answers), rules(&config.api.answers)].concat())
}

/// The rules for the requests of a job.
pub(super) fn of_job(config: &Config, job: &Job) -> Rules {
    // A status that a state names is read, even if it is no success.
    let states = job.done.iter().chain(&job.failed).chain(&job.skipped);
    let unsuccessful =
        |status: &StatusMatch| !matches!(status, StatusMatch::Code(200..=299) | StatusMatch::Class(2));
    let named = states.filter_map(|State(state)| match state {
        JobState::Answer { status, .. } => {
            let status: Vec<_> = status.iter().copied().filter(unsuccessful).collect();
            (!status.is_empty()).then(|| read(status))
        }
        JobState::Named(_) => None,
    });
    let rules = [named.collect(), rules(&job.answers), rules(&config.api.answers)].concat();
    Rules { rules, ..Rules::default() }
}

fn read(status: Vec<StatusMatch>) -> Rule {
    let when = Condition { status, ..Condition::default() };
    Rule { when, then: Then::Page, after: None, message: None, hint: None }
}

fn rules(answers: &[Answer]) -> Vec<Rule> {
    answers.iter().map(|Answer(rule)| rule.clone()).collect()
}
