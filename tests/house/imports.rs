//! Which modules of a crate import each other.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use crate::files::texts;

/// The modules of one crate, each with the modules that it imports from.
#[derive(Debug, Default)]
pub(crate) struct Imports(BTreeMap<Module, BTreeSet<Module>>);

/// The path of a module in its crate, outermost first. The root of the crate is the empty path.
pub(crate) type Module = Vec<String>;

/// A file of the crate.
struct Source {
    module: Module,
    /// The paths that it uses. They start with `crate`, `self`, `super` or the name of another crate.
    used: Vec<Vec<String>>,
    /// The names that it re-exports, with the paths of the items.
    exported: BTreeMap<String, Vec<String>>,
}

impl Imports {
    /// The imports of the crate whose sources are in `folder`, such as `core/src/`. Tests are left out: they may use
    /// anything.
    pub(crate) fn of(folder: &str) -> Self {
        let files = texts(&[".rs"]);
        let sources: Vec<_> = files
            .iter()
            .filter_map(|(path, text)| Some((path.strip_prefix(folder).ok()?, text)))
            .filter(|(path, _)| !is_test(path) && *path != Path::new("main.rs"))
            .map(|(path, text)| Source::read(module(path), text))
            .collect();
        assert!(!sources.is_empty(), "there is nothing in {folder}");
        let known: BTreeMap<&Module, &Source> =
            sources.iter().map(|source| (&source.module, source)).collect();
        let uses = |source: &Source| {
            let paths = source.used.iter().filter_map(|path| source.absolute(path));
            let modules = paths.filter_map(|path| definition(&known, &path));
            (source.module.clone(), modules.filter(|module| *module != source.module).collect())
        };
        Self(sources.iter().map(uses).collect())
    }

    /// Every import, as the module that imports and the module that is imported.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Module, &Module)> {
        self.0.iter().flat_map(|(from, all)| all.iter().map(move |to| (from, to)))
    }

    /// The modules that are part of a cycle of imports.
    pub(crate) fn cycle(&self) -> BTreeSet<&Module> {
        self.0.keys().filter(|module| self.reachable_from(module).contains(module)).collect()
    }

    /// Everything that `module` imports directly or indirectly.
    fn reachable_from<'i>(&'i self, module: &'i Module) -> BTreeSet<&'i Module> {
        let (mut reached, mut open) = (BTreeSet::new(), vec![module]);
        while let Some(from) = open.pop() {
            open.extend(self.0[from].iter().filter(|to| reached.insert(*to)));
        }
        reached
    }
}

impl Source {
    fn read(module: Module, text: &str) -> Self {
        let text = without_tests_and_comments(text);
        let mut source = Self { module, used: Vec::new(), exported: BTreeMap::new() };
        let mut rest = text.as_str();
        let mut code = String::new();
        while let Some(at) = rest.find("use ") {
            let is_word = !rest[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
            let before = rest[..at].rsplit('\n').next().unwrap_or_default().trim();
            code.push_str(&rest[..at]);
            rest = &rest[at + "use ".len()..];
            let Some((tree, after)) = rest.split_once(';').filter(|_| is_word) else { continue };
            for (path, name) in leaves(tree) {
                // A module that only re-exports a name does not use it.
                if before.starts_with("pub") {
                    source.exported.insert(name, path);
                } else {
                    source.used.push(path);
                }
            }
            rest = after;
        }
        code.push_str(rest);
        source.used.extend(inline(&code));
        source
    }

    /// The path from the root of the crate, or `None` if it is a path in another crate.
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let (first, below) = path.split_first()?;
        let mut above = match first.as_str() {
            "crate" => Module::new(),
            "self" => self.module.clone(),
            "super" => self.module.split_last()?.1.to_vec(),
            _ => return None,
        };
        for name in below {
            if name == "super" {
                above.pop();
            } else {
                above.push(name.clone());
            }
        }
        Some(above)
    }
}

/// The module that defines the item at `path`, or `None` if another crate does. Re-exports are followed.
fn definition(known: &BTreeMap<&Module, &Source>, path: &[String]) -> Option<Module> {
    let length = (0..=path.len()).rev().find(|length| known.contains_key(&path[..*length].to_vec()))?;
    let (module, below) = (path[..length].to_vec(), &path[length..]);
    let exported = below.first().and_then(|name| known[&module].exported.get(name));
    if exported.is_some_and(|target| target.len() == 1) {
        // Another crate under a shorter name.
        return None;
    }
    match exported.and_then(|target| known[&module].absolute(target)) {
        Some(mut target) => {
            target.extend_from_slice(&below[1..]);
            definition(known, &target)
        }
        None => Some(module),
    }
}

fn module(path: &Path) -> Module {
    let mut names: Module =
        path.with_extension("").iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|name| name == "mod" || name == "lib") {
        names.pop();
    }
    names
}

fn is_test(path: &Path) -> bool {
    path.iter().any(|name| name == "tests" || name == "tests.rs")
}

fn without_tests_and_comments(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The paths in a `use` tree, each with the name that it imports.
fn leaves(tree: &str) -> Vec<(Vec<String>, String)> {
    let tree = tree.trim();
    let Some((above, inner)) = tree.split_once('{') else {
        let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, name)| (path, Some(name)));
        let mut names: Vec<_> = path.split("::").map(|name| name.trim().to_owned()).collect();
        if names.len() > 1 && names.last().is_some_and(|name| name == "self") {
            names.pop();
        }
        let name = alias.map(str::to_owned).or_else(|| names.last().cloned()).unwrap_or_default();
        return vec![(names, name)];
    };
    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
    let above: Vec<_> =
        above.split("::").map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    let below = split_at_commas(inner).into_iter().flat_map(leaves);
    below.map(|(path, name)| ([above.clone(), path].concat(), name)).collect()
}

fn split_at_commas(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.into_iter().filter(|part| !part.trim().is_empty()).collect()
}

/// The paths in the crate that are written in the code, outside of `use`.
fn inline(text: &str) -> Vec<Vec<String>> {
    let paths = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    let paths =
        paths.filter(|path| ["crate::", "self::", "super::"].iter().any(|start| path.starts_with(start)));
    let names = |path: &str| path.split("::").map(str::to_owned).collect();
    // A path before `{` belongs to a `use` tree, whose paths are collected elsewhere.
    paths.filter(|path| !path.ends_with("::")).map(names).collect()
}

#[test]
fn a_cycle_is_found_through_a_re_exported_name() {
    let module = |name: &str| vec![name.to_owned()];
    let sources = [
        Source::read(Module::new(), "pub(crate) use of_d as e;\npub use self::{a::A, b::B as C};\n"),
        Source::read(module("a"), "use std::fmt;\nuse crate::{\n    C,\n    d::D,\n};\n"),
        Source::read(module("b"), "// use crate::d;\nfn f() { super::a::g() }\n"),
        Source::read(module("d"), "use crate::e::E;\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}\n"),
    ];
    let known: BTreeMap<_, _> = sources.iter().map(|source| (&source.module, source)).collect();
    let uses = |source: &Source| {
        let paths = source.used.iter().filter_map(|path| source.absolute(path));
        (source.module.clone(), paths.filter_map(|path| definition(&known, &path)).collect())
    };
    let imports = Imports(sources.iter().map(uses).collect());
    assert_eq!(imports.cycle(), BTreeSet::from([&module("a"), &module("b")]));
    assert!(imports.0[&module("d")].is_empty());
}
