//! The preset, from the command line.

use longhaul_demo::Settings;

use crate::{
    api::{self, CLIENT_ID, CLIENT_SECRET, reach, without_faults},
    folder::Folder,
};

const THREE_LINES: &str = "system = \"genesys\"\nregion = \"EU-Central-1\"\nstreams.users.sinks = []\n";

#[test]
fn streams_lists_the_streams_of_run_and_then_those_of_the_preset() {
    let folder = Folder::configured(THREE_LINES);
    let command = folder.longhaul("streams").variable("GENESYS_CLIENT_ID", CLIENT_ID);
    let ended = command.variable("GENESYS_CLIENT_SECRET", CLIENT_SECRET).run();
    let listing = &ended.assert_complete().stdout;
    assert!(
        listing.starts_with(
            "users\n  users, also inactive and deleted ones\n  GET /api/v2/users\n  \
             permissions: directory:user:view\n  pages: page_number, 500 records each\n  sinks: stdout\n"
        ),
        "{listing}"
    );
    let titles: Vec<_> = listing.lines().filter(|line| !line.starts_with(' ')).collect();
    let others = [
        "conversations",
        "conversation_jobs",
        "user_status_jobs",
        "queues",
        "wrapup_codes",
        "skills",
        "groups",
        "divisions",
        "presence_definitions",
        "audits",
        "scim_users",
        "queue_members",
        "user_skills",
        "recordings",
    ];
    let others = others.map(|name| format!("{name} (only when you name it)"));
    assert_eq!(titles[0], "users");
    assert_eq!(titles[1..], others);
    assert!(
        listing.contains(
            "\n  GET /api/v2/analytics/conversations/details/jobs/{job.id}/results\n  \
         permissions: analytics:conversationDetail:view\n  \
         job: POST /api/v2/analytics/conversations/details/jobs, polled every 3s\n  \
         window: from (required) to now, in slices of 7d\n  pages: cursor\n  sinks: stdout\n"
        ),
        "{listing}"
    );
    assert!(
        listing
            .contains("\n  GET /api/v2/routing/queues/{each.queue}/members\n  for each record of `queues`\n"),
        "{listing}"
    );
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_run_without_a_configured_stream_lists_those_of_the_preset() {
    let api = api::start(&without_faults(1));
    let folder = Folder::configured("system = \"genesys\"\nregion = \"us-east-1\"\n");
    for command in ["run", "check"] {
        reach(&api, folder.longhaul(command)).run().assert_failed(
            2,
            "error: no stream is configured\n\
             hint: the preset has `conversations`, `conversation_jobs`, `user_status_jobs`, `users`, `queues`, \
             `wrapup_codes`, `skills`, `groups`, `divisions`, `presence_definitions`, `audits`, `scim_users`, \
             `queue_members`, `user_skills`, `recordings`: name one on the command line, or add a table such as `[streams.conversations]`\n",
        );
    }
    assert_eq!(api.stats().total_requests(), 0);
    let ended = reach(&api, folder.longhaul("run users")).run();
    assert_eq!(ended.assert_complete().stdout.lines().count(), 120);
    reach(&api, folder.longhaul("run user")).run().assert_failed(
        2,
        "error: unknown stream `user` (did you mean `users`?)\nhint: longhaul streams lists the configured streams\n",
    );
}

#[test]
fn a_window_without_a_start_is_an_error() {
    let api = api::start(&without_faults(1));
    let folder = Folder::configured(THREE_LINES);
    let ended = reach(&api, folder.longhaul("run conversations")).run();
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stable_stderr().contains("`streams.conversations.window.from` is missing"),
        "{}",
        ended.stderr
    );
    assert_eq!(api.stats().total_requests(), 0);
}

#[test]
fn an_unknown_region_lists_all() {
    let folder = Folder::configured(&THREE_LINES.replace("EU-Central-1", "us-west-1"));
    folder.run("run").assert_failed(
        2,
        "error: `region`: unknown region `us-west-1` (did you mean `us-west-2`?)\n  in: longhaul.toml:2\n\
         hint: the regions are `ap-northeast-1` (mypurecloud.jp), `ap-northeast-2` (apne2.pure.cloud), \
         `ap-northeast-3` (apne3.pure.cloud), `ap-south-1` (aps1.pure.cloud), `ap-southeast-1` (apse1.pure.cloud), \
         `ap-southeast-2` (mypurecloud.com.au), `ca-central-1` (cac1.pure.cloud), `eu-central-1` (mypurecloud.de), \
         `eu-central-2` (euc2.pure.cloud), `eu-west-1` (mypurecloud.ie), `eu-west-2` (euw2.pure.cloud), \
         `eusc-de-east-1` (edee1.eusc-pure.cloud), `me-central-1` (mec1.pure.cloud), `mx-central-1` \
         (mxc1.pure.cloud), `sa-east-1` (sae1.pure.cloud), `us-east-1` (mypurecloud.com), `us-east-2` \
         (use2.us-gov-pure.cloud), `us-west-2` (usw2.pure.cloud)\n",
    );
}

#[test]
fn a_preset_may_be_a_file_of_the_user() {
    let settings = Settings { queues: 205, ..without_faults(1) };
    let api = api::start(&settings);
    let preset = r#"
[api]
base_url = "https://api.{domain}"

[auth]
type = "client_credentials"
token_url = "https://login.{domain}/oauth/token"

[environment]
CRM_ID = "auth.client_id"
CRM_SECRET = "auth.client_secret"

[regions]
north = "north.example"

[streams.queues]
path = "/api/v2/routing/queues"
records = "/entities"
pages = { type = "next_url", next = "/nextUri" }

[streams.skills]
path = "/api/v2/routing/skills"
records = "/entities"
"#;
    let own = "system = \"presets/crm.toml\"\nregion = \"North\"\nstreams.queues.sinks = [\"lines\"]\n";
    let folder = Folder::configured(&[own, api::LINES].concat()).with("presets/crm.toml", preset);
    let command = |line: &str| {
        let command =
            folder.longhaul(line).variable("CRM_ID", CLIENT_ID).variable("CRM_SECRET", CLIENT_SECRET);
        command
            .variable("LONGHAUL_API__BASE_URL", api.base_url())
            .variable("LONGHAUL_AUTH__TOKEN_URL", api.token_url())
    };
    command("run").run().assert_complete();
    assert_eq!(folder.names_in("out"), ["queues.ndjson"]);
    assert_eq!(folder.read("out/queues.ndjson").lines().count(), settings.queues);
    let ended = command("run skills").run();
    assert_eq!(ended.assert_complete().stdout.lines().count(), settings.skills);
    let shown = command("config").run().assert_complete().stable_stdout();
    assert!(
        shown.contains("streams.queues.path = \"/api/v2/routing/queues\"  # FOLDER/presets/crm.toml:17\n"),
        "{shown}"
    );
}

const WINDOWED: &str = r#"
system = "genesys"
region = "eu-central-1"
streams.conversations.window = { from = "2026-01-02", to = "2026-01-05" }
streams.conversation_jobs.window = { from = "2026-01-02" }
streams.scim_users.sinks = []
"#;

#[test]
fn check_fetches_a_page_of_the_first_window_and_submits_no_jobs() {
    let api = api::start(&without_faults(700));
    let folder = Folder::configured(WINDOWED);
    let ended = reach(&api, folder.longhaul("check")).run();
    assert_eq!(
        ended.assert_complete().stdout,
        "configuration: ok\ntoken: ok\nstream conversations: ok, 100 records on the first page, 0 records on the second\n\
         stream conversation_jobs: configured; check submits no jobs, preview does: longhaul preview \
         conversation_jobs\n\
         stream scim_users: ok, 25 records on the first page, 25 records on the second\n"
    );
    assert_eq!(ended.stderr, "");
    let stats = api.stats();
    assert_eq!((stats.jobs_submitted, stats.tokens_issued), (0, 1));
    assert_eq!(folder.names_in("."), ["longhaul.toml"]);
}
