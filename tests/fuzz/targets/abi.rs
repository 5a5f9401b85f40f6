//! What crosses the C interface of a plugin. A sink does the same in a shared library as it does in the program.
//!
//! Input: the options, the name of the stream, the mark, the receipt, and a page of lines.

use std::sync::LazyLock;

use longhaul_core::sink::{Batch, Mark, Options, Receipt, Sink, SinkType, Variables};
use longhaul_plugin::Linked;
use longhaul_plugin_host::{PluginSinkType, Plugins};
use longhaul_sink_count::Count;
use longhaul_tests::install_plugin;
use tempfile::TempDir;

use super::input::{line, number, text_line};

/// The sink in a shared library.
static LOADED: LazyLock<PluginSinkType> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    install_plugin("count", folder.path());
    let plugins = Plugins::new([folder.path().to_owned()]).unwrap();
    plugins.find("count").unwrap().unwrap()
});

pub(super) fn run(input: &[u8]) {
    let (options, rest) = line(input);
    let Ok(options) = serde_json::from_slice::<Options>(options) else { return };
    let Some((stream, rest)) = text_line(rest) else { return };
    let Some((mark, rest)) = text_line(rest) else { return };
    let Some((receipt, page)) = text_line(rest) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = options.get("path").and_then(|path| path.as_str()).unwrap_or_default();
    if path.contains(['/', '\\']) || path.contains("..") || stream.contains(['/', '\\', '.']) {
        // It may be written to.
        return;
    }
    let calls = Calls {
        options,
        variables: Variables::new(stream, folder.path().to_str().unwrap()),
        from: mark.parse().ok().map(|mark| (Receipt(receipt.to_owned()), Mark(mark))),
        page,
    };
    let linked = calls.make(&Linked::<Count>::default(), &folder);
    assert_eq!(calls.make(&*LOADED, &folder), linked);
}

/// The calls of a sink.
struct Calls<'a> {
    options: Options,
    variables: Variables,
    from: Option<(Receipt, Mark)>,
    page: &'a [u8],
}

impl Calls<'_> {
    /// Makes them, and returns what the sink said and wrote.
    fn make(&self, sink_type: &dyn SinkType, folder: &TempDir) -> Vec<String> {
        let mut said = Vec::new();
        if let Err(error) = self.make_all(sink_type, &mut said) {
            said.push(error);
        }
        for entry in folder.path().read_dir().unwrap().map(Result::unwrap) {
            let path = entry.path();
            said.push(format!("{}: {:?}", path.display(), std::fs::read(&path).ok()));
            std::fs::remove_file(path).unwrap();
        }
        said
    }

    fn make_all(&self, sink_type: &dyn SinkType, said: &mut Vec<String>) -> Result<(), String> {
        let shown = |error: longhaul_core::sink::SinkError| longhaul_tests::chain(&error);
        said.push(format!("{:?}", (sink_type.summary(), sink_type.options())));
        let configured = sink_type.configure(&self.options).map_err(shown)?;
        said.push(format!("{:?}", configured.destination(&self.variables).map_err(shown)?));
        let from = self.from.as_ref().map(|(receipt, mark)| (receipt, *mark));
        let opened = configured.open(&self.variables, from).map_err(shown)?;
        said.push(opened.at.0.to_string());
        let mut sink: Box<dyn Sink> = opened.sink;
        let ends: Vec<usize> = (1..=self.page.len()).filter(|end| self.page[end - 1] == b'\n').collect();
        let bytes = &self.page[..ends.last().copied().unwrap_or_default()];
        sink.write(&Batch::new(bytes, &ends)).map_err(shown)?;
        said.push(sink.commit(Mark(opened.at.0.wrapping_add(1))).map_err(shown)?.0);
        // Finishing syncs files, which takes longer than all the rest.
        if number(self.page).is_multiple_of(16) { sink.finish().map_err(shown) } else { Ok(()) }
    }
}
