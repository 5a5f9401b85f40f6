//! Figures side by side.

use std::time::Duration;

use crate::child::Cost;

/// The middle one.
pub(crate) fn median<T: Copy + Ord>(mut figures: Vec<T>) -> T {
    figures.sort_unstable();
    figures[figures.len() / 2]
}

/// The medians of several runs of one program.
pub(crate) fn medians(costs: &[Cost]) -> Cost {
    let of = |figure: fn(&Cost) -> Duration| median(costs.iter().map(figure).collect());
    Cost {
        cpu: of(|cost| cost.cpu),
        wall: of(|cost| cost.wall),
        peak: median(costs.iter().map(|cost| cost.peak).collect()),
    }
}

pub(crate) fn print(name: &str, cost: &Cost, beside: Option<&Cost>) {
    let Cost { cpu, wall, peak } = cost;
    let ratio = beside.map_or(String::new(), |beside| format!("{:6.2} × the CPU", ratio(*cpu, beside.cpu)));
    println!(
        "  {name:<34} {:8.3} s CPU {:8.3} s {:6} MiB {ratio}",
        cpu.as_secs_f64(),
        wall.as_secs_f64(),
        peak.div_ceil(1024),
    );
}

pub(crate) fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
