//! The progress line and the results on a terminal.

use std::{
    fs::File,
    io::Read,
    sync::{Arc, Condvar, Mutex},
};

use longhaul_tests::Reply;
use nix::pty::{Winsize, openpty};

use crate::{
    api::{self, LINES},
    folder::Folder,
};

const NUMBERS: &str = r#"
[streams.numbers]
path = "/numbers"
records = "/data"
pages = { type = "page_number", param = "page", total = "/total" }
concurrency = 1
sinks = ["lines"]
"#;

/// Pulls four pages on a terminal of this width. The second page is not served until the terminal shows `until`. Returns
/// what the terminal shows.
fn shown(columns: u16, until: &'static str, arguments: &str, variables: &[(&str, &str)]) -> String {
    let is_seen = Arc::new((Mutex::new(false), Condvar::new()));
    let seen = Arc::clone(&is_seen);
    let fault = Mutex::new(true);
    let server = api::server(move |request| {
        let page: u64 = request.query("page").unwrap().parse().unwrap();
        if std::mem::take(&mut *fault.lock().unwrap()) {
            return Reply::status(503).into();
        }
        if page == 2 {
            let (seen, changed) = &*seen;
            drop(changed.wait_while(seen.lock().unwrap(), |seen| !*seen).unwrap());
        }
        let numbers: Vec<_> = (page * 10 - 9..=(page * 10).min(40)).collect();
        Reply::json(format!(r#"{{"total":40,"data":{numbers:?}}}"#)).into()
    });
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), NUMBERS, LINES].concat());
    let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let terminal = openpty(Some(&size), None).unwrap();
    let command = variables
        .iter()
        .fold(folder.longhaul(arguments), |command, (name, value)| command.variable(name, value));
    let command = command.stderr(terminal.slave);
    let mut screen = File::from(terminal.master);
    let reader = std::thread::spawn(move || {
        let (mut shown, mut bytes) = (String::new(), [0; 4096]);
        // Once the command has ended, reading is an error.
        while let Ok(length @ 1..) = screen.read(&mut bytes) {
            shown.push_str(&String::from_utf8_lossy(&bytes[..length]));
            if shown.contains(until) {
                *is_seen.0.lock().unwrap() = true;
                is_seen.1.notify_all();
            }
        }
        shown
    });
    let ended = command.run_without_stderr();
    let shown = reader.join().unwrap();
    assert_eq!(ended, Some(0), "{shown}");
    shown
}

/// The lines that the terminal has shown, without control sequences.
fn lines(shown: &str) -> Vec<String> {
    let plain = console::strip_ansi_codes(shown);
    plain.split(['\r', '\n']).map(str::to_owned).filter(|line| !line.trim().is_empty()).collect()
}

#[test]
fn the_line_shows_how_far_the_pull_is_and_counts_faults() {
    let shown = shown(100, "25 %", "-C . run", &[("TERM", "xterm")]);
    let lines = lines(&shown);
    let has = |words: &str| lines.iter().any(|line| line.contains(words));
    assert!(has("]  25 %  10 records  ") && has("  1 fault survived"), "{lines:#?}");
    assert!(!has("retrying"), "faults are counted instead of logged: {lines:#?}");
    let end: Vec<_> = lines[lines.len() - 3..].iter().map(|line| line.trim_end()).collect();
    assert!(
        end[0].starts_with("numbers: complete, 40 records in 5 pages, ")
            && end[0].ends_with(" -> out/numbers.ndjson (111 B)"),
        "{end:?}"
    );
    assert!(end[1].starts_with("recovered from 1 fault (1 × 503), waited "), "{end:?}");
    assert_eq!(end[2], "next: longhaul -C . status shows what is complete; the same command pulls again");
}

#[test]
fn nothing_wraps_at_40_columns() {
    let shown = shown(40, "25 %", "run", &[("TERM", "xterm"), ("NO_COLOR", "1")]);
    for line in lines(&shown) {
        assert!(console::measure_text_width(line.trim_end()) <= 40, "{line:?}");
    }
    assert!(!shown.contains("\u{1b}[3"), "no colour: {shown:?}");
}

#[test]
fn errors_and_hints_are_broken_between_words() {
    let terminal =
        openpty(Some(&Winsize { ws_row: 24, ws_col: 40, ws_xpixel: 0, ws_ypixel: 0 }), None).unwrap();
    let folder = Folder::empty();
    assert_eq!(folder.longhaul("run calls").stderr(terminal.slave).run_without_stderr(), Some(2));
    let (mut shown, mut bytes, mut screen) = (String::new(), [0; 4096], File::from(terminal.master));
    while let Ok(length @ 1..) = screen.read(&mut bytes) {
        shown.push_str(&String::from_utf8_lossy(&bytes[..length]));
    }
    let lines = lines(&shown);
    assert!(
        lines.len() > 3 && lines.iter().all(|line| console::measure_text_width(line) <= 40),
        "{lines:#?}"
    );
}

#[test]
fn a_log_has_each_fault() {
    for (arguments, variables) in [("run -v", [("TERM", "xterm")]), ("run", [("TERM", "dumb")])] {
        let shown = shown(100, "retrying", arguments, &variables);
        assert!(shown.contains("the server answered 503 Service Unavailable; retrying in "), "{shown}");
    }
}
