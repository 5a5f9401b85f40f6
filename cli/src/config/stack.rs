//! The layers of a configuration, one above the other.

use std::{fmt, path::PathBuf};

use figment::{
    Figment, Metadata, Profile, Provider,
    value::{Dict, Empty, Map, Value},
};

use super::{
    Config, ConfigError, Origin, body, canonical,
    explain::explain,
    file::ConfigFile,
    keys::{self, Kind},
    tree,
    trust::Ownership,
};

/// What was written in one place.
pub(super) struct Layer {
    pub(super) origin: Origin,
    /// What paths that are read are relative to.
    pub(super) folder: PathBuf,
    pub(super) values: Dict,
}

/// The layers, merged, with the origin of every value. `Debug` shows none, as they may be secrets.
#[derive(Default)]
pub(super) struct Stack {
    figment: Figment,
    files: Vec<ConfigFile>,
}

impl Stack {
    /// Puts `layer` on top: its tables extend those below, its other values replace them.
    pub(super) fn lay(&mut self, layer: Layer) {
        let values = canonical::table(layer.values, &layer.folder);
        let mut figment = std::mem::take(&mut self.figment);
        for path in replaced_by_forms(&values, &tree_of(&figment)) {
            let nothing = tree::nest(&path, Value::from(Empty::Unit));
            figment = figment.merge(Written { origin: &layer.origin, values: nothing });
        }
        self.figment = figment.merge(Written { origin: &layer.origin, values });
    }

    /// Puts `file` on top, and remembers where its keys are.
    pub(super) fn lay_file(&mut self, file: ConfigFile, layer: Layer) {
        self.lay(layer);
        self.files.push(file);
    }

    /// Puts what is built in beneath everything.
    pub(super) fn underlay(&mut self, values: Dict) {
        let written = Written { origin: &Origin::Default, values };
        self.figment = std::mem::take(&mut self.figment).join(written);
    }

    /// Everything, merged.
    pub(super) fn values(&self) -> Dict {
        tree_of(&self.figment)
    }

    /// The configuration that the layers are together.
    pub(super) fn extract(&self) -> Result<Config, ConfigError> {
        self.figment.extract_lossy().map_err(|error| explain(error, |path, origin| self.locate(path, origin)))
    }

    /// Where the value at `path` was written; for a table, the topmost place that says something about it.
    pub(super) fn origin(&self, path: &[String]) -> Origin {
        let values = self.values();
        let tag = tree::at(&values, path).map(Value::tag);
        let metadata = tag.and_then(|tag| self.figment.get_metadata(tag));
        self.locate(path, metadata.map(Origin::from).unwrap_or_default())
    }

    /// Who could have written the file at `origin`, where it is one.
    pub(super) fn ownership(&self, origin: &Origin) -> Option<Ownership> {
        self.file(origin).map(|file| file.ownership)
    }

    /// The names in the table `table` as its files list them, lower layers first.
    pub(super) fn names<'s>(&'s self, table: &'s str) -> impl Iterator<Item = &'s str> {
        self.files.iter().flat_map(move |file| file.lines.names(table))
    }

    /// `origin` with the line of the key at `path`.
    fn locate(&self, path: &[String], origin: Origin) -> Origin {
        let line = self.file(&origin).and_then(|file| file.lines.find(path));
        match origin {
            Origin::File { path, .. } => Origin::File { path, line },
            other => other,
        }
    }

    fn file(&self, origin: &Origin) -> Option<&ConfigFile> {
        let Origin::File { path, .. } = origin else { return None };
        self.files.iter().find(|file| file.path == *path)
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack").field("files", &self.files).finish_non_exhaustive()
    }
}

fn tree_of(figment: &Figment) -> Dict {
    figment.data().ok().and_then(|mut data| data.remove(&Profile::Default)).unwrap_or_default()
}

/// What figment is given of a layer.
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

/// The values below that a form in `above` takes the place of. Tables would be merged otherwise, and a secret
/// be said to lie both in a variable and in a file.
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
