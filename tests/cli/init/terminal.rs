//! `longhaul init URL` on a terminal.

use std::{
    fs::File,
    io::{Read, Write},
};

use longhaul_tests::{FaultServer, Reply};
use nix::pty::{Winsize, openpty};

use crate::{api, command_output::CommandOutput, folder::Folder};

/// Runs `init` on a terminal of this width on which this answer is typed, for an API that requires a token. Returns the
/// result and what the terminal shows.
fn init(folder: &Folder, width: u16, answer: &str) -> (CommandOutput, String) {
    let server = FaultServer::start(api::clock(), |request| match request.bearer() {
        Some("t0ken-of-init") => Reply::json(r#"[{"id":1}]"#).into(),
        _ => Reply::status(401).into(),
    });
    let size = Winsize { ws_row: 24, ws_col: width, ws_xpixel: 0, ws_ypixel: 0 };
    let terminal = openpty(Some(&size), None).unwrap();
    let command = folder.longhaul("init").argument(format!("{}/v1/calls", api::root(&server)));
    let command =
        command.stdin(terminal.slave.try_clone().unwrap()).stdout(terminal.slave.try_clone().unwrap());
    let command = command.stderr(terminal.slave);
    let mut screen = File::from(terminal.master);
    writeln!(screen, "{answer}").unwrap();
    let ended = command.variable("API_TOKEN", "t0ken-of-init").run();
    let mut shown = Vec::new();
    // Once the command has ended, the rest can be read, and then there is an error.
    let _ = screen.read_to_end(&mut shown);
    (ended, String::from_utf8(shown).unwrap())
}

const QUESTION: &str = "The API requires credentials. Environment variable that holds the token: ";

#[test]
fn the_variable_of_the_token_is_asked_and_not_the_token() {
    let folder = Folder::empty();
    let (ended, shown) = init(&folder, 80, "API_TOKEN");
    assert!(ended.code == Some(0) && shown.contains(QUESTION), "{shown}");
    assert!(!shown.contains("t0ken-of-init"), "{shown}");
    let configuration = folder.read("longhaul.toml");
    assert!(configuration.contains("token = { env = \"API_TOKEN\" }\n"), "{configuration}");
}

#[test]
fn lines_are_broken_between_words() {
    let (ended, shown) = init(&Folder::empty(), 40, "API_TOKEN");
    let question = "The API requires credentials.\r\n  Environment variable that holds the\r\n  token: ";
    assert!(ended.code == Some(0) && shown.contains(question), "{shown}");
    let report = "calls: 1 record on the first page, the\r\n  elements of the page\r\n  next page: none, because nothing on\r\n    \
                  the page leads to another one\r\n";
    assert!(shown.contains(report), "{shown}");
}

#[test]
fn a_variable_that_is_not_set_is_an_error() {
    let folder = Folder::empty();
    let (ended, shown) = init(&folder, 80, "NO_TOKEN");
    assert_eq!(ended.code, Some(2), "{shown}");
    assert!(shown.contains("error: the environment variable `NO_TOKEN` is not set\r\n"), "{shown}");
    assert_eq!(folder.names_in("."), [""; 0]);
}
