//! Bodies that end where the connection closes (RFC 9112 §6.3).

use longhaul_tests::{Reaction, compress};

use crate::{
    api::{self, LINES},
    folder::Folder,
};

/// Exactly between two of its members, a cut gzip file looks complete.
#[test]
fn a_packed_body_must_say_where_it_ends() {
    let head = b"HTTP/1.0 200 OK\r\ncontent-type: application/x-ndjson\r\n\r\n";
    let members = ["1\n", "2\n"].map(|text| compress("gzip", text));
    for sent in [&members[..1], &members] {
        let answer = [&head[..], &sent.concat()].concat();
        let server = api::server(move |_| Reaction::Raw(answer.clone()));
        let stream = "[streams.events]\npath = \"/events\"\nformat = \"ndjson\"\nsinks = [\"lines\"]\n";
        let folder = Folder::configured(&[&*api::connection(&api::root(&server)), stream, LINES].concat());
        folder.run("run").assert_failed(
            4,
            "error: the stream `events` is not complete\n  \
             caused by: `GET http://127.0.0.1:PORT/events` failed\n  \
             caused by: the answer does not say where it ends, so a part of it could be missing\n\
             hint: the API must send `Content-Length` or chunks (HTTP/1.1): check for a proxy that removes them, or report it to the API's operator\n",
        );
    }
}
