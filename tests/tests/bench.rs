//! What shows where the bridges stand: `cargo xtask bench`.

use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use testkit::binary;
use testkit::process::{clean_environment, finish};

/// A quick run on programs that nobody optimised: figures come out, whatever they are.
#[test]
fn a_quick_benchmark_writes_its_figures_its_page_and_its_plot() {
    let folder = tempfile::tempdir().expect("a folder");
    let json = folder.path().join("figures.json");
    let mut command = Command::new(binary::binary("xtask"));
    clean_environment(&mut command).args(["bench", "--quick", "--only"]);
    command.args(["keep-alive-16", "connect-1", "up-chunked", "start"]);
    command.args(["direct-tcp", "open", "tls"]);
    command.arg("--programs").arg(binary::binary("bridge").parent().expect("a folder"));
    command.arg("--output").arg(folder.path()).arg("--json").arg(&json);
    let output = finish(command, Duration::from_secs(60));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");

    let report: Value =
        serde_json::from_slice(&fs::read(&json).expect("the figures")).expect("JSON");
    for (case, metric) in [
        ("keep-alive-16", "rate"),
        ("connect-1", "p50"),
        ("up-chunked", "rate"),
        ("start", "first-byte"),
    ] {
        for target in ["open", "tls"] {
            let figure = figure(&report, case, target, metric);
            assert!(
                figure.is_some_and(|figure| figure > 0.0),
                "{case} {target} {metric}: {report}"
            );
        }
    }
    // Not everybody's kernel counts it so finely that there must be some.
    assert!(figure(&report, "keep-alive-16", "open", "cpu").is_some(), "{report}");
    assert!(figure(&report, "keep-alive-16", "direct-tcp", "cpu").is_none(), "{report}");

    let page = fs::read_to_string(folder.path().join("benchmarks.md")).expect("the page");
    for part in ["cargo xtask bench --quick --only", "## Goals", "| **open** |", "| **tls** |"] {
        assert!(page.contains(part), "no `{part}` in {page}");
    }
    let plot = fs::read_to_string(folder.path().join("benchmarks.svg")).expect("the plot");
    assert!(plot.starts_with("<svg "), "{plot}");
}

fn figure(report: &Value, case: &str, target: &str, metric: &str) -> Option<f64> {
    let samples = report["results"]["samples"].as_array()?;
    let sample =
        samples.iter().find(|sample| sample["case"] == case && sample["target"] == target)?;
    sample["figures"][metric].as_f64()
}
