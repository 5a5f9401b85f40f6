//! The sinks of plugins that are built into the command. Each has a feature of its name.

use longhaul_core::sink::Registry;
use longhaul_plugin::{Linked, PluginSink};

/// Adds them to `registry`.
pub(super) fn register(registry: &mut Registry) {
    #[cfg(feature = "parquet")]
    add::<longhaul_sink_parquet::Parquet>(registry);
    #[cfg(feature = "postgres")]
    add::<longhaul_sink_postgres::Postgres>(registry);
    #[cfg(feature = "sqlite")]
    add::<longhaul_sink_sqlite::Sqlite>(registry);
    #[cfg(feature = "xlsx")]
    add::<longhaul_sink_xlsx::Xlsx>(registry);
}

fn add<S: PluginSink>(registry: &mut Registry) {
    registry.register(S::NAME, Linked::<S>::default());
}
