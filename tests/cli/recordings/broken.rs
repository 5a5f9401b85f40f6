//! Recordings that cannot be written or replayed.

use std::{fs, sync::mpsc, time::Duration};

use longhaul_tests::{Reaction, Reply};

use crate::{
    api,
    folder::Folder,
    repairable_api::{self, RepairableApi},
};

/// A folder with a recording of two pages.
fn recorded() -> Folder {
    let server = api::server(|request| {
        let next = if request.query("page").is_none() { r#","nextPageUri":"?page=2""# } else { "" };
        Reply::json(format!(r#"{{"results":[{{"id":1}}]{next}}}"#)).into()
    });
    let folder = Folder::configured(&api::tutorial(&api::root(&server)));
    folder.run("run --record rec").assert_complete();
    fs::remove_dir_all(folder.path("out")).unwrap();
    folder
}

#[track_caller]
fn assert_refused(folder: &Folder, code: i32, error: &str) {
    let ended = folder.run("run --replay rec");
    assert_eq!((ended.last_error(), ended.code), (error.to_owned(), Some(code)));
    assert!(folder.names_in("out").is_empty());
}

fn damaged(file: &str, problem: &str) -> String {
    format!(
        "error: the recording is damaged: `FOLDER/rec/{file}` {problem}\n\
         hint: copy the recording again, or record another run\n"
    )
}

#[test]
fn a_recording_whose_exchanges_were_changed_is_refused() {
    const LINES: &str = "exchanges.ndjson";
    let folder = recorded();
    let whole = folder.read(&format!("rec/{LINES}"));
    let (first, second) = whole.split_once('\n').unwrap();
    for (text, problem) in [
        (whole.replacen("\"status\":200", "\"status\":201", 1), "was changed"),
        (second.to_owned(), "was changed"),
        (format!("{second}{first}\n"), "was changed"),
        (format!("{first}\n"), "is cut off"),
        (String::new(), "is cut off"),
        (whole[..whole.len() - 9].to_owned(), "is cut off"),
        (format!("{whole}{{}}\n"), "was changed"),
        (format!("{whole}\u{0}\n"), "was changed"),
    ] {
        fs::write(folder.path("rec").join(LINES), text).unwrap();
        assert_refused(&folder, 6, &damaged(LINES, problem));
    }
    fs::remove_file(folder.path("rec").join(LINES)).unwrap();
    assert_refused(&folder, 6, &damaged(LINES, "is missing"));
}

#[test]
fn a_recording_whose_bodies_were_changed_is_refused() {
    let folder = recorded();
    let path = folder.path("rec/bodies/00000002.gz");
    let whole = fs::read(&path).unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let other = fs::read(folder.path("rec/bodies/00000001.gz")).unwrap();
    let error = |problem: &str| {
        format!(
            "error: the stream `conversations` is not complete\n  \
             caused by: `GET http://127.0.0.1:PORT/api/v2/tutorial/conversations` failed\n  \
             caused by: the recorded answer cannot be replayed\n  \
             caused by: the recording is damaged: `FOLDER/rec/bodies/00000002.gz` {problem}\n\
             hint: copy the recording again, or record another run\n"
        )
    };
    for (bytes, problem) in [
        (Some(&whole[..whole.len() - 4]), "is cut off"),
        (Some(&whole[..0]), "is cut off"),
        (Some(&flipped[..]), "was changed"),
        (Some(&other[..]), "was changed"),
        (None, "is missing"),
    ] {
        match bytes {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let ended = folder.run("run --replay rec");
        let shown = ended.last_error();
        assert_eq!((shown, ended.code), (error(problem), Some(6)));
        assert!(folder.names_in("out").is_empty());
    }
}

#[test]
fn what_is_not_a_recording_is_refused() {
    let folder = recorded();
    let hint = "hint: name the folder of a run that was recorded with --record\n";
    for name in ["nothing", "longhaul.toml", "rec/bodies"] {
        let ended = folder.run(&format!("run --replay {name}"));
        let error = format!("error: `FOLDER/{name}` is not the folder of a recording\n{hint}");
        ended.assert_failed(2, &error);
        folder.run(&format!("preview conversations --replay {name}")).assert_failed(2, &error);
    }
    let manifest = folder.read("rec/recording.json");
    fs::write(folder.path("rec/recording.json"), manifest.replace("\"version\": 1", "\"version\": 2"))
        .unwrap();
    folder.run("run --replay rec").assert_failed(
        6,
        "error: the recording `FOLDER/rec` was made by another version of longhaul\n\
         hint: replay it with the version that its file `recording.json` names\n",
    );
    fs::write(folder.path("rec/recording.json"), &manifest[..20]).unwrap();
    assert_refused(&folder, 6, &damaged("recording.json", "was changed"));
}

#[test]
fn a_folder_that_is_not_empty_is_not_recorded_into() {
    let folder = recorded();
    folder.run("run --record rec").assert_failed(
        2,
        "error: cannot record into `FOLDER/rec`: the folder is not empty\n\
         hint: name another folder, or delete this one\n",
    );
    folder.run("run --record longhaul.toml").assert_failed(
        2,
        "error: cannot write the recording `FOLDER/longhaul.toml`\n  caused by: File exists (os error N)\n\
         hint: make room there, or name another folder\n",
    );
    // What fails before anything is sent leaves the folder free.
    assert_eq!(folder.run("run --record new --sink unknown").code, Some(2));
    assert!(folder.names_in("new").is_empty());
    for line in ["run --record a --replay rec", "run --replay rec --plan p", "run --record a --plan p"] {
        let ended = folder.run(line);
        assert_eq!(ended.code, Some(2));
        assert!(ended.stderr.contains("cannot be used with"), "{}", ended.stderr);
    }
}

#[test]
fn an_unfinished_run_is_not_recorded() {
    let (_listing, folder) = repairable_api::stopped(|configuration| configuration);
    folder.run("run --record rec").assert_failed(
        6,
        "error: cannot record a run that resumes an unfinished one: its first answers would be missing\n\
         hint: finish the run without --record first, or start again with --fresh\n",
    );
    assert!(folder.names_in("rec").is_empty());
    folder.run("run --record rec --fresh").assert_complete();
}

#[test]
fn a_request_that_was_not_recorded_is_named() {
    let folder = recorded();
    let hint = "hint: a replay needs the requests of the recorded run, which ended with the last one recorded: check \
                the streams and the configuration, or record another run\n";
    let conversations = "http://127.0.0.1:PORT/api/v2/tutorial/conversations";
    for (setting, method, url, cause) in [
        (
            "path=\"/other\"",
            "POST",
            "http://127.0.0.1:PORT/other",
            "`POST http://127.0.0.1:PORT/other` was not recorded",
        ),
        (
            "body={pageSize=7}",
            "POST",
            conversations,
            "`POST http://127.0.0.1:PORT/api/v2/tutorial/conversations` was recorded with another body",
        ),
        (
            "query={a=\"1\"}",
            "POST",
            conversations,
            "`POST http://127.0.0.1:PORT/api/v2/tutorial/conversations?a=1` was not recorded, but \
             `POST http://127.0.0.1:PORT/api/v2/tutorial/conversations` was",
        ),
    ] {
        let ended = folder
            .longhaul("run --replay rec --set")
            .argument(format!("streams.conversations.{setting}"))
            .run();
        let error = format!(
            "error: the stream `conversations` is not complete\n  \
             caused by: `{method} {url}` failed\n  \
             caused by: the recording has no answer to this request\n  \
             caused by: {cause}\n{hint}"
        );
        assert_eq!((ended.last_error(), ended.code), (error, Some(4)));
        assert!(folder.names_in("out").is_empty());
    }
    // A stream that is pulled twice.
    let twice = format!(
        "{}\n[streams.again]\npath = \"/api/v2/tutorial/conversations\"\n",
        folder.read("longhaul.toml")
    );
    let twice = twice
        + "method = \"POST\"\nbody = { pageSize = 50 }\nrecords = \"/results\"\nsinks = [\"lines\"]\n\
                         pages = { type = \"next_url\", next = \"/nextPageUri\" }\n";
    fs::write(folder.path("longhaul.toml"), twice).unwrap();
    let ended = folder.run("run --replay rec");
    let cause =
        "`POST http://127.0.0.1:PORT/api/v2/tutorial/conversations` was recorded once, and is sent again";
    assert!(ended.last_error().contains(cause), "{}", ended.stderr);
    assert_eq!(folder.names_in("out"), ["conversations.ndjson"]);
}

#[test]
fn a_run_that_is_killed_is_replayed_up_to_there() {
    let (reached, reaches) = mpsc::sync_channel(1);
    let server = api::server(move |request| match request.query("page").as_deref() {
        Some("3") => {
            reached.send(()).unwrap();
            Reaction::Stall
        }
        page => {
            let number: u32 = page.map_or(1, |page| page.parse().unwrap());
            let next = number + 1;
            Reply::json(format!(r#"{{"results":[{{"id":{number}}}],"nextPageUri":"?page={next}"}}"#)).into()
        }
    });
    let folder = Folder::configured(&api::tutorial(&api::root(&server)));
    let running = folder.longhaul("run --record rec").start();
    reaches.recv_timeout(Duration::from_secs(60)).unwrap();
    running.kill();
    let replayed = Folder::configured(&api::tutorial(&api::root(&server)));
    let ended = replayed.longhaul("run --replay").argument(folder.path("rec")).run();
    let error = ended.last_error();
    let cause = "`GET http://127.0.0.1:PORT/api/v2/tutorial/conversations?page=3` was not recorded, but \
                 `GET http://127.0.0.1:PORT/api/v2/tutorial/conversations?page=2` was";
    assert!(error.contains(cause), "{error}");
    assert_eq!(ended.code, Some(4));
    let ended = replayed.longhaul("run --sink stdout --replay").argument(folder.path("rec")).run();
    assert_eq!(ended.stdout, "{\"id\":1}\n{\"id\":2}\n");
}

#[test]
fn a_stopped_run_leaves_a_recording_without_the_request_in_flight() {
    let listing = RepairableApi::new(Reaction::Stall);
    let folder = listing.folder();
    let ended = folder.run("run --record rec --max-runtime 1s");
    assert_eq!(ended.code, Some(75), "{}", ended.stderr);
    assert!(ended.stderr.contains("recorded 2 exchanges in rec\n"), "{}", ended.stderr);
}
