//! The layers of a configuration, merged.

use std::{collections::BTreeSet, fmt};

use figment::{
    Figment, Metadata, Profile, Provider,
    value::{Dict, Empty, Map, Value},
};

use crate::{
    error::ConfigError,
    load::{canonical, file::ConfigFile, keys, layer::Layer},
    origin::Origin,
    tree,
    trust::Ownership,
    values::{body, kind::Kind},
};

/// The merged layers with the origin of every value. `Debug` shows no values, because they may be secrets.
#[derive(Default)]
pub(crate) struct Stack {
    figment: Figment,
    files: Vec<ConfigFile>,
    preset: Option<ConfigFile>,
    /// The streams that any layer except the preset defines or extends.
    own_streams: BTreeSet<String>,
    /// The variables that `[environment]` lists, with their keys.
    well_known: Vec<(String, Vec<String>)>,
}

impl Stack {
    /// Puts `layer` on top. Its tables extend those below; its other values replace them.
    pub(crate) fn lay(&mut self, layer: Layer) {
        let streams = layer.values.get("streams").and_then(Value::as_dict).into_iter().flat_map(Dict::keys);
        self.own_streams.extend(streams.cloned());
        self.merge(layer);
    }

    /// Does the same, but a stream that `layer` extends does not become one of the user.
    pub(crate) fn adjust(&mut self, layer: Layer) {
        self.merge(layer);
    }

    /// Puts the layer of `file` on top, and keeps the lines of its keys.
    pub(crate) fn lay_file(&mut self, file: ConfigFile, layer: Layer) {
        self.lay(layer);
        self.files.push(file);
    }

    /// The origins of the files.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Origin> {
        self.files.iter().map(|file| &file.origin)
    }

    /// Puts a preset on top. It must come first.
    pub(crate) fn lay_preset(&mut self, file: ConfigFile, layer: Layer) {
        self.merge(layer);
        self.preset = Some(file);
    }

    /// Puts the defaults below all layers.
    pub(crate) fn underlay(&mut self, values: Dict) {
        let written = Written { origin: &Origin::Default, values };
        self.figment = std::mem::take(&mut self.figment).join(written);
    }

    /// Notes the variables that `[environment]` lists.
    pub(crate) fn know(&mut self, variables: Vec<(String, Vec<String>)>) {
        self.well_known = variables;
    }

    /// Replaces the value at `path`, and keeps its origin.
    pub(crate) fn replace(&mut self, path: &[String], value: Value) {
        let origin = self.origin(path);
        let written = Written { origin: &origin, values: tree::nest(path, value) };
        self.figment = std::mem::take(&mut self.figment).merge(written);
    }

    /// All values, merged.
    pub(crate) fn values(&self) -> Dict {
        tree_of(&self.figment)
    }

    /// Where the value at `path` comes from. For a table, it is the topmost layer that extends it.
    pub(crate) fn origin(&self, path: &[String]) -> Origin {
        let values = self.values();
        let tag = tree::at(&values, path).map(Value::tag);
        let metadata = tag.and_then(|tag| self.figment.get_metadata(tag));
        self.locate(path, metadata.map(Origin::from).unwrap_or_default())
    }

    /// The ownership of the file at `origin`, if it is a file.
    pub(crate) fn ownership(&self, origin: &Origin) -> Option<Ownership> {
        self.file(origin).and_then(|file| file.ownership)
    }

    /// `origin`, unless it is the preset. What a preset leaves out, the user must add.
    pub(crate) fn by_user(&self, origin: Origin) -> Origin {
        let is_preset = self.preset.as_ref().is_some_and(|preset| preset.origin == origin.clone().on(None));
        if is_preset { Origin::Default } else { origin }
    }

    /// The error for the missing key at `path`; `near` is the origin of the table around it.
    pub(crate) fn missing(&self, path: &[String], near: Origin) -> ConfigError {
        let key = tree::dotted(path);
        let mut error = ConfigError::new(format!("`{key}` is missing")).at(&key, self.by_user(near));
        if keys::find_kind(path).is_some() {
            let example = self.example(&key).map(|example| format!("; for example `{example}`"));
            let preset = (key == "api.base_url" && self.preset.is_none())
                .then_some("; or name a preset, such as `system = \"genesys\"`");
            let rest = example.unwrap_or_default() + preset.unwrap_or_default();
            error = error.with_hint(keys::set_one_of(&self.variables(path)) + &rest);
        } else if key == "auth" {
            error =
                error.with_hint("add a table `[auth]`; its `type` is `none` if the API needs no credentials");
        }
        error
    }

    /// The example that a preset gives for `key`, which it needs from the user.
    fn example(&self, key: &str) -> Option<String> {
        let values = self.values();
        tree::at(&values, &["about", "needs", key])?.as_str().map(str::to_owned)
    }

    /// The environment variables that set the key at `path`, the topmost last.
    pub(crate) fn variables(&self, path: &[String]) -> Vec<String> {
        let well_known = self.well_known.iter().filter(|(_, key)| key == path).map(|(name, _)| name.clone());
        well_known.chain([keys::variable(path)]).collect()
    }

    /// The streams that any layer except the preset defines or extends. Those in files come first, in the order of the
    /// files; those that only the environment or the command line names follow, sorted by name.
    pub(crate) fn own_streams(&self) -> Vec<&str> {
        let listed = self.files.iter().flat_map(|file| file.lines.names("streams"));
        once_each(listed.chain(self.own_streams.iter().map(String::as_str)))
    }

    /// The same streams, followed by the other streams of the preset.
    pub(crate) fn all_streams(&self) -> Vec<&str> {
        let listed = self.preset.iter().flat_map(|file| file.lines.names("streams"));
        once_each(self.own_streams().into_iter().chain(listed))
    }

    /// `origin` with the line of the key at `path`.
    pub(crate) fn locate(&self, path: &[String], origin: Origin) -> Origin {
        let line = self.file(&origin).and_then(|file| file.lines.find(path));
        origin.on(line)
    }

    fn merge(&mut self, layer: Layer) {
        let values = canonical::table(layer.values, &layer.folder);
        let mut figment = std::mem::take(&mut self.figment);
        for path in replaced_by_forms(&values, &tree_of(&figment)) {
            let nothing = tree::nest(&path, Value::from(Empty::Unit));
            figment = figment.merge(Written { origin: &layer.origin, values: nothing });
        }
        self.figment = figment.merge(Written { origin: &layer.origin, values });
    }

    fn file(&self, origin: &Origin) -> Option<&ConfigFile> {
        let file = origin.clone().on(None);
        self.files.iter().chain(&self.preset).find(|known| known.origin == file)
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack").field("files", &self.files).finish_non_exhaustive()
    }
}

fn once_each<'n>(names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let mut seen = BTreeSet::new();
    names.filter(|name| seen.insert(*name)).collect()
}

/// All values of `figment`, merged.
pub(super) fn tree_of(figment: &Figment) -> Dict {
    figment.data().ok().and_then(|mut data| data.remove(&Profile::Default)).unwrap_or_default()
}

/// A layer as figment reads it.
struct Written<'l> {
    origin: &'l Origin,
    values: Dict,
}

impl Provider for Written<'_> {
    fn metadata(&self) -> Metadata {
        self.origin.into()
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

/// The values that a form in `above` replaces. Otherwise their tables would be merged, and a secret could have both a
/// variable and a file.
fn replaced_by_forms(above: &Dict, below: &Dict) -> Vec<Vec<String>> {
    let tables = tree::leaves(above)
        .into_iter()
        .flat_map(|(path, _)| (1..path.len()).map(|length| path[..length].to_vec()).collect::<Vec<_>>());
    let is_form =
        |layer, path: &[String]| tree::at(layer, path).and_then(Value::as_dict).is_some_and(body::is_form);
    tables
        .filter(|path| match keys::find_kind(path) {
            Some(Kind::Secret) => true,
            Some(Kind::Body) => is_form(above, path) || is_form(below, path),
            _ => false,
        })
        .collect()
}
