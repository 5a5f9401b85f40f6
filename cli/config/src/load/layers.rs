//! The layers of the user, and the preset below them.

use crate::{
    error::ConfigError,
    load::{
        environment::{self, Environment},
        file::ConfigFile,
        flags,
        layer::Layer,
        preset,
        sources::Sources,
        stack::Stack,
    },
    tree,
};

/// Reads the layers of `sources` and the preset that they name, and returns them with warnings.
pub(crate) fn read(sources: &Sources) -> Result<(Stack, Vec<String>), ConfigError> {
    let written = Written::read(sources)?;
    // Any layer can name the preset, which lies below all of them. So they are stacked without it first.
    let mut own = Stack::default();
    written.lay_files(&mut own);
    let environment = written.environment(&own)?;
    written.lay_rest(&mut own, environment.layers);
    let types = own.values();
    let mut preset_types = None;
    let mut stack = Stack::default();
    if let Some((file, layer)) = preset::named(&own, &sources.cwd)? {
        preset_types = Some(layer.values.clone());
        stack.lay_preset(file, layer);
    }
    written.lay_files(&mut stack);
    let names = environment::well_known(&stack)?;
    let Environment { layers, warnings } = written.environment(&stack)?;
    for mut layer in environment::layers_of(&names, &sources.environment, &sources.cwd)? {
        let above: Vec<_> = std::iter::once(&types).chain(&preset_types).collect();
        preset::fit(&mut layer.values, &above);
        if !tree::leaves(&layer.values).is_empty() {
            stack.lay(layer);
        }
    }
    stack.know(names);
    written.lay_rest(&mut stack, layers);
    Ok((stack, warnings))
}

/// The layers of the user.
struct Written<'s> {
    sources: &'s Sources,
    files: Vec<(ConfigFile, Layer)>,
    set: Vec<Layer>,
}

impl<'s> Written<'s> {
    fn read(sources: &'s Sources) -> Result<Self, ConfigError> {
        let mut files = Vec::new();
        for path in [sources.machine_file.clone(), sources.user_file()].into_iter().flatten() {
            files.extend(ConfigFile::read(&path, &sources.cwd)?);
        }
        let found = sources.found_file()?;
        for path in sources.files.iter().chain(&found) {
            let Some(file) = ConfigFile::read(path, &sources.cwd)? else {
                let message = format!("the configuration file `{}` does not exist", path.display());
                return Err(ConfigError::new(message));
            };
            files.push(file);
        }
        let set = sources.set.iter().map(|text| flags::layer(text, &sources.cwd));
        let mut set = set.collect::<Result<Vec<_>, _>>()?;
        set.extend(sources.system.as_ref().map(|system| {
            flags::of_command(format!("--system {system}"), &sources.cwd, &["system"], system)
        }));
        set.extend(sources.out.as_ref().map(|(sink, path)| {
            flags::of_command(format!("--out {path}"), &sources.cwd, &["sinks", sink, "path"], path)
        }));
        Ok(Self { sources, files, set })
    }

    fn lay_files(&self, stack: &mut Stack) {
        for (file, layer) in self.files.clone() {
            stack.lay_file(file, layer);
        }
    }

    fn environment(&self, below: &Stack) -> Result<Environment, ConfigError> {
        Environment::read(&self.sources.environment, &below.values(), &self.sources.cwd)
    }

    fn lay_rest(&self, stack: &mut Stack, environment: Vec<Layer>) {
        for layer in environment.into_iter().chain(self.set.clone()) {
            stack.lay(layer);
        }
    }
}
