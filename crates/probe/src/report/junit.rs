//! JUnit: the XML that CI systems show. One test case a target.

use std::fmt::Write as _;

use super::{Row, healthy};

pub(super) fn document(rows: &[Row<'_>]) -> String {
    let failures = rows.len() - healthy(rows);
    let seconds: f64 = rows.iter().map(|row| row.verdict.latency.as_secs_f64()).sum();
    let counts = format!(
        "tests=\"{}\" failures=\"{failures}\" errors=\"0\" time=\"{seconds:.3}\"",
        rows.len()
    );
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  <testsuite \
         name=\"probe\" skipped=\"0\" {counts}>\n"
    );
    for row in rows {
        let name = escaped(&row.target.name);
        let seconds = row.verdict.latency.as_secs_f64();
        // Writing to a string can't fail.
        let _never =
            write!(text, "    <testcase classname=\"probe\" name=\"{name}\" time=\"{seconds:.3}\"");
        match &row.verdict.error {
            None => text.push_str("/>\n"),
            Some(error) => {
                let (state, error) = (row.verdict.state, escaped(error));
                let _never = write!(
                    text,
                    ">\n      <failure type=\"{state}\" message=\"{error}\">{error}</failure>\n    \
                     </testcase>\n"
                );
            }
        }
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars().filter(|&c| is_of_xml(c)) {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // In an attribute a reader would make spaces of them.
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// XML 1.0 section 2.2, `Char`.
fn is_of_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
