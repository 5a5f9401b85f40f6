//! Microsoft Graph.

use longhaul_tests::{FaultServer, Reaction, Received, Reply};
use serde_json::json;

use crate::{api, folder::Folder};

use super::system::{Pull, RECORDS, SIZE, end, number, page, parameter, records, root, too_many_requests};

const TOKEN: &str = "/acme/oauth2/v2.0/token";

fn accepts(request: &Received) -> bool {
    if request.url.path() != TOKEN {
        return request.bearer() == Some("eyJ-t0ken");
    }
    let expected = [
        ("grant_type", "client_credentials"),
        ("scope", "https://graph.microsoft.com/.default"),
        ("client_id", "11111111-1111"),
        ("client_secret", "s3cret"),
    ];
    expected.iter().all(|(name, value)| request.field(name).as_deref() == Some(value))
}

fn pull<S>(stream: &'static str, settings: &'static str, script: S) -> Pull<'static, S> {
    Pull {
        system: "microsoft_graph",
        stream,
        settings,
        variables: &[("AZURE_CLIENT_ID", "11111111-1111"), ("AZURE_CLIENT_SECRET", "s3cret")],
        accepts,
        refusal: Reply::refusal(
            401,
            &json!({ "error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided." }),
        ),
        throttled: too_many_requests(),
        script,
    }
}

/// A listing with an empty page after the first one, which has a link all the same. Links are in a form of the server's own.
fn listing(request: &Received) -> Reaction {
    if request.url.path() == TOKEN {
        return Reply::json(r#"{"token_type":"Bearer","expires_in":3599,"access_token":"eyJ-t0ken"}"#).into();
    }
    assert_eq!(parameter(request, "$top"), "999");
    let (start, is_empty) = match parameter(request, "$skiptoken").strip_prefix("empty") {
        Some(start) => (start.parse().unwrap(), true),
        None => (number(request, "$skiptoken", 0), false),
    };
    let token = match (start, is_empty) {
        (_, true) => Some(start.to_string()),
        (0, _) => Some(format!("empty{SIZE}")),
        (start, _) => (end(start) < RECORDS).then(|| end(start).to_string()),
    };
    let records = if is_empty { "[]".to_owned() } else { page(start) };
    let next = token.map_or_else(String::new, |token| {
        let link = format!("{}{}?$top=999&$skiptoken={token}", root(request), request.url.path());
        format!(r#""@odata.nextLink":"{link}","#)
    });
    let context = "https://graph.microsoft.com/v1.0/$metadata#users";
    Reply::json(format!(r#"{{"@odata.context":"{context}",{next}"value":{records}}}"#)).into()
}

#[test]
fn listings() {
    let settings = "auth.token_url = \"ROOT/acme/oauth2/v2.0/token\"";
    for stream in ["users", "groups", "devices", "applications"] {
        pull(stream, settings, listing).assert_pulls(&records(), (3, "AADSTS7000215"));
    }
}

#[test]
fn audits_are_filtered_by_day() {
    for (stream, time, settings) in [
        (
            "sign_ins",
            "createdDateTime",
            "auth.token_url = \"ROOT/acme/oauth2/v2.0/token\"\nstreams.sign_ins.window = { from = \"2026-01-01\", to = \"2026-01-03\" }",
        ),
        (
            "directory_audits",
            "activityDateTime",
            "auth.token_url = \"ROOT/acme/oauth2/v2.0/token\"\nstreams.directory_audits.window = { from = \"2026-01-01\", to = \"2026-01-03\" }",
        ),
    ] {
        let script = move |request: &Received| {
            let filter = parameter(request, "$filter");
            let day = |from, to| {
                format!("{time} ge 2026-01-{from}T00:00:00.000Z and {time} le 2026-01-{to}T00:00:00.000Z")
            };
            if filter == day("02", "03") {
                // At midnight, it is in both days.
                let last = records().pop().unwrap();
                return Reply::json(format!(r#"{{"value":[{last}]}}"#)).into();
            }
            assert!(filter.is_empty() || filter == day("01", "02"), "{filter}");
            listing(request)
        };
        pull(stream, settings, script).assert_pulls(&records(), (3, "AADSTS7000215"));
    }
}

/// Everything at first, and then what changed. The first change is one that has arrived already.
#[test]
fn changes_since_the_last_run() {
    for (stream, path) in [("user_changes", "/users/delta"), ("group_changes", "/groups/delta")] {
        let server = FaultServer::start(api::clock(), move |request| {
            if request.url.path() == TOKEN {
                return listing(request);
            }
            assert_eq!((request.url.path(), request.bearer()), (path, Some("eyJ-t0ken")));
            let link = |token: &str| format!("{}{path}?${token}", root(request));
            let (token, records) = match (parameter(request, "$skiptoken"), parameter(request, "$deltatoken"))
            {
                (skip, delta) if skip.is_empty() && delta.is_empty() => {
                    ("@odata.nextLink\":\"".to_owned() + &link("skiptoken=s1"), page(0))
                }
                (_, delta) if delta.is_empty() => {
                    ("@odata.deltaLink\":\"".to_owned() + &link("deltatoken=d1"), page(SIZE))
                }
                (_, delta) if delta == "d1" => {
                    let replayed = records().remove(SIZE);
                    let changed = r#"{"id":"r00","@removed":{"reason":"changed"}}"#;
                    (
                        "@odata.deltaLink\":\"".to_owned() + &link("deltatoken=d2"),
                        format!("[{replayed},{changed}]"),
                    )
                }
                _ => {
                    let error = json!({ "error": { "code": "syncStateNotFound", "message": "The delta token is expired." } });
                    return Reply::refusal(400, &error).into();
                }
            };
            Reply::json(format!(r#"{{"{token}","value":{records}}}"#)).into()
        });
        let configuration = format!(
            "system = \"microsoft_graph\"\napi.base_url = \"{0}\"\nauth.token_url = \"{0}{TOKEN}\"\n\
             streams.{stream}.sinks = [\"lines\"]\n{1}mode = \"append\"\n",
            api::root(&server),
            api::LINES
        );
        let folder = Folder::configured(&configuration);
        let run = || {
            let command = folder.longhaul("run").variable("AZURE_CLIENT_ID", "11111111-1111");
            command.variable("AZURE_CLIENT_SECRET", "s3cret").run()
        };
        run().assert_complete();
        run().assert_complete();
        let expected =
            [&records()[..2 * SIZE], &[r#"{"id":"r00","@removed":{"reason":"changed"}}"#.to_owned()]];
        assert_eq!(folder.read(&format!("out/{stream}.ndjson")), expected.concat().join("\n") + "\n");
        let expired = run();
        assert_eq!(expired.code, Some(4));
        let hint =
            "hint: the link of the last run has expired: to pull everything again, add --full-refresh\n";
        assert!(expired.last_error().ends_with(hint), "{}", expired.stderr);
    }
}

#[test]
fn errors() {
    let settings = "auth.token_url = \"ROOT/acme/oauth2/v2.0/token\"";
    let error = json!({ "error": { "code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete the operation." } });
    let ended = pull("users", settings, listing).answered_with(Reply::refusal(403, &error));
    assert_eq!(ended.code, Some(4));
    let words = ended.last_error();
    assert!(
        words.contains("Authorization_RequestDenied") && words.contains("Insufficient privileges"),
        "{words}"
    );
}
