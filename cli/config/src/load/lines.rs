//! The lines and the order of the keys in a file.

use std::ops::Range;

use toml_edit::{ImDocument, Item, TableLike, Value};

/// The keys of a file in their order, each with its line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines(Vec<(Vec<String>, usize)>);

impl Lines {
    /// The lines of all keys in a TOML document.
    pub(crate) fn of_toml(document: &ImDocument<&str>) -> Self {
        let mut lines = Self::default();
        lines.add(&[], document.as_table(), document.raw());
        lines
    }

    /// The lines of the keys that begin a line, in YAML or in indented JSON. Other keys get the line of the table
    /// around them.
    pub(crate) fn of_outline(text: &str) -> Self {
        let mut lines = Self::default();
        let mut open: Vec<(usize, &str)> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let content = line.trim_start_matches([' ', '\t', '{', '}', ',']);
            let Some(name) = leading_key(content) else { continue };
            let indent = line.len() - content.len();
            open.retain(|(outer, _)| *outer < indent);
            open.push((indent, name));
            lines.0.push((open.iter().map(|(_, name)| (*name).to_owned()).collect(), index + 1));
        }
        lines
    }

    /// The line of the key at `path`, or of the innermost known table around it.
    pub(crate) fn find(&self, path: &[String]) -> Option<usize> {
        let line = |path: &[String]| self.0.iter().find(|(known, _)| known == path).map(|(_, line)| *line);
        (1..=path.len()).rev().find_map(|length| line(&path[..length]))
    }

    /// The names in the table `table`, in the order of their first appearance.
    pub(crate) fn names<'l>(&'l self, table: &'l str) -> impl Iterator<Item = &'l str> {
        self.0.iter().filter_map(move |(path, _)| match path.as_slice() {
            [above, name] if above == table => Some(name.as_str()),
            _ => None,
        })
    }

    fn add(&mut self, above: &[String], table: &dyn TableLike, text: &str) {
        for (name, item) in table.iter() {
            let path = [above, &[name.to_owned()]].concat();
            self.note(&path, table.get_key_value(name).and_then(|(key, _)| key.span()), text);
            match item {
                Item::ArrayOfTables(tables) => {
                    for (index, inner) in tables.iter().enumerate() {
                        let path = [&path[..], &[index.to_string()]].concat();
                        self.note(&path, inner.span(), text);
                        self.add(&path, inner, text);
                    }
                }
                Item::Value(Value::Array(values)) => {
                    for (index, value) in values.iter().enumerate() {
                        let path = [&path[..], &[index.to_string()]].concat();
                        self.note(&path, value.span(), text);
                        if let Value::InlineTable(inner) = value {
                            self.add(&path, inner, text);
                        }
                    }
                }
                item => {
                    if let Some(inner) = item.as_table_like() {
                        self.add(&path, inner, text);
                    }
                }
            }
        }
    }

    /// Notes that the value at `path` begins at `span` of `text`.
    fn note(&mut self, path: &[String], span: Option<Range<usize>>, text: &str) {
        if let Some(before) = span.and_then(|span| text.get(..span.start)) {
            self.0.push((path.to_vec(), before.matches('\n').count() + 1));
        }
    }
}

/// The key at the start of `content`: `name:`, `"name":`.
fn leading_key(content: &str) -> Option<&str> {
    if let Some(quote @ ('"' | '\'')) = content.chars().next() {
        let (name, after) = content[1..].split_once(quote)?;
        return after.trim_start().starts_with(':').then_some(name);
    }
    let (name, after) = content.split_once(':')?;
    let plain = !name.starts_with(['#', '-']) && (after.is_empty() || after.starts_with([' ', '\t', '\r']));
    plain.then(|| name.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(lines: &Lines, dotted: &str) -> Option<usize> {
        lines.find(&dotted.split('.').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn toml_keys_have_the_line_they_are_written_on() {
        let text = "# é\nauth.type = \"none\"\n\n[streams.users]\nquery = { a = 1, b = 2 }\n\
                    [streams.calls.pages]\nnext = \"/n\"\n";
        let lines = Lines::of_toml(&ImDocument::parse(text).unwrap());
        assert_eq!(line(&lines, "auth.type"), Some(2));
        assert_eq!(line(&lines, "streams.users"), Some(4));
        assert_eq!(line(&lines, "streams.users.query.b"), Some(5));
        assert_eq!(line(&lines, "streams.calls.pages.next"), Some(7));
        assert_eq!(line(&lines, "streams.calls.pages.nxt"), Some(6));
        assert_eq!(line(&lines, "retry"), None);
        assert_eq!(lines.names("streams").collect::<Vec<_>>(), ["users", "calls"]);
    }

    #[test]
    fn the_elements_of_a_toml_list_have_the_lines_they_are_written_on() {
        let text = "[[api.answers]]\nthen = 'fail'\n[[api.answers]]\nthen = 'page'\nwhen = { status = 5 }\n\
                    [job]\ndone = [\n  'A',\n  { status = 303 },\n]\n";
        let lines = Lines::of_toml(&ImDocument::parse(text).unwrap());
        assert_eq!(line(&lines, "api.answers"), Some(1));
        assert_eq!(line(&lines, "api.answers.1"), Some(3));
        assert_eq!(line(&lines, "api.answers.0.when"), Some(1));
        assert_eq!(line(&lines, "api.answers.1.then"), Some(4));
        assert_eq!(line(&lines, "api.answers.1.when.status"), Some(5));
        assert_eq!(line(&lines, "job.done.0"), Some(8));
        assert_eq!(line(&lines, "job.done.1.status"), Some(9));
    }

    #[test]
    fn yaml_keys_have_the_line_they_begin() {
        let text = "# auth:\nstreams:\n  users:\n    path: /u # x: y\n    sinks:\n    - out\n\
                    \x20 'calls':\n    query: { a: 1 }\nauth:\n  type: none\n";
        let lines = Lines::of_outline(text);
        assert_eq!(line(&lines, "streams.users.path"), Some(4));
        assert_eq!(line(&lines, "streams.calls.query.a"), Some(8));
        assert_eq!(line(&lines, "auth.type"), Some(10));
        assert_eq!(lines.names("streams").collect::<Vec<_>>(), ["users", "calls"]);
    }

    #[test]
    fn json_keys_have_the_line_they_begin() {
        let lines = Lines::of_outline(
            "{\n  \"auth\": {\n    \"type\": \"none\"\n  },\n  \"retry\": { \"max_wait\": \"1s\" }\n}\n",
        );
        assert_eq!(line(&lines, "auth.type"), Some(3));
        assert_eq!(line(&lines, "retry.max_wait"), Some(5));
        assert_eq!(line(&Lines::of_outline("{\"auth\":{},\"retry\":{}}"), "retry"), None);
    }
}
