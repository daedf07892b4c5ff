//! docs/benchmarks.svg: bars, by hand, so that a plot needs no fonts and no library.

use std::fmt::Write as _;

use super::{Report, number};
use crate::results::Metric;
use crate::target::{self, Target};

/// What is worth a picture: title, test, figure, with TLS or not.
const PANELS: [(&str, &str, Metric, bool); 12] = [
    ("Download, GB/s", "down-1", Metric::Rate, false),
    ("Download, CPU s/GB (less is better)", "down-1", Metric::Cpu, false),
    ("Upload, GB/s", "up-1", Metric::Rate, false),
    ("Upload, CPU s/GB (less is better)", "up-1", Metric::Cpu, false),
    ("Requests/s, 64 connections", "keep-alive-64", Metric::Rate, false),
    ("CPU s/100k requests (less is better)", "keep-alive-64", Metric::Cpu, false),
    ("New connections/s", "connect-16", Metric::Rate, false),
    ("KiB for an idle connection (less is better)", "idle-5000", Metric::PerConnection, false),
    ("TLS: download, GB/s", "down-1", Metric::Rate, true),
    ("TLS: upload, GB/s", "up-1", Metric::Rate, true),
    ("TLS: handshakes/s", "connect-16", Metric::Rate, true),
    ("TLS: KiB for an idle connection (less is better)", "idle-5000", Metric::PerConnection, true),
];

/// The plot; panels without a figure are left out.
pub(super) fn plot(report: &Report) -> String {
    let mut body = String::new();
    let mut bottoms = [MARGIN; 2];
    for (title, case, metric, tls) in PANELS {
        let bars = bars(report, case, metric, tls);
        if bars.is_empty() {
            continue;
        }
        let column = usize::from(bottoms[1] < bottoms[0]);
        let x = MARGIN + column * (PANEL + MARGIN);
        body.push_str(&panel(x, bottoms[column], title, &bars));
        bottoms[column] += TITLE + bars.len() * ROW + MARGIN;
    }
    let (width, height) = (2 * PANEL + 3 * MARGIN, bottoms[0].max(bottoms[1]));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n{body}</svg>\n"
    )
}

fn bars(report: &Report, case: &str, metric: Metric, tls: bool) -> Vec<(&'static Target, f64)> {
    static TARGETS: [Target; target::ALL.len()] = target::ALL;
    TARGETS
        .iter()
        .filter(|target| target.tls.is_some() == tls)
        .filter_map(|target| Some((target, report.results.median(case, target.name, metric)?)))
        .collect()
}

fn panel(x: usize, y: usize, title: &str, bars: &[(&Target, f64)]) -> String {
    let most = bars.iter().map(|(_, value)| *value).fold(f64::MIN_POSITIVE, f64::max);
    let mut text =
        format!("<text x=\"{x}\" y=\"{}\" font-weight=\"bold\">{title}</text>\n", y + TITLE / 2);
    for (index, (target, value)) in bars.iter().enumerate() {
        let top = y + TITLE + index * ROW;
        let baseline = top + ROW - 5;
        let colour = match target {
            _ if target.is_ours() => "#c2410c",
            _ if target.is_peer() => "#64748b",
            _ => "#cbd5e1",
        };
        let length = value / most * BAR;
        // Writing to a string can't fail.
        let _ = writeln!(
            text,
            "<text x=\"{}\" y=\"{baseline}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{}\" y=\"{top}\" width=\"{length:.1}\" height=\"{}\" fill=\"{colour}\"/>\
             <text x=\"{:.1}\" y=\"{baseline}\">{}</text>",
            x + LABEL - 6,
            target.name,
            x + LABEL,
            ROW - 3,
            NUMBERS + length + f64::from(u32::try_from(x).unwrap_or(0)),
            number(*value),
        );
    }
    text
}

const MARGIN: usize = 24;
const PANEL: usize = 470;
const TITLE: usize = 28;
const ROW: usize = 18;
/// Width of the names.
const LABEL: usize = 130;
/// Width of the longest bar: what is left beside the names and the numbers.
const BAR: f64 = 270.0;
/// Where numbers begin behind no bar.
const NUMBERS: f64 = 136.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;
    use crate::results::Results;
    use crate::results::tests::sample;

    #[test]
    fn the_longest_bar_is_the_largest_figure() {
        let rate = |target, value| sample(1, "down-1", target, (Metric::Rate, value));
        let samples = vec![rate("open", 6.0), rate("socat", 2.0)];
        let svg = plot(&report(Results { samples, ..<_>::default() }));
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert!(svg.contains("width=\"270.0\"") && svg.contains("width=\"90.0\""), "{svg}");
        assert_eq!(svg.matches("font-weight").count(), 1, "panels without figures are left out");
    }
}
