//! What `longhaul config` prints.

use super::{Case, GRANT};

#[test]
fn every_value_is_listed_with_its_origin_and_without_secrets() {
    let text = "[api.headers]\n\"X.Tenant\" = \"hunter2\"\n\
                [streams.users]\npath = \"/u\"\nheaders.X = { env = \"VAULT\" }\n\
                headers.Y = { command = [\"hunter2\"] }\n\
                [sinks.db]\nurl = \"postgres://me:hunter2@db/x\"\npassword = \"hunter2\"\n\
                columns = [\"a\", 1]\n";
    let listing = Case::toml(&GRANT.replace("[auth]", &[text, "[auth]"].concat()))
        .variable("LONGHAUL_AUTH__EXTRA__AUDIENCE", "hunter2")
        .set("retry.max_attempts=3")
        .load()
        .listing();
    assert_eq!(
        listing,
        "\
api.allow_http = false  # default
api.allowed_origins = []  # default
api.answers = []  # default
api.base_url = \"https://api.example.com\"  # longhaul.toml:2
api.connect_timeout = \"10s\"  # default
api.headers.\"X.Tenant\" = \"***\"  # longhaul.toml:4
api.idle_timeout = \"30s\"  # default
api.max_page = \"256MiB\"  # default
api.max_time = \"30m\"  # default
api.public_origins = []  # default
api.timeout = \"2m\"  # default
auth.answers = []  # default
auth.client_id = \"id\"  # longhaul.toml:16
auth.client_secret = \"***\"  # longhaul.toml:17
auth.extra.audience = \"***\"  # environment variable LONGHAUL_AUTH__EXTRA__AUDIENCE
auth.refresh_ahead = \"5m\"  # default
auth.request.format = \"form\"  # default
auth.request.method = \"POST\"  # default
auth.response.expires_at = \"/expires_at\"  # default
auth.response.expires_in = \"/expires_in\"  # default
auth.response.refresh_token = \"/refresh_token\"  # default
auth.response.token = \"/access_token\"  # default
auth.scope = []  # default
auth.token_url = \"https://login.example.com/oauth/token\"  # longhaul.toml:15
auth.type = \"client_credentials\"  # longhaul.toml:14
commit_every = \"1s\"  # default
plugin_path = []  # default
retry.base_delay = \"1s\"  # default
retry.max_attempts = 3  # --set retry.max_attempts
retry.max_delay = \"60s\"  # default
retry.max_wait = \"3m\"  # default
sinks.db.columns = [\"a\",1]  # longhaul.toml:12
sinks.db.password = \"***\"  # longhaul.toml:11
sinks.db.type = \"db\"  # default
sinks.db.url = \"postgres://me:***@db/x\"  # longhaul.toml:10
state_dir = \".longhaul\"  # default
streams.users.answers = []  # default
streams.users.concurrency = 4  # default
streams.users.format = \"json\"  # default
streams.users.headers.X.env = \"VAULT\"  # longhaul.toml:7
streams.users.headers.Y.command = \"***\"  # longhaul.toml:8
streams.users.idempotent = true  # default
streams.users.method = \"GET\"  # default
streams.users.pages.type = \"single\"  # default
streams.users.path = \"/u\"  # longhaul.toml:6
streams.users.permissions = []  # default
streams.users.records = \"\"  # default
streams.users.records_missing = \"error\"  # default
streams.users.sinks = []  # default
streams.users.where = []  # default
"
    );
}
