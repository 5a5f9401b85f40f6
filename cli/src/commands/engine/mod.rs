//! `longhaul engine`: prints the driver of a plan for an engine.

use crate::{args::Engine, commands::print, exit::Exit, terminal::failure::Failure};

/// Prints the script or the manifest. It plans, runs every part with the engine's own retries, and verifies.
pub(crate) fn execute(engine: Engine) -> Result<Exit, Failure> {
    print(match engine {
        Engine::Ray => include_str!("ray.py"),
        Engine::Spark => include_str!("spark.py"),
        Engine::Kubernetes => include_str!("kubernetes.yaml"),
        Engine::Slurm => include_str!("slurm.sh"),
    })
}
