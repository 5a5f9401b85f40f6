//! The code blocks of the README and of the pages that it links to.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Commands that other tests run, and commands of cargo and cc.
pub(crate) const RUN_ELSEWHERE: [&str; 15] = [
    // `new_sink.rs`.
    "cargo build --release --manifest-path longhaul_sink_widget/Cargo.toml",
    "cargo doc --workspace --no-deps --open",
    "cargo install --locked --path cli",
    "cargo install --locked --path cli --features parquet,postgres,sqlite,xlsx",
    // With fewer records: `demo.rs`.
    "cargo run -- demo",
    "cargo test --workspace",
    // `plugins/in_c.rs`.
    "cc -shared -fPIC -I plugins/abi -o liblonghaul_sink_count.so plugins/example/count.c",
    "longhaul demo --serve",
    // `engines.rs`.
    "longhaul engine kubernetes > longhaul.yaml",
    "longhaul engine ray > pull.py",
    "longhaul engine slurm > pull.sh",
    "longhaul engine spark > pull.py",
    "longhaul new-sink widget",
    "longhaul sinks check liblonghaul_sink_count.so --read nothing",
    "longhaul sinks check longhaul_sink_widget/target/release/liblonghaul_sink_widget.so",
];

/// A fenced code block.
pub(crate) struct Block {
    pub(crate) page: PathBuf,
    pub(crate) tag: String,
    pub(crate) text: String,
}

/// The README, the pages in `cli/docs`, and the README of the plugins. The recipes have tests of their own.
pub(crate) fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let in_docs = fs::read_dir(root.join("cli/docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<_> =
        in_docs.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect();
    pages.retain(|path| !path.ends_with("recipes.md"));
    pages.sort();
    pages.splice(0..0, [root.join("README.md"), root.join("plugins/README.md")]);
    pages
}

pub(crate) fn blocks() -> Vec<Block> {
    pages().into_iter().flat_map(|page| blocks_of(&page)).collect()
}

fn blocks_of(page: &Path) -> Vec<Block> {
    let text = fs::read_to_string(page).unwrap();
    let mut fences = text.split("```");
    fences.next();
    let mut blocks = Vec::new();
    while let (Some(block), Some(_between)) = (fences.next(), fences.next()) {
        let (tag, text) = block.split_once('\n').unwrap();
        blocks.push(Block { page: page.to_owned(), tag: tag.to_owned(), text: text.to_owned() });
    }
    blocks
}
