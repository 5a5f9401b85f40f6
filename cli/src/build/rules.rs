//! From the answer rules of the configuration to those of the engine.

use longhaul_core::client::answer::{Rule, Rules};

use crate::config::{Answer, Config, Job, Stream};

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
    Rules { rules: [rules(&job.answers), rules(&config.api.answers)].concat(), ..Rules::default() }
}

fn rules(answers: &[Answer]) -> Vec<Rule> {
    answers.iter().map(|Answer(rule)| rule.clone()).collect()
}
