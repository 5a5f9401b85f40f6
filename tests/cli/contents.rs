//! What requests contain: JSON, forms, other text, and placeholders.

use longhaul_tests::{Received, Reply};
use serde_json::json;

use crate::ends::{reply, stream};

fn sent(request: &Received) -> (String, String) {
    let content_type = request.header("content-type").unwrap_or_default().to_owned();
    (content_type, String::from_utf8(request.body.clone()).unwrap())
}

#[test]
fn a_form_carries_the_page_number() {
    let keys = "method = \"POST\"\nform = { q = \"{stream} & {date}\", state = [\"new\", 2], page = 9 }\n\
                pages = { type = \"page_number\", param = \"/page\" }";
    let (folder, server) = stream(keys, |request| {
        let page = request.field("page");
        reply(&if page.as_deref() == Some("1") { json!([{ "id": 1 }]) } else { json!([]) })
    });
    folder.run("run").assert_complete();
    let today = folder.read(".longhaul/events.json");
    let first = sent(&server.api_requests()[0]);
    assert_eq!(first.0, "application/x-www-form-urlencoded");
    let (before, after) = first.1.split_once("q=events+%26+").unwrap();
    assert_eq!((before, &after[10..]), ("", "&state=new&state=2&page=1"));
    assert!(!today.is_empty());
    assert_eq!(server.api_requests()[1].field("page").as_deref(), Some("2"));
}

#[test]
fn text_is_sent_with_its_type() {
    let keys = "method = \"POST\"\ntext = \"<q>{stream} {{stream}</q>\"\ncontent_type = \"application/xml\"";
    let (folder, server) = stream(keys, |_| reply(&json!([])));
    folder.run("run").assert_complete();
    let expected = ("application/xml".to_owned(), "<q>events {stream}</q>".to_owned());
    assert_eq!(sent(&server.api_requests()[0]), expected);
}

#[test]
fn a_job_is_submitted_and_cancelled_with_any_content() {
    let keys = "records = \"/r\"\npages = { type = \"single\" }\npath = \"/jobs/{job.id}/results\"\n[streams.events.job]\n\
                submit = { path = \"/jobs\", form = { q = \"a b\", tag = [\"x\", \"y\"] } }\nid = \"/id\"\n\
                poll = \"/jobs/{job.id}\"\nstate = \"/state\"\ndone = [\"DONE\"]\nevery = \"1ms\"\n\
                cancel = { method = \"POST\", path = \"/cancel\", text = \"id={job.id}\", content_type = \"text/plain\" }";
    let (folder, server) = {
        let keys = keys.replace("path = \"/jobs/{job.id}/results\"\n", "");
        stream(&keys, |request| match request.url.path() {
            "/jobs" => reply(&json!({ "id": "j7" })),
            "/jobs/j7" => reply(&json!({ "state": "DONE" })),
            _ => reply(&json!({ "r": [1] })),
        })
    };
    folder.run("preview events").assert_complete();
    let requests = server.api_requests();
    assert_eq!(
        sent(&requests[0]),
        ("application/x-www-form-urlencoded".to_owned(), "q=a+b&tag=x&tag=y".to_owned())
    );
    let cancel = requests.iter().find(|request| request.url.path() == "/cancel").unwrap();
    assert_eq!(sent(cancel), ("text/plain".to_owned(), "id=j7".to_owned()));
}

#[test]
fn a_list_in_the_query_repeats_its_parameter() {
    let (folder, server) = stream("query = { id = [1, 2], of = \"{stream}\" }", |_| reply(&json!([])));
    folder.run("run").assert_complete();
    assert_eq!(server.api_requests()[0].url.query(), Some("id=1&id=2&of=events"));
}

#[test]
fn an_unfinished_pull_is_not_resumed_with_another_form_or_format() {
    let keys =
        "method = \"POST\"\nform = { q = \"a\" }\npages = { type = \"page_number\", param = \"page\" }";
    let (folder, _server) = stream(keys, |request| {
        if request.query("page").as_deref() == Some("1") { reply(&json!([1])) } else { Reply::status(404) }
    });
    assert_eq!(folder.run("run").code, Some(4));
    for change in ["form.q=b", "format=ndjson"] {
        let ended = folder.run(&format!("run --set streams.events.{change}"));
        let key = change.split_once('=').unwrap().0;
        assert_eq!(ended.code, Some(6));
        assert!(ended.stderr.contains(&format!("streams.events.{key}")), "{}", ended.stderr);
    }
}

#[test]
fn contents_that_contradict_each_other_are_errors() {
    for (keys, stderr) in [
        (
            "method = \"POST\"\nbody = { a = 1 }\nform = { a = 1 }",
            "`streams.events.form`: the request has a `body` already\n  in: longhaul.toml:18\n\
             hint: set only one of `body`, `form` and `text`",
        ),
        (
            "method = \"POST\"\ntext = \"a\"",
            "`streams.events.text` requires `content_type`\n  in: longhaul.toml:17\n\
             hint: name its media type: `content_type = \"text/plain\"`",
        ),
        (
            "method = \"POST\"\nbody = {}\ncontent_type = \"text/plain\"",
            "`streams.events.content_type` requires `text`\n  in: longhaul.toml:18\n\
             hint: `body` is sent as JSON and `form` as a form; for another type, use `text`",
        ),
        (
            "method = \"POST\"\ntext = \"a\"\ncontent_type = \"plain\"",
            "`streams.events.content_type`: `plain` is not a media type such as `text/plain`\n  in: longhaul.toml:18",
        ),
        (
            "method = \"POST\"\ntext = \"a\"\ncontent_type = \"a/b\"\npages = { type = \"offset\", param = \"/from\" }",
            "`streams.events.pages.param`: `/from` is a place in JSON or a form, but the request has a `text`\n  in: longhaul.toml:19\n\
             hint: use a query parameter, whose name has no `/` before it",
        ),
        (
            "method = \"POST\"\nform = { a = 1 }\npages = { type = \"offset\", param = \"/a/b\" }",
            "`streams.events.pages.param`: `/a/b` is not a field of a form, which has no levels\n  in: longhaul.toml:18\n\
             hint: write `/` and the name of the field, with `~1` for a `/` in it",
        ),
    ] {
        let (folder, server) = stream(keys, |_| Reply::json("[]"));
        folder.run("run").assert_failed(2, &format!("error: {stderr}\n"));
        assert_eq!(server.connections(), 0);
    }
}

#[test]
fn an_unknown_placeholder_is_an_error_wherever_it_is() {
    let job = "submit = { path = \"/s\" }\nid = \"/id\"\npoll = \"/p\"\nstate = \"/s\"\ndone = [\"D\"]";
    for (keys, key, name) in [
        ("query = { a = [\"x\", \"{steam}\"] }", "query.a", "steam"),
        ("headers = { X-A = \"{steam}\" }", "headers.X-A", "steam"),
        (
            "window = { from = \"2026-01-01\" }\nheaders = { X-A = \"{window.start}\" }",
            "headers.X-A",
            "window.start",
        ),
        ("method = \"POST\"\nbody = { a = [{ b = \"{window.start}\" }] }", "body", "window.start"),
        ("method = \"POST\"\nbody = \"\"\"{\"a\":\"{steam}\"}\"\"\"", "body", "steam"),
        ("method = \"POST\"\nform = { a = \"{steam}\" }", "form.a", "steam"),
        ("method = \"POST\"\ntext = \"{steam}\"\ncontent_type = \"a/b\"", "text", "steam"),
        (
            &format!("job.{}", job.replace("\"/s\" }", "\"/{job.id}\" }").replace('\n', "\njob.")),
            "job.submit.path",
            "job.id",
        ),
        (
            &format!("job.{}", job.replace("\"/p\"", "\"/{job.ib}\"").replace('\n', "\njob.")),
            "job.poll",
            "job.ib",
        ),
    ] {
        let (folder, server) = stream(keys, |_| Reply::json("[]"));
        let ended = folder.run("run");
        let stderr = ended.stable_stderr();
        let error = format!("error: `streams.events.{key}`: `{{{name}}}` is not a known placeholder");
        assert!(stderr.starts_with(&error), "{stderr}");
        let hint = match (name, key) {
            ("window.start", "body") => {
                "add a table `[streams.events.window]`, whose windows have these times"
            }
            ("window.start", _) => {
                "a window is only known in `path`, `query`, `body` and the path of a sink, and its last time only in \
                 requests"
            }
            ("job.id", _) => "a job is only known in `poll`, `cancel` and the requests for its results",
            _ => "write a brace that is meant for the server twice: `{{`",
        };
        assert!(stderr.ends_with(&format!("hint: {hint}\n")), "{stderr}");
        assert_eq!((ended.code, server.connections()), (Some(2), 0));
    }
}

#[test]
fn placeholders_in_headers_are_filled_unless_the_value_is_a_secret_from_elsewhere() {
    let echo = |request: &Received| {
        let header = |name: &str| request.header(name).unwrap().to_owned();
        Reply::json(json!([[header("x-a"), header("x-b"), header("x-c")]]).to_string())
    };
    let keys = "each = { list = [\"a 7\", \"8\"], as = \"tenant\" }\n\
                headers = { X-A = \"{stream}/{each.tenant}\", X-B = \"{{a}\", X-C = { env = \"WITH_BRACES\" } }";
    let (folder, _server) = stream(keys, echo);
    folder.longhaul("run").variable("WITH_BRACES", "{each.tenant}{{").run().assert_complete();
    let expected = |tenant| format!("[\"events/{tenant}\",\"{{a}}\",\"{{each.tenant}}{{{{\"]\n");
    assert_eq!(folder.read("out/events.ndjson"), expected("a 7") + &expected("8"));
}

#[test]
fn a_value_that_a_header_cannot_contain_is_an_error() {
    let keys =
        "each = { list = [\"7\\nX-Admin: 1\"], as = \"tenant\" }\nheaders = { X-Tenant = \"{each.tenant}\" }";
    let (folder, server) = stream(keys, |_| Reply::json("[]"));
    folder.run("run").assert_failed(
        4,
        "error: the stream `events` is not complete\n  \
         caused by: the value for the header `x-tenant` contains a line break or control character, \
         which a header cannot contain\nhint: check the headers of `streams.events`\n",
    );
    assert_eq!(server.connections(), 0);
}

#[test]
fn headers_of_all_streams_know_no_parent() {
    let (folder, server) = stream("", |_| Reply::json("[]"));
    let text = folder.read("longhaul.toml");
    let folder = folder
        .with("longhaul.toml", text.replace("[api]\n", "[api]\nheaders.X-Tenant = \"{each.tenant}\"\n"));
    folder.run("run").assert_failed(
        2,
        "error: `api.headers.X-Tenant`: `{each.tenant}` is not a known placeholder\n  in: longhaul.toml:2\n\
         hint: write a brace that is meant for the server twice: `{{`\n",
    );
    assert_eq!(server.connections(), 0);
}

#[test]
fn an_unknown_placeholder_in_a_file_is_an_error_too() {
    let (folder, server) = stream("method = \"POST\"\nbody = { file = \"q.json\" }", |_| Reply::json("[]"));
    let folder = folder.with("q.json", "{\"a\":\"{steam}\"}");
    folder.run("run").assert_failed(
        2,
        "error: `streams.events.body`: `{steam}` is not a known placeholder (did you mean `stream`?)\n  \
         in: longhaul.toml:17\nhint: write a brace that is meant for the server twice: `{{`\n",
    );
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_variable_as_in_a_shell_is_an_error_with_the_right_form() {
    let (folder, server) = stream("query = { a = \"${TENANT}\" }", |_| Reply::json("[]"));
    folder.run("run").assert_failed(
        2,
        "error: `streams.events.query.a`: `${TENANT}` is not replaced; for a variable of the environment, write \
         `{ env = \"TENANT\" }` as the whole value\n  \
         in: longhaul.toml:16\nhint: write a brace that is meant for the server twice: `{{`\n",
    );
    assert_eq!(server.connections(), 0);
}
