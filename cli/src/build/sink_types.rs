//! The types of sinks.

use std::sync::Arc;

use longhaul_core::{
    disk::SystemDisk,
    sink::{Registry, SinkError},
};
use longhaul_plugin_host::Plugins;
use longhaul_sinks::{Children, ObjectPath, Objects, Stdout};

use super::stores::{StoreAccess, objects};

/// The built-in sinks.
pub(crate) fn registry() -> Registry {
    let mut registry = Registry::default();
    longhaul_sinks::register(&mut registry, Stdout::of_process(), Arc::new(SystemDisk));
    #[cfg(feature = "linked")]
    super::linked::register(&mut registry);
    registry
}

/// Ends the processes that sinks have started.
pub(crate) fn end_children() {
    Children::of_process().kill_all();
}

/// The types of sinks of a run.
#[derive(Debug)]
pub(crate) struct SinkTypes {
    pub(super) registry: Registry,
    pub(super) plugins: Plugins,
    pub(super) objects: Objects,
}

impl SinkTypes {
    /// The built-in sinks, which write files and objects, and plugins.
    pub(crate) fn new(plugins: Plugins, stores: StoreAccess<'_>) -> Self {
        let mut registry = Registry::default();
        let disk = Arc::new(SystemDisk);
        let credentials = stores.loaded.credential_variables().to_owned();
        let objects = objects(stores);
        longhaul_sinks::register_with_objects(
            &mut registry,
            Stdout::of_process(),
            disk,
            objects.clone(),
            credentials,
        );
        #[cfg(feature = "linked")]
        super::linked::register(&mut registry);
        Self { registry, plugins, objects }
    }

    /// The path of objects, if `path` is one.
    pub(crate) fn object_path(&self, path: &str) -> Result<Option<ObjectPath>, SinkError> {
        ObjectPath::of(path, &self.objects)
    }

    /// Checks that the store of the object at `address` can be used.
    pub(crate) fn check_object(&self, address: &str) -> Result<(), SinkError> {
        self.objects.check(address)
    }
}
