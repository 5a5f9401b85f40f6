//! The links of the README and of the pages that it links to.

use std::fs;

use crate::readme_blocks::pages;

#[test]
fn no_link_is_broken() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("https://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            let linked = fs::read_to_string(&target);
            let linked = linked.unwrap_or_else(|error| panic!("{} links to {link}: {error}", page.display()));
            let mut headings = linked.lines().filter(|line| line.starts_with('#')).map(anchor_of);
            let found = anchor.is_empty() || headings.any(|heading| heading == anchor);
            assert!(found, "{} links to {link}, which has no such heading", page.display());
        }
    }
}

/// The anchor of a heading in links.
fn anchor_of(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    words.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
}
