//! Prints costs, compared with each other.

use std::time::Duration;

use crate::child_process::Cost;

/// The median.
pub(crate) fn median<T: Copy + Ord>(mut values: Vec<T>) -> T {
    values.sort_unstable();
    values[values.len() / 2]
}

/// The medians of several runs of one program.
pub(crate) fn medians(costs: &[Cost]) -> Cost {
    let of = |value: fn(&Cost) -> Duration| median(costs.iter().map(value).collect());
    Cost {
        cpu: of(|cost| cost.cpu),
        user: of(|cost| cost.user),
        wall: of(|cost| cost.wall),
        peak: median(costs.iter().map(|cost| cost.peak).collect()),
    }
}

pub(crate) fn print(name: &str, cost: &Cost, baseline: Option<&Cost>) {
    let Cost { cpu, user, wall, peak } = cost;
    let ratio =
        baseline.map_or(String::new(), |baseline| format!("{:6.2} × the CPU", ratio(*cpu, baseline.cpu)));
    println!(
        "  {name:<34} {:8.3} s CPU ({:.3} s user) {:8.3} s {:6} MiB {ratio}",
        cpu.as_secs_f64(),
        user.as_secs_f64(),
        wall.as_secs_f64(),
        peak.div_ceil(1024),
    );
}

pub(crate) fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
