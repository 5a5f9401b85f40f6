//! All errors of a configuration are reported at once, in the order of the file.

use super::{Case, SMALL};

/// The errors of `case`, each with its origin.
fn all(case: &Case) -> Vec<String> {
    let mut error = case.error();
    let others = error.take_others();
    let shown = |error: &crate::ConfigError| format!("{} {error}", error.where_written().unwrap_or_default());
    std::iter::once(&error).chain(&others).map(shown).collect()
}

#[test]
fn all_errors_are_reported_in_the_order_of_the_file() {
    let configuration = "\
[sinks.out]
typ = 1
[streams.a]
pth = \"/a\"
timeout = \"5s\"
[streams.b]
path = \"b\"
sinks = [\"other\"]
[api]
base_url = \"https://api.example.com\"
timeout = \"5 parsecs\"
max_page = true
[auth]
type = \"nobody\"
[retry]
max_attempts = 0
";
    assert_eq!(
        all(&Case::toml(configuration).set("api.tiemout=5s")),
        [
            "longhaul.toml:4 unknown key `streams.a.pth` (did you mean `path`?)",
            "longhaul.toml:5 unknown key `streams.a.timeout`",
            "longhaul.toml:7 `streams.b.path`: `b` does not start with `/`",
            "longhaul.toml:8 `streams.b.sinks`: unknown sink `other`",
            "longhaul.toml:11 `api.timeout`: `5 parsecs` is not a duration such as `30s`, `2m` or `1h30m`",
            "longhaul.toml:12 `api.max_page`: expected text, found a boolean",
            "longhaul.toml:14 `auth.type`: `nobody` is not one of `api_key`, `basic`, `client_credentials`, \
             `jwt_bearer`, `none`, `password`, `refresh_token`, `token`",
            "longhaul.toml:16 `retry.max_attempts`: expected a whole number from 1, found `0`",
            "--set api.tiemout unknown key `api.tiemout` (did you mean `timeout`?)",
        ]
    );
}

#[test]
fn what_follows_from_an_error_is_not_reported_as_another() {
    let case = Case::small("[streams.users]\npth = \"/u\"\nsinks = [\"out\"]\n[sinks.out]\ntype = 1\n");
    let mut error = case.error();
    assert_eq!(error.to_string(), "unknown key `streams.users.pth` (did you mean `path`?)");
    let others: Vec<_> = error.take_others().iter().map(ToString::to_string).collect();
    assert_eq!(others, ["`sinks.out`: `type` must be text"]);
}

#[test]
fn every_part_of_every_answer_rule_is_checked() {
    let rules = "\
[[api.answers]]
then = \"stop\"
after = \"5\"
hnt = \"ask\"
[api.answers.when]
at = \"error\"
is = 1
status = 600
[[api.answers]]
when = { status = 404 }
then = \"fail\"
[[api.answers]]
when = {}
then = \"fail\"
after = \"5s\"
[[api.answers]]
message = \"/a/*\"
[streams.a]
path = \"a\"
";
    assert_eq!(
        all(&Case::small(rules)),
        [
            "longhaul.toml:6 `api.answers`: `stop` is not one of `page`, `end`, `retry`, `throttle`, `wait`, \
             `renew`, `split`, `restart`, `skip`, `fail`",
            "longhaul.toml:7 `api.answers`: `5` has no unit; write `5s` for seconds",
            "longhaul.toml:8 `api.answers`: unknown key `hnt` (did you mean `hint`?)",
            "longhaul.toml:10 `api.answers`: `error` is not a place: it must be empty or start with `/`",
            "longhaul.toml:12 `api.answers`: 600 is neither a status from 100 to 599 nor a class such as \"5xx\"",
            "longhaul.toml:16 `api.answers`: `after` requires `then` to be `retry`, `throttle` or `wait`, \
             because nothing else waits",
            "longhaul.toml:17 `api.answers`: `when` requires `status`, `at`, `code` or `text`",
            "longhaul.toml:20 `api.answers`: `then` is missing",
            "longhaul.toml:20 `api.answers`: `when` is missing",
            "longhaul.toml:21 `api.answers`: `/a/*` is not a place: `*` selects several values; a JSONPath \
             such as `$.a[0].b` selects one",
            "longhaul.toml:23 `streams.a.path`: `a` does not start with `/`",
        ]
    );
}

#[test]
fn every_field_of_a_token_request_and_every_placeholder_of_parents_is_checked() {
    let configuration = "\
[api]
base_url = \"https://api.example.com\"
[auth]
type = \"password\"
token_url = \"https://login.example.com/token\"
username = \"me\"
password = \"p\"
client_auth = \"post\"
client_id = \"c\"
client_secret = \"s\"
refresh_token = \"r\"
[auth.request]
method = \"GET\"
[auth.request.fields]
a = [1]
b = \"{usrname}\"
c = { d = 1 }
[streams.a]
path = \"/a\"
[streams.a.each]
list = [1]
as = \"A\"
[streams.b]
path = \"/b\"
[streams.b.each]
file = \"b.csv\"
values = { \"a b\" = \"x\", ok = \"y\", B = \"z\" }
";
    assert_eq!(
        all(&Case::toml(configuration)),
        [
            "longhaul.toml:8 `auth.client_auth`: `post` has no effect, because `request.fields` replaces all fields",
            "longhaul.toml:11 `auth.refresh_token`: `request.fields` replaces all fields, so it is not sent",
            "longhaul.toml:13 `auth.request.method`: a GET has no body for the fields",
            "longhaul.toml:15 `auth.request.fields.a`: a form or query has only texts, numbers and booleans",
            "longhaul.toml:16 `auth.request.fields.b`: `{usrname}` is not a known placeholder (did you mean `username`?)",
            "longhaul.toml:17 `auth.request.fields.c`: a form or query has only texts, numbers and booleans",
            "longhaul.toml:22 `streams.a.each.as`: `A` is not a valid name for a placeholder",
            "longhaul.toml:27 `streams.b.each.values`: `B` is not a valid name for a placeholder",
            "longhaul.toml:27 `streams.b.each.values`: `a b` is not a valid name for a placeholder",
        ]
    );
}

#[test]
fn every_condition_is_checked() {
    let stream = "\
[streams.a]
path = \"a\"
where = [
  { at = \"/a\" },
  { at = \"b\", is = 1 },
  { at = \"/c\", is = 1 },
  { at = \"/d\", is = 1, exists = false },
]
[streams.a.pages]
type = \"cursor\"
cursor = \"/next\"
param = \"c\"
end = [
  { short = \"maybe\", status = 99 },
  {},
  { at = \"/done\", is = true },
  { is = true },
]
[streams.a.job]
id = \"/id\"
poll = \"/jobs/{job.id}\"
submit.path = \"/jobs\"
done = [{ status = 303, stauts = 1 }, \"DONE\", {}, 7]
failed = [{ at = \"x\", is = 1 }]
";
    assert_eq!(
        all(&Case::small(stream)),
        [
            "longhaul.toml:6 `streams.a.path`: `a` does not start with `/`",
            "longhaul.toml:8 `streams.a.where`: `at` requires `is`, `not`, `exists` or `contains`",
            "longhaul.toml:9 `streams.a.where`: `b` is not a place: it must be empty or start with `/`",
            "longhaul.toml:11 `streams.a.where`: `is` never matches with `exists = false`",
            "longhaul.toml:18 `streams.a.pages.end`: expected `true` or `false`, found `maybe`",
            "longhaul.toml:18 `streams.a.pages.end`: 99 is neither a status from 100 to 599 nor a class such as \"5xx\"",
            "longhaul.toml:19 `streams.a.pages.end`: a condition of `end` requires `at`, `short` or `status`",
            "longhaul.toml:21 `streams.a.pages.end`: `is` requires `at`, the place of the value",
            "longhaul.toml:27 `streams.a.job.done`: unknown key `stauts` (did you mean `status`?)",
            "longhaul.toml:27 `streams.a.job.done`: a condition requires `at` or `status`",
            "longhaul.toml:27 `streams.a.job.done`: expected text or a table, found a number",
            "longhaul.toml:28 `streams.a.job.failed`: `x` is not a place: it must be empty or start with `/`",
        ]
    );
}

#[test]
fn every_key_of_a_stream_is_checked() {
    let stream = "\
[streams.a]
path = \"/a/{dat}\"
query = { since = \"{window.start}\", until = \"{window.end}\" }
sinks = [\"one\", \"two\"]
pages = { type = \"single\", param = \"p\", size = 5 }
[[streams.a.answers]]
when = { status = 400 }
then = \"split\"
[[streams.a.answers]]
when = { status = 404 }
then = \"skip\"
[[streams.a.answers]]
when = { status = 410 }
then = \"split\"
[streams.B]
path = \"/b\"
[streams.C]
path = \"/c\"
";
    let place = |line: u32, message: &str| format!("longhaul.toml:{line} {message}");
    let window = "`{window.start}` is not a known placeholder";
    assert_eq!(
        all(&Case::small(stream)),
        [
            place(6, "`streams.a.path`: `{dat}` is not a known placeholder (did you mean `date`?)"),
            place(7, &format!("`streams.a.query.since`: {window}")),
            place(7, &format!("`streams.a.query.until`: {}", window.replace("start", "end"))),
            place(8, "`streams.a.sinks`: unknown sink `one`"),
            place(8, "`streams.a.sinks`: unknown sink `two`"),
            place(9, "`streams.a.pages.param` is not a key of type `single`"),
            place(9, "`streams.a.pages.size` is not a key of type `single`"),
            place(10, "`streams.a.answers`: `then = \"split\"` requires a window, which is halved"),
            place(16, "`streams.a.answers`: `then = \"split\"` requires a window, which is halved"),
            place(19, "`streams.B`: `B` is not a valid name"),
            place(21, "`streams.C`: `C` is not a valid name"),
        ]
    );
}

#[test]
fn what_follows_from_an_error_in_a_condition_is_not_reported_as_another() {
    let case = Case::toml(
        &[SMALL, "[streams.a]\npath = \"/a\"\nwhere = [{ at = \"x\", is = 1 }]\n[streams.a.job]\nid = \"/id\"\npoll = \"/p\"\nsubmit.path = \"/s\"\ndone = [{}]\n"]
            .concat(),
    );
    assert_eq!(
        all(&case),
        [
            "longhaul.toml:7 `streams.a.where`: `x` is not a place: it must be empty or start with `/`",
            "longhaul.toml:12 `streams.a.job.done`: a condition requires `at` or `status`",
        ]
    );
}

#[test]
fn every_check_of_a_section_is_made() {
    let configuration = "\
[api]
base_url = \"http://api.example.com\"
allowed_origins = [\"http://files.example.com\"]
[auth]
type = \"client_credentials\"
token_url = \"http://login.example.com/token\"
client_id = \"me\"
client_secret = \"\"
client_auth = \"none\"
private_key = { file = \"key.pem\" }
request.fields = { a = \"{x}\", b = \"{y}\" }
response = { token = \"last:/t\", refresh_token = \"last:/r\" }
[rate.headers]
used = \"header:x\"
[stores.s3]
secret_key = \"x\"
endpoint = \"http://minio.example.com\"
[streams.a]
path = \"/a/{window.start}/{job.id}\"
format = \"csv\"
records = \"/x\"
body = { a = \"{one}\", b = [\"{two}\", \"{one}\"] }
pages = { type = \"page_number\", param = \"/p\", size_param = \"/s\", size = 5, page_count = \"/n\", total = \"/t\" }
window = { min_slice = \"1ms\" }
[streams.b]
path = \"/b\"
method = \"POST\"
text = \"x\"
content_type = \"text/plain\"
pages = { type = \"page_number\", param = \"/p\", size_param = \"/s\", size = 5 }
";
    assert_eq!(
        all(&Case::toml(configuration)),
        [
            "longhaul.toml:2 `api.base_url`: plain http would send credentials to `api.example.com` unencrypted",
            "longhaul.toml:3 `api.allowed_origins`: plain http would send credentials to `files.example.com` unencrypted",
            "longhaul.toml:6 `auth.token_url`: plain http would send credentials to `login.example.com` unencrypted",
            "longhaul.toml:8 `auth.client_secret` is empty",
            "longhaul.toml:10 `auth.private_key`: nothing is signed, so this has no effect",
            "longhaul.toml:11 `auth.request.fields.a`: `{x}` is not a known placeholder",
            "longhaul.toml:11 `auth.request.fields.b`: `{y}` is not a known placeholder",
            "longhaul.toml:12 `auth.response.token`: a token response has no records; use another place than `last:`",
            "longhaul.toml:12 `auth.response.refresh_token`: a token response has no records; use another place than `last:`",
            "longhaul.toml:13 `rate.headers.remaining` is missing",
            "longhaul.toml:13 `rate.headers.reset` is missing",
            "longhaul.toml:15 `stores.s3.access_key` is missing",
            "longhaul.toml:17 `stores.s3.endpoint`: plain http would send records to `minio.example.com` unencrypted",
            "longhaul.toml:18 `streams.a.window.from` is missing",
            "longhaul.toml:19 `streams.a.path`: `{job.id}` is not a known placeholder",
            "longhaul.toml:21 `streams.a.records` has no meaning with `format = \"csv\"`",
            "longhaul.toml:22 `streams.a.body`: `{one}` is not a known placeholder; `{two}` is not a known placeholder",
            "longhaul.toml:23 `streams.a.pages.page_count`: `/n` is a place in a JSON page, but the format is `csv`",
            "longhaul.toml:23 `streams.a.pages.total`: `/t` is a place in a JSON page, but the format is `csv`",
            "longhaul.toml:24 `streams.a.window.min_slice`: windows are halved at whole seconds",
            "longhaul.toml:30 `streams.b.pages.param`: `/p` is a place in JSON or a form, but the request has a `text`",
            "longhaul.toml:30 `streams.b.pages.size_param`: `/s` is a place in JSON or a form, but the request has a `text`",
        ]
    );
}

#[test]
fn a_placeholder_that_is_not_known_here_says_what_it_needs() {
    let hints = |stream: &str| {
        let mut error = Case::small(&format!("[streams.a]\n{stream}")).error();
        let others = error.take_others();
        let hint = |error: &crate::ConfigError| error.hint().unwrap_or_default().to_owned();
        std::iter::once(&error).chain(&others).map(hint).collect::<Vec<_>>()
    };
    assert_eq!(
        hints("path = \"/{window.start}\"\nquery = { a = \"{job.id}\", b = \"{each.c}\", d = \"{e}\" }\n"),
        [
            "add a table `[streams.a.window]`, whose windows have these times",
            "add a table `[streams.a.job]`, whose job has this value",
            "name it in `streams.a.each`, which says where parents come from",
            "write a brace that is meant for the server twice: `{{`",
        ]
    );
    let window = "path = \"/{window.start}\"\nheaders = { x = \"{window.start}\" }\n\
                  window = { from = \"2026-01-01\" }\n";
    assert_eq!(
        hints(window),
        [
            "a window is only known in `path`, `query`, `body` and the path of a sink, and its last time only in requests"
        ]
    );
    let job = "path = \"/{job.url}\"\n[streams.a.job]\nid = \"/id\"\npoll = \"/{job.id}\"\n\
               submit.path = \"/{job.id}\"\ndone = [\"x\"]\nstate = \"/s\"\n";
    assert_eq!(
        hints(job),
        [
            "set `streams.a.job.url` to its place in the answer",
            "a job is only known in `poll`, `cancel` and the requests for its results",
        ]
    );
}
