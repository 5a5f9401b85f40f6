//! Tests the sink against the sink contract, linked and as a shared library.

use longhaul_core::sink::{
    OpenSink,
    conformance::{Publishes, Subject, Suite},
};
use longhaul_sink_xlsx::Xlsx;
use serde_json::{Value, json};

use crate::support::{Folder, configured};

fn suite(configure: fn(Value) -> Box<dyn OpenSink>) -> Suite {
    let fresh = move || {
        let folder = Folder::new();
        let (opener, variables) =
            (configure(json!({"path": "{stream}.xlsx", "columns": "record"})), folder.variables());
        let published = move || folder.path("users.xlsx").exists().then(|| folder.texts("users.xlsx"));
        Subject { opener, variables, published: Box::new(published) }
    };
    Suite::new(Publishes::AtFinish, fresh).rejecting_long_records()
}

#[test]
fn a_workbook() {
    suite(|options| Box::new(serde_json::from_value::<Xlsx>(options).unwrap())).verify();
}

#[test]
fn a_workbook_of_the_loaded_library() {
    suite(|options| configured(options).unwrap()).verify();
}
