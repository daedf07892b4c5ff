//! The page for people: it reads well as it comes, and its script keeps it up to date.

use docker_api_admin::page::{escaped, fill};
use serde_json::{Value, json};

use super::status::Shown;

/// How it looks, behind what every page has.
pub(crate) const CSS: &str = include_str!("page.css");
/// What keeps it up to date, behind what every page has.
pub(crate) const JS: &str = include_str!("page.js");
const HTML: &str = include_str!("page.html");

/// The page of all targets that were asked, of so many.
pub(crate) fn html(shown: &[Shown<'_>], targets: usize) -> serde_json::Result<String> {
    let mut all = shown.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>()?;
    all.sort_by_cached_key(|one| (rank(one), text(&one["target"]).to_owned()));
    let healthy = all.iter().filter(|one| one["healthy"] == true).count();
    let sum =
        |key: &str| -> u64 { all.iter().filter_map(|one| one["containers"][key].as_u64()).sum() };
    let numbers = json!({
        "targets": targets,
        "healthy": healthy,
        "failing": all.len() - healthy,
        "running": sum("running"),
        "stopped": sum("stopped"),
        "unhealthy": sum("unhealthy"),
    });
    let page = fill(HTML, &numbers);
    let (before, after) = page.split_once(ROWS).unwrap_or((&page, ""));
    Ok([before, ROWS, &all.iter().map(row).collect::<String>(), after].concat())
}

/// Failing ones come first.
fn rank(one: &Value) -> u8 {
    match text(&one["state"]) {
        "healthy" => 2,
        "unmet" => 1,
        _ => 0,
    }
}

/// A target as `page.js` shows it too.
fn row(one: &Value) -> String {
    let (state, engine) = (escaped(text(&one["state"])), &one["engine"]);
    let said = |key: &str| match text(&engine[key]) {
        "" => DASH.to_owned(),
        said => escaped(said),
    };
    let latency = one["latency_ms"].as_f64().filter(|_| !engine.is_null());
    let cells = [
        format!("<td class=\"state\"><strong data-is=\"{state}\">{state}</strong></td>"),
        format!(
            "<td class=\"target\"><code>{}</code><p>{}</p></td>",
            escaped(text(&one["target"])),
            escaped(text(&one["error"]))
        ),
        cell("", &said("version")),
        cell("", &said("api_version")),
        cell("number", &latency.map_or_else(|| DASH.into(), |ms| format!("{ms:.1} ms"))),
        cell(
            "",
            &format!(
                "<svg viewBox=\"0 0 120 24\" aria-hidden=\"true\"><path d=\"{}\"></path></svg>",
                strokes(&one["latencies_ms"])
            ),
        ),
        number(&one["containers"]["running"], |_| false),
        number(&one["containers"]["stopped"], |_| false),
        number(&one["containers"]["unhealthy"], |count| count > 0),
        number(&one["tls"]["days_left"], |days| days < 14),
        cell("", &escaped(&text(&one["since"]).replace('T', " ").replace('Z', ""))),
    ];
    format!("<tr>{}</tr>", cells.concat())
}

fn cell(class: &str, inside: &str) -> String {
    format!("<td class=\"{class}\">{inside}</td>")
}

fn number(value: &Value, is_bad: impl Fn(i64) -> bool) -> String {
    match value.as_i64() {
        Some(count) => {
            cell(if is_bad(count) { "number bad" } else { "number" }, &count.to_string())
        }
        None => cell("number", DASH),
    }
}

/// A stroke a check; none for one without an answer.
fn strokes(latencies: &Value) -> String {
    let latencies: Vec<_> = latencies.as_array().into_iter().flatten().map(Value::as_f64).collect();
    let most = latencies.iter().flatten().copied().fold(0.1, f64::max);
    let stroke = |(at, latency): (usize, &Option<f64>)| {
        let top = 22.0 - (20.0 * (*latency)? / most).round();
        Some(format!("M{} 24V{top}", 3 * at + 1))
    };
    latencies.iter().enumerate().filter_map(stroke).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

const ROWS: &str = "<tbody id=\"rows\">";
const DASH: &str = "–";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_stays_text() {
        let hostile = "<script>'\"&";
        let row = row(&json!({
            "target": hostile, "state": "healthy", "error": hostile, "since": hostile,
            "engine": {"version": hostile, "api_version": hostile},
        }));
        assert!(!row.contains("<script") && !row.contains('\''), "{row}");
        assert_eq!(row.matches("&lt;script&gt;&#39;&quot;&amp;").count(), 5, "{row}");
    }

    #[test]
    fn what_is_not_known_is_a_dash() {
        let row = row(&json!({"target": "a", "state": "refused", "latency_ms": 1.0,
            "containers": {"running": 1, "stopped": null, "unhealthy": 2},
            "tls": {"days_left": 20}, "latencies_ms": [null, 2.0, 1.0]}));
        assert_eq!(row.matches(DASH).count(), 4, "{row}");
        assert!(row.contains("<td class=\"number bad\">2</td>"), "{row}");
        assert!(row.contains("d=\"M4 24V2M7 24V12\""), "{row}");
    }
}
