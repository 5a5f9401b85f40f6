//! Settings of `[auth]` that cannot be used. Nothing is sent.

use crate::folder::Folder;

const KEYS: [(&str, &str); 8] = [
    ("rsa.pem", include_str!("../../support/keys/rsa.pem")),
    ("rsa_1024.pem", include_str!("../../support/keys/rsa_1024.pem")),
    ("p384.pem", include_str!("../../support/keys/p384.pem")),
    ("ed25519.pem", include_str!("../../support/keys/ed25519.pem")),
    ("sec1.pem", include_str!("../../support/keys/sec1.pem")),
    ("encrypted.pem", include_str!("../../support/keys/encrypted.pem")),
    ("encrypted_pkcs1.pem", include_str!("../../support/keys/encrypted_pkcs1.pem")),
    ("client.pem", include_str!("../../support/keys/client.pem")),
];

/// Asserts the error of a configuration with this `[auth]`, which begins on line 4.
#[track_caller]
fn assert_refused(auth: &str, expected: &str) {
    assert_refused_with("", auth, expected);
}

/// The same, with more keys of `[api]` on line 3.
#[track_caller]
fn assert_refused_with(api: &str, auth: &str, expected: &str) {
    let configuration = format!(
        "[api]\nbase_url = \"https://api.example.com\"\n{api}\n[auth]\n{auth}\n[streams.items]\npath = \"/items\"\n"
    );
    let folder =
        KEYS.iter().fold(Folder::configured(&configuration), |folder, (name, pem)| folder.with(name, pem));
    let folder = folder.with("damaged.pem", KEYS[0].1.replace("MII", "MAA"));
    folder.run("run").assert_failed(2, &format!("error: {expected}\n"));
}

/// A grant with `more`, which begins on line 8.
fn grant(more: &str) -> String {
    format!(
        "type = \"client_credentials\"\ntoken_url = \"https://login.example.com/token\"\nclient_id = \"c\"\n{more}"
    )
}

#[test]
fn keys_that_contradict_each_other() {
    assert_refused(
        "type = \"api_key\"\nkey = \"k\"\nheader = \"X-Key\"\nquery = \"key\"",
        "`auth.query`: the credential goes into `auth.header` already\n  in: longhaul.toml:8\nhint: remove one of them",
    );
    assert_refused(
        "type = \"token\"\ntoken = \"t\"\nscheme = \"Token\"\nquery = \"key\"",
        "`auth.scheme`: a query parameter has no scheme, only a value\n  in: longhaul.toml:7\nhint: remove it",
    );
    assert_refused(
        "type = \"api_key\"\nkey = \"k\"",
        "`auth.header` or `auth.query` is missing\n  in: longhaul.toml:4\n\
         hint: say where the key goes, such as `header = \"X-Api-Key\"` or `query = \"api_key\"`",
    );
    assert_refused(
        &grant("client_secret = \"s\"\nclient_auth = \"none\""),
        "`auth.client_secret`: with `client_auth = \"none\"`, it is not sent\n  in: longhaul.toml:8\n\
         hint: remove it, or set `client_auth` to `basic` or `post`",
    );
    assert_refused(
        &grant("client_secret = \"s\"\nkey_id = \"k\""),
        "`auth.key_id`: nothing is signed, so this has no effect\n  in: longhaul.toml:9\n\
         hint: remove it, or set `client_auth = \"private_key_jwt\"`",
    );
    assert_refused(
        &grant("client_auth = \"post\"\nrequest.fields = { id = \"{client_id}\" }"),
        "`auth.client_auth`: `post` has no effect, because `request.fields` replaces all fields\n  in: longhaul.toml:8\n\
         hint: remove it, and add fields such as `client_id = \"{client_id}\"` and `client_secret = \"{client_secret}\"`",
    );
    assert_refused(
        &grant("client_secret = \"s\"\nrefresh_token = \"r\"\nrequest.fields = { id = \"{client_id}\" }"),
        "`auth.refresh_token`: `request.fields` replaces all fields, so it is not sent\n  in: longhaul.toml:9\n\
         hint: remove it, or use `type = \"refresh_token\"` and a field `{refresh_token}`",
    );
    assert_refused(
        &grant("client_secret = \"s\"\nrequest.method = \"GET\""),
        "`auth.request.method`: a GET has no body for the fields\n  in: longhaul.toml:9\n\
         hint: set `request.format = \"query\"`, or use POST",
    );
    assert_refused(
        &grant("client_secret = \"s\"\nrequest.headers = { authorization = \"Basic x\" }"),
        "`auth.request.headers.authorization`: this header carries the id and secret of the client\n  in: longhaul.toml:9\n\
         hint: to set your own, use `client_auth = \"none\"`",
    );
}

#[test]
fn keys_that_do_not_belong_to_the_type() {
    assert_refused(
        "type = \"basic\"\nusername = \"me\"\npassword = \"p\"\nheader = \"X-Key\"",
        "`auth.header` is not a key of type `basic`\n  in: longhaul.toml:8\n\
         hint: the keys of type `basic` are `password`, `username`",
    );
    assert_refused(
        "type = \"api_key\"\nkey = \"k\"\nheader = \"X-Key\"\nscheme = \"Token\"",
        "`auth.scheme` is not a key of type `api_key`\n  in: longhaul.toml:8\n\
         hint: the keys of type `api_key` are `header`, `key`, `query`",
    );
    assert_refused(
        &grant("client_secret = \"s\"\nsubject = \"me\""),
        "`auth.subject` is not a key of type `client_credentials`\n  in: longhaul.toml:9\n\
         hint: the keys of type `client_credentials` are `algorithm`, `answers`, `audience`, `client_auth`, `client_id`, \
         `client_secret`, `extra`, `header`, `key_id`, `private_key`, `query`, `refresh_ahead`, `refresh_token`, \
         `request`, `response`, `scheme`, `scope`, `token_url`",
    );
}

#[test]
fn keys_that_are_missing() {
    assert_refused(
        &grant("client_auth = \"private_key_jwt\""),
        "`auth.private_key` is missing; `client_auth = \"private_key_jwt\"` signs with it\n  in: longhaul.toml:8\n\
         hint: add it, such as `private_key = { file = \"key.pem\" }`",
    );
    assert_refused(
        "type = \"jwt_bearer\"\ntoken_url = \"https://login.example.com\"\nclient_id = \"c\"",
        "`auth.private_key` is missing\n  in: longhaul.toml:4\n\
         hint: add it to a configuration file, or set the environment variable `LONGHAUL_AUTH__PRIVATE_KEY`",
    );
    assert_refused(
        "type = \"refresh_token\"\ntoken_url = \"https://login.example.com\"\nclient_id = \"c\"",
        "`auth.refresh_token` is missing\n  in: longhaul.toml:4\n\
         hint: add it to a configuration file, or set the environment variable `LONGHAUL_AUTH__REFRESH_TOKEN`",
    );
    assert_refused_with(
        "client_cert = \"client.pem\"",
        "type = \"none\"",
        "`api.client_key` is missing; `api.client_cert` needs it\n  in: longhaul.toml:3",
    );
}

#[test]
fn values_that_cannot_be_sent() {
    assert_refused(
        "type = \"basic\"\nusername = \"me:you\"\npassword = \"p\"",
        "`auth.username`: a user name for HTTP Basic cannot contain a colon\n  in: longhaul.toml:6",
    );
    assert_refused(
        "type = \"api_key\"\nkey = \"k\"\nheader = \"Host\"",
        "`auth.header`: longhaul sets this header itself\n  in: longhaul.toml:7",
    );
    assert_refused(
        "type = \"api_key\"\nkey = \"k\"\nheader = \"X Key\"",
        "`auth.header`: this is not a valid header name\n  in: longhaul.toml:7",
    );
    assert_refused(
        "type = \"api_key\"\nkey = \"hüntér\"\nheader = \"X-Key\"",
        "`auth.key`: a header cannot contain it; only visible ASCII characters are allowed\n  in: longhaul.toml:6",
    );
    assert_refused(
        "type = \"token\"\ntoken = \"t\"\nscheme = \"a\\nb\"",
        "`auth.scheme`: a header cannot contain this\n  in: longhaul.toml:7",
    );
    assert_refused(
        "type = \"api_key\"\nkey = \"k\"\nquery = \"\"",
        "`auth.query`: the name is empty\n  in: longhaul.toml:7",
    );
    assert_refused(
        &grant("client_secret = \"s\"\nresponse.token = \"last:/token\""),
        "`auth.response.token`: a token response has no records; use another place than `last:`\n  in: longhaul.toml:9",
    );
    assert_refused(
        &grant("client_secret = \"s\"\nresponse.expires_in = \"15\""),
        "`auth.response.expires_in`: `15` has no unit; write `15s` for seconds\n  in: longhaul.toml:9",
    );
}

#[test]
fn fields_of_a_token_request() {
    let fields = |fields: &str| grant(&format!("client_secret = \"s\"\nrequest.fields = {{ {fields} }}"));
    assert_refused(
        &fields("id = \"{clientid}\""),
        "`auth.request.fields.id`: `{clientid}` is not a known placeholder (did you mean `client_id`?)\n  \
         in: longhaul.toml:9\nhint: the placeholders are `{client_id}`, `{client_secret}`; `{{` is a brace",
    );
    assert_refused(
        &fields("id = \"${VAULT}\""),
        "`auth.request.fields.id`: `${VAULT}` is not replaced, because the text is not a shell's\n  in: longhaul.toml:9\n\
         hint: set a key such as `auth.password` to `{ env = \"VAULT\" }`, and write `{password}` here",
    );
    assert_refused(
        &fields("id = { name = \"{client_id}\" }"),
        "`auth.request.fields.id`: a form or query has only texts, numbers and booleans\n  in: longhaul.toml:9\n\
         hint: set `request.format = \"json\"`",
    );
    assert_refused(
        &grant(
            "client_auth = \"private_key_jwt\"\nprivate_key = { file = \"rsa.pem\" }\n\
             request.fields = { id = \"{client_id}\" }",
        ),
        "`auth.request.fields`: a field must be `{client_assertion}`\n  in: longhaul.toml:10",
    );
}

#[test]
fn private_keys() {
    let cases = [
        (
            "no-such.pem",
            "cannot read `FOLDER/no-such.pem`\n  in: longhaul.toml:9\n  caused by: No such file or directory (os error N)",
        ),
        (
            "encrypted.pem",
            "the private key is encrypted\n  in: longhaul.toml:9\n\
             hint: decrypt it: openssl pkey -in KEY -out NEW; or let `{ command = [\"openssl\", \"pkey\", …] }` print it",
        ),
        (
            "encrypted_pkcs1.pem",
            "the private key is encrypted\n  in: longhaul.toml:9\n\
             hint: decrypt it: openssl pkey -in KEY -out NEW; or let `{ command = [\"openssl\", \"pkey\", …] }` print it",
        ),
        (
            "client.pem",
            "there is no private key in PEM form\n  in: longhaul.toml:9\n\
             hint: the file must have a block `-----BEGIN PRIVATE KEY-----` or `-----BEGIN RSA PRIVATE KEY-----`",
        ),
        (
            "longhaul.toml",
            "there is no private key in PEM form\n  in: longhaul.toml:9\n\
             hint: the file must have a block `-----BEGIN PRIVATE KEY-----` or `-----BEGIN RSA PRIVATE KEY-----`",
        ),
        (
            "sec1.pem",
            "the private key has the form SEC1 (`EC PRIVATE KEY`), not PKCS#8\n  in: longhaul.toml:9\n\
             hint: convert it: openssl pkcs8 -topk8 -nocrypt -in KEY -out NEW",
        ),
        (
            "ed25519.pem",
            "the private key is neither an RSA key nor one of the curves P-256 and P-384\n  in: longhaul.toml:9\n\
             hint: create another one: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out KEY",
        ),
        (
            "rsa_1024.pem",
            "the private key has a size that is not supported; RSA keys have 2048 to 4096 bits\n  in: longhaul.toml:9\n\
             hint: create another one: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out KEY",
        ),
        (
            "damaged.pem",
            "the private key is damaged\n  in: longhaul.toml:9\n\
             hint: copy the key again, with all its lines; to check it: openssl pkey -in KEY -check",
        ),
    ];
    for (file, expected) in cases {
        let more = format!("client_auth = \"private_key_jwt\"\nprivate_key = {{ file = \"{file}\" }}");
        assert_refused(&grant(&more), &format!("`auth.private_key`: {expected}"));
    }
}

#[test]
fn algorithms_that_do_not_fit_the_key() {
    for (file, algorithm, fitting) in [
        ("p384.pem", "ES256", "ES384"),
        ("p384.pem", "RS256", "ES384"),
        ("rsa.pem", "ES384", "RS256, RS384, RS512, PS256, PS384 or PS512"),
    ] {
        let more = format!(
            "client_auth = \"private_key_jwt\"\nprivate_key = {{ file = \"{file}\" }}\nalgorithm = \"{algorithm}\""
        );
        let expected = format!(
            "`auth.algorithm`: the private key signs with {fitting}\n  in: longhaul.toml:10\n\
             hint: remove it, or set it to an algorithm of the key"
        );
        assert_refused(&grant(&more), &expected);
    }
}

#[test]
fn certificates_of_the_client() {
    let cases = [
        (
            ("no-such.pem", "rsa.pem"),
            "`api.client_cert`: cannot read the certificate in `FOLDER/no-such.pem`: No such file or directory (os error N)",
        ),
        (("rsa.pem", "rsa.pem"), "`api.client_cert`: there is no PEM certificate in `FOLDER/rsa.pem`"),
        (("client.pem", "rsa.pem"), "`api.client_cert`: the private key does not belong to the certificate"),
    ];
    for ((certificate, key), expected) in cases {
        let api = format!("client_cert = \"{certificate}\"\nclient_key = {{ file = \"{key}\" }}");
        assert_refused_with(&api, "type = \"none\"", &format!("{expected}\n  in: longhaul.toml:3"));
    }
    assert_refused_with(
        "client_cert = \"client.pem\"\nclient_key = { file = \"encrypted.pem\" }",
        "type = \"none\"",
        "`api.client_key`: the private key is encrypted\n  in: longhaul.toml:4\n\
         hint: decrypt it: openssl pkey -in KEY -out NEW; or let `{ command = [\"openssl\", \"pkey\", …] }` print it",
    );
}

#[test]
fn origins_with_a_star() {
    for origin in
        ["https://*", "https://*.com", "https://a.*.example.com", "https://*a.example.com", "https://*.*.com"]
    {
        let shown = format!(
            "`api.allowed_origins`: `{origin}`: a `*` stands for the subdomains of a name with at least two parts, as in \
             `https://*.example.com`\n  in: longhaul.toml:3"
        );
        assert_refused_with(&format!("allowed_origins = [\"{origin}\"]"), "type = \"none\"", &shown);
    }
}

#[test]
fn a_header_that_carries_the_key_cannot_be_configured_as_well() {
    assert_refused_with(
        "headers = { x-key = \"other\" }",
        "type = \"api_key\"\nkey = \"k\"\nheader = \"X-Key\"",
        "`api.headers.x-key`: this header carries the token; to set your own, use `auth.type = \"none\"`\n  \
         in: longhaul.toml:3",
    );
}
