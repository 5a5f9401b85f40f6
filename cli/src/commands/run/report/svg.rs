//! Charts over the time of a run, as SVG.

use std::{fmt::Write, time::Duration};

use super::timeline::Slice;
use crate::terminal::numbers::{counted, duration, grouped};

/// The width of a chart and the height of its main part, in units of the drawing. The page scales both.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 130.0;
/// The height of a lane below a chart.
const LANE: f64 = 14.0;

/// The slices of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slices<'a> {
    /// The slices.
    pub(super) slices: &'a [Slice],
    /// The length of each.
    pub(super) width: Duration,
}

/// A row of marks below a chart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lane {
    /// What the marks say.
    pub(super) name: &'static str,
    /// Their class in the style sheet.
    pub(super) class: &'static str,
    /// The part of a slice that is marked, from 0 to 1.
    share: fn(&Slice, Duration) -> f64,
}

/// The lanes below the records, from the top.
pub(super) const LANES: [Lane; 4] = [
    Lane {
        name: "held back by a limit or by the API",
        class: "held",
        share: |slice, width| part(slice.held, width),
    },
    Lane {
        name: "waiting after a fault",
        class: "wait",
        share: |slice, width| part(slice.backing_off, width),
    },
    Lane { name: "faults", class: "fault", share: |slice, _| any(slice.faults) },
    Lane { name: "tokens issued", class: "token", share: |slice, _| any(slice.tokens) },
];

impl Slices<'_> {
    /// Records per second with the lanes below, and the height of the highest bar.
    pub(super) fn records(&self) -> (String, u64) {
        let rates: Vec<_> =
            self.slices.iter().map(|slice| number(slice.records) / self.width.as_secs_f64()).collect();
        let top = rates.iter().copied().fold(0.0, f64::max);
        let mut out = open("Records per second", HEIGHT + number(LANES.len() as u64) * LANE);
        for (index, (rate, slice)) in rates.iter().zip(self.slices).enumerate() {
            let says = format!("{} in {}", counted(slice.records, "record"), counted(slice.pages, "page"));
            self.bar(&mut out, index, (0.0, HEIGHT), rate / top, "records", &says);
        }
        for (lane, y) in LANES.iter().zip(0_u32..).map(|(lane, row)| (lane, HEIGHT + LANE * f64::from(row))) {
            line(&mut out, y);
            for (index, slice) in self.slices.iter().enumerate() {
                let share = (lane.share)(slice, self.width);
                let shown = if share > 0.0 { share.max(0.25) } else { 0.0 };
                self.bar(&mut out, index, (y + 2.0, LANE - 3.0), shown, lane.class, lane.name);
            }
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a label")]
        let top = top.round() as u64;
        (close(out), top)
    }

    /// What was left of the reported rate limit, and the height of the highest bar; `None` if nothing was reported.
    pub(super) fn rate_left(&self) -> Option<(String, u64)> {
        let top = self.slices.iter().filter_map(|slice| slice.left).max()?;
        let mut out = open("What was left of the rate limit", HEIGHT);
        for (index, slice) in self.slices.iter().enumerate() {
            let Some(left) = slice.left else { continue };
            let share = (number(left) / number(top.max(1))).max(0.01);
            self.bar(&mut out, index, (0.0, HEIGHT), share, "left", &format!("{} left", grouped(left)));
        }
        Some((close(out), top))
    }

    /// A bar in the slice `index`, from the bottom of an area (its top and height) up to `share` of it.
    fn bar(&self, out: &mut String, index: usize, area: (f64, f64), share: f64, class: &str, says: &str) {
        if share.is_nan() || share <= 0.0 {
            return;
        }
        let (top, full) = area;
        let step = WIDTH / number(self.slices.len() as u64);
        let (x, width) = (number(index as u64) * step, (step * 0.9).max(0.5));
        let (y, height) = (top + full * (1.0 - share), full * share);
        let time = duration(self.width * u32::try_from(index).unwrap_or(u32::MAX));
        // Writing to a string does not fail.
        let _ = write!(
            out,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\">\
             <title>{time}: {says}</title></rect>"
        );
    }

    /// The labels below a chart: its start, middle and end.
    pub(super) fn scale(&self) -> String {
        let end = self.width * u32::try_from(self.slices.len()).unwrap_or(u32::MAX);
        let [middle, end] = [end / 2, end].map(duration);
        format!("<p class=\"scale\"><span>0</span><span>{middle}</span><span>{end}</span></p>")
    }
}

fn open(label: &str, height: f64) -> String {
    format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{label}\">")
}

fn close(mut out: String) -> String {
    line(&mut out, HEIGHT);
    out.push_str("</svg>");
    out
}

fn line(out: &mut String, y: f64) {
    let _ = write!(out, "<line x1=\"0\" y1=\"{y}\" x2=\"{WIDTH}\" y2=\"{y}\"/>");
}

fn part(time: Duration, width: Duration) -> f64 {
    (time.as_secs_f64() / width.as_secs_f64()).min(1.0)
}

fn any(count: u64) -> f64 {
    if count > 0 { 1.0 } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "a chart does not show the difference")]
fn number(count: u64) -> f64 {
    count as f64
}
