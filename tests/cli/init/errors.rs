//! What `init` refuses, with the exact texts. It writes nothing then.

use longhaul_tests::{Reaction, Received, Reply};
use serde_json::json;

use super::stand_in::init;
use crate::folder::{CommandLine, Folder};

/// Asserts the error of `init` with these arguments and a server that answers with `script`.
#[track_caller]
fn assert_failed(
    arguments: &str,
    script: impl Fn(&Received) -> Reaction + Send + Sync + 'static,
    (code, error): (i32, &str),
) {
    let done = init(arguments, script);
    done.ended.assert_failed(code, error);
    done.ended.assert_hides("t0ken-of-init");
    assert_eq!(done.folder.names_in("."), [""; 0]);
}

/// Asserts the error of `init` with these arguments, without a request.
#[track_caller]
fn assert_refused(arguments: &[&str], error: &str) {
    let folder = Folder::empty();
    let command = arguments.iter().fold(folder.longhaul("init"), CommandLine::argument);
    command.variable("API_TOKEN", "t0ken").run().assert_failed(2, error);
    assert_eq!(folder.names_in("."), [""; 0]);
}

fn reply(reply: Reply) -> impl Fn(&Received) -> Reaction {
    move |_| reply.clone().into()
}

#[test]
fn an_api_that_requires_credentials() {
    let refusal = || Reply::refusal(401, &json!({ "message": "No API key" }));
    assert_failed(
        "ROOT/v1/calls",
        reply(refusal()),
        (
            3,
            "error: could not fetch the first page of `calls`\n  \
         caused by: `GET http://127.0.0.1:PORT/v1/calls` was refused\n  \
         caused by: the server answered 401 Unauthorized: No API key\n\
         hint: put a token into an environment variable, and name that: --token-env NAME; for a key in a header such as \
         X-Api-Key, add --token-header X-Api-Key\n",
        ),
    );
    assert_failed(
        "ROOT/v1/calls",
        reply(Reply::refusal(403, &json!({ "message": "Forbidden" }))),
        (
            3,
            "error: could not fetch the first page of `calls`\n  \
         caused by: `GET http://127.0.0.1:PORT/v1/calls` failed\n  \
         caused by: the server answered 403 Forbidden: Forbidden\n\
         hint: put a token into an environment variable, and name that: --token-env NAME; for a key in a header such as \
         X-Api-Key, add --token-header X-Api-Key\n",
        ),
    );
    assert_failed(
        "ROOT/v1/calls --token-env API_TOKEN",
        reply(refusal()),
        (
            3,
            "error: could not fetch the first page of `calls`\n  \
         caused by: `GET http://127.0.0.1:PORT/v1/calls` was refused\n  \
         caused by: the server answered 401 Unauthorized: No API key\n\
         hint: check the token in `API_TOKEN`, what it may read, and where it goes: --token-header NAME or \
         --token-query NAME; for a scheme other than `Bearer`, put the scheme into `API_TOKEN`, too, as in `Token …` or \
         `Basic …`, and add --token-header Authorization\n",
        ),
    );
}

#[test]
fn a_path_that_does_not_exist() {
    assert_failed(
        "ROOT/v1/calls",
        reply(Reply::refusal(404, &json!({ "message": "Not here" }))),
        (
            4,
            "error: could not fetch the first page of `calls`\n  \
         caused by: `GET http://127.0.0.1:PORT/v1/calls` failed\n  \
         caused by: the server answered 404 Not Found: Not here\n\
         hint: check the URL against the documentation of the API\n",
        ),
    );
}

#[test]
fn answers_that_are_not_a_page_of_json() {
    let of_type = |media_type: &str, body: &str| {
        Reply { body: body.into(), ..Reply::status(200) }.header("content-type", media_type)
    };
    for (answer, error) in [
        (
            Reply::html(),
            "error: the answer is HTML, not JSON\n\
             hint: give the URL of the API instead of that of a website; some APIs need a header, such as \
             --header 'Accept: application/json'\n",
        ),
        (
            of_type("application/xml", "<orders/>"),
            "error: the answer is XML, not JSON\n\
             hint: give the URL of the API instead of that of a website; some APIs need a header, such as \
             --header 'Accept: application/json'\n",
        ),
        (
            of_type("text/csv; charset=utf-8", "id,name\n1,x\n"),
            "error: the answer is not JSON; its type is `text/csv`\n\
             hint: for NDJSON or CSV, write the stream yourself, with `format = \"ndjson\"` or `\"csv\"`\n",
        ),
        (
            Reply::json("7"),
            "error: the answer is neither a list nor an object\nhint: give the URL of a listing\n",
        ),
        (
            Reply::status(204),
            "error: the answer is empty\nhint: give the URL of a listing that has records\n",
        ),
        (
            Reply::json(r#"{"ok":false,"error":"not_authed"}"#),
            "error: the API reports an error, although the status is a success: not_authed\n\
             hint: check the URL against the documentation of the API\n",
        ),
    ] {
        assert_failed("ROOT/v1/calls", reply(answer), (4, error));
    }
}

#[test]
fn a_redirect_to_a_page_for_people_to_log_in() {
    let to = |place: &'static str| {
        move |request: &Received| match request.url.path() {
            "/login" => Reply::html().into(),
            _ => Reply::status(302).header("location", place).into(),
        }
    };
    assert_failed(
        "ROOT/v1/calls",
        to("/login?next=calls"),
        (
            4,
            "error: the API redirects to `http://127.0.0.1:PORT/login`, which is HTML, not JSON\n\
             hint: if that is a page for people to log in, put a token into an environment variable, and name that: \
             --token-env NAME; otherwise, give the URL of the API instead of that of a website\n",
        ),
    );
    assert_failed(
        "ROOT/v1/calls",
        to("https://sso.example.com/login"),
        (
            4,
            "error: could not fetch the first page of `calls`\n  \
             caused by: `GET http://127.0.0.1:PORT/v1/calls` failed\n  \
             caused by: the server points to `https://sso.example.com`, but credentials are sent only to \
             `http://127.0.0.1:PORT`\n\
             hint: give the final address, without redirects; if it leads to a page for people to log in, add \
             --token-env NAME\n",
        ),
    );
}

#[test]
fn a_server_that_does_not_answer() {
    let folder = Folder::empty();
    let url = format!("{}/v1/calls", crate::api::unused_url());
    folder.longhaul("init").argument(url).run().assert_failed(
        75,
        "error: could not fetch the first page of `calls`\n  \
         caused by: `GET http://127.0.0.1:PORT/v1/calls` failed\n  \
         caused by: no connection to the server\n  \
         caused by: io: Connection refused (os error N)\n\
         hint: check the host and port of the URL, and that the server is up; if a proxy is needed, set `HTTPS_PROXY`\n",
    );
    assert_eq!(folder.names_in("."), [""; 0]);
}

#[test]
fn urls_that_cannot_be_used() {
    let hint = "hint: give the URL of a listing, such as https://api.example.com/orders; longhaul systems lists the built-in \
                presets, which need none\n";
    for text in ["stripe", "api.example.com/orders?key=x", "ftp://api.example.com"] {
        let shown = text.split('?').next().unwrap();
        assert_refused(
            &[text],
            &format!("error: `{shown}` is not a URL that starts with `https://` or `http://`\n{hint}"),
        );
    }
    assert_refused(
        &["https://me:hunter2@api.example.com/orders"],
        "error: a URL must not have a user or password\n\
         hint: for a token, put it into an environment variable and name that: --token-env NAME\n",
    );
    assert_refused(
        &["https://api.example.com/orders?api_key=hunter2"],
        "error: the parameter `api_key` of the URL looks like a secret, which must not be in a file\n\
         hint: put its value into an environment variable, and remove it from the URL: --token-env NAME --token-query \
         api_key\n",
    );
}

#[test]
fn settings_that_the_configuration_could_not_have() {
    let name = "error: `streams.Calls`: `Calls` is not a valid name\n\
                hint: use lower-case letters, digits and single underscores, and start with a letter\n";
    assert_refused(&["https://api.example.com/calls", "--stream", "Calls"], name);
    assert_refused(
        &["http://api.example.com/calls"],
        "error: `api.base_url`: plain http would send credentials to `api.example.com` unencrypted\n\
         hint: use https, or set `api.allow_http` to true\n",
    );
    assert_refused(
        &["https://api.example.com/calls", "--token-env", "API_TOKEN", "--token-header", "X Key"],
        "error: `auth.header`: this is not a valid header name\n",
    );
}

#[test]
fn secrets_are_named_and_never_given() {
    let url = "https://api.example.com/orders";
    assert_refused(
        &[url, "--header", "X-Api-Key: hunter2"],
        "error: the header `X-Api-Key` looks like a secret, which must not be in a file\n\
         hint: put its value into an environment variable, and name that: --token-env NAME --token-header X-Api-Key\n",
    );
    assert_refused(
        &[url, "--header", "Authorization: Bearer hunter2"],
        "error: the header `Authorization` looks like a secret, which must not be in a file\n\
         hint: put its value into an environment variable, and name that: for `Authorization: Bearer …`: --token-env NAME\n",
    );
    assert_refused(
        &[url, "--header", "hunter2"],
        "error: --header takes a name and a value\nhint: write it as 'X-Tenant: 7'\n",
    );
    assert_refused(
        &[url, "--token-env", "hunter-2"],
        "error: the name of the environment variable is not valid\n\
         hint: put the token into a variable, and give its name, such as --token-env API_TOKEN\n",
    );
    assert_refused(
        &[url, "--token-env", "NO_TOKEN"],
        "error: the environment variable `NO_TOKEN` is not set\nhint: put the token into it: export NAME=…\n",
    );
    assert_refused(
        &[url, "--token-env", "hunter2"],
        "error: the environment variable for the token is not set\nhint: put the token into it: export NAME=…\n",
    );
}

#[test]
fn nothing_is_overwritten() {
    for name in ["longhaul.toml", "longhaul.yaml", "longhaul.yml", "longhaul.json"] {
        let folder = Folder::empty().with(name, "mine");
        let error = format!(
            "error: `{name}` exists already, and init overwrites nothing\n\
             hint: work in another folder with -C FOLDER, or name another file with -c FILE.toml\n"
        );
        folder.run("init https://api.example.com/orders").assert_failed(2, &error);
        folder.run("init genesys").assert_failed(2, &error);
        assert_eq!((folder.names_in("."), folder.read(name)), (vec![name.to_owned()], "mine".to_owned()));
    }
    let folder = Folder::empty().with("crm.toml", "mine");
    folder.run("init https://api.example.com/orders -c crm.toml").assert_failed(
        2,
        "error: `crm.toml` exists already, and init overwrites nothing\n\
         hint: work in another folder with -C FOLDER, or name another file with -c FILE.toml\n",
    );
    folder.run("init https://api.example.com/orders -c crm.yaml").assert_failed(
        2,
        "error: init writes one file, whose name must end in `.toml`\n\
         hint: name it with -c, or omit -c for `longhaul.toml`\n",
    );
}

#[test]
fn another_file_is_written_beside_the_first() {
    let done = init("ROOT/v1/calls -c crm.toml --stream phone_calls --header X-Tenant:7", |request| {
        assert_eq!(request.header("x-tenant"), Some("7"));
        Reply::json(r#"[{"id":1}]"#).into()
    });
    assert_eq!(done.ended.assert_complete().stderr, "");
    let ended = "wrote crm.toml\n\nnext:\n  longhaul -c crm.toml check\n  longhaul -c crm.toml preview phone_calls --columns\n  \
                 longhaul -c crm.toml run\n";
    assert!(done.ended.stdout.ends_with(ended), "{}", done.ended.stdout);
    assert!(done.folder.read("crm.toml").contains("headers = { X-Tenant = \"7\" }\n"));
    done.run("run -c crm.toml").assert_complete();
    assert_eq!(done.folder.read("out/phone_calls.ndjson"), "{\"id\":1}\n");
}

#[test]
fn a_name_that_no_stream_can_have() {
    for name in ["My Calls", "a.b"] {
        let error = format!(
            "error: `streams.\"{name}\"`: `{name}` is not a valid name\n\
             hint: use lower-case letters, digits and single underscores, and start with a letter\n"
        );
        assert_refused(&["http://127.0.0.1:1/v1/calls", "--stream", name], &error);
    }
}
