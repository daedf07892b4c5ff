//! Pages for people: they read well as they come, and their script keeps them up to date.
//!
//! A template says what belongs where. `data-value` and `data-mark` are filled with a text,
//! `data-rows` with the rows of a table whose `data-cells` it shows, `data-if` hides what isn't
//! there. `page.js` does the same with `/status.json`.

use serde_json::Value;

/// How every page looks.
pub const CSS: &str = include_str!("page.css");
/// What every page's own script begins with.
pub const JS: &str = include_str!("page.js");

/// The page as of a status.
pub fn fill(template: &str, status: &Value) -> String {
    let mut page = String::with_capacity(2 * template.len());
    let mut rest = template;
    while let Some((before, tag, after)) = next_tag(rest) {
        page.extend([before, "<", tag]);
        if attribute(tag, "data-if").is_some_and(|path| find(status, path).is_null()) {
            page.push_str(" hidden");
        }
        let mark = attribute(tag, "data-mark").map(|path| escaped(&text(find(status, path), "")));
        if let Some(mark) = &mark {
            page.extend([" data-is=\"", mark, "\""]);
        }
        page.push('>');
        page.extend(mark);
        if let Some((path, format)) = attribute(tag, "data-value").map(key_and_format) {
            page.push_str(&escaped(&text(find(status, path), format)));
        }
        if let (Some(rows), Some(cells)) =
            (attribute(tag, "data-rows"), attribute(tag, "data-cells"))
        {
            for line in find(status, rows).as_array().into_iter().flatten() {
                page.push_str(&row(line, cells));
            }
        }
        rest = after;
    }
    page.push_str(rest);
    page
}

/// What stands before the next tag, the tag without its brackets, and what stands behind it.
fn next_tag(template: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = template.split_once('<')?;
    let (tag, after) = rest.split_once('>')?;
    Some((before, tag, after))
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(name)?;
    rest.strip_prefix("=\"")?.split('"').next()
}

fn key_and_format(told: &str) -> (&str, &str) {
    told.split_once(':').unwrap_or((told, ""))
}

/// The value under a path of keys with dots between them.
fn find<'a>(status: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(status, |at, key| at.get(key).unwrap_or(&Value::Null))
}

fn row(line: &Value, cells: &str) -> String {
    let cells = cells.split(' ').map(|cell| {
        let (key, format) = key_and_format(cell);
        format!("<td class=\"{format}\">{}</td>", escaped(&text(find(line, key), format)))
    });
    let is_flagged = line["revoked"] == true || line["days_left"].as_i64().is_some_and(|it| it < 7);
    let class = if is_flagged { " class=\"flag\"" } else { "" };
    format!("<tr{class}>{}</tr>", cells.collect::<String>())
}

/// A value as people read it, which is as `page.js` writes it.
fn text(value: &Value, format: &str) -> String {
    let number = value.as_u64().unwrap_or_default();
    match (value, format) {
        (Value::Null, _) => String::new(),
        (_, "bytes") => bytes(number),
        (_, "span") => span(number),
        (_, "flag") => if value == true { "revoked" } else { "" }.into(),
        (Value::String(text), "time") => text.replace('T', " ").replace('Z', ""),
        (Value::String(text), _) => text.clone(),
        (other, _) => other.to_string(),
    }
}

fn bytes(bytes: u64) -> String {
    let steps = bytes.checked_ilog(1000).unwrap_or_default();
    if steps == 0 {
        return format!("{bytes} B");
    }
    // To a tenth.
    let tenths = bytes / (1000u64.pow(steps) / 10);
    let unit = UNITS.get(steps as usize - 1).unwrap_or(&"EB");
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

fn span(seconds: u64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match (hours, minutes) {
        (48.., _) => format!("{} d {} h", hours / 24, hours % 24),
        (1.., _) => format!("{hours} h {} min", minutes % 60),
        (0, 1..) => format!("{minutes} min"),
        (0, 0) => format!("{seconds} s"),
    }
}

/// Text that can't become markup.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Each a thousand of the one before.
const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_belongs_where_is_filled_in_as_text() {
        let status = json!({"a": {"b": "<script>"}, "n": 1234, "rows": [
            {"name": "x\"onload='1", "revoked": true, "time": "2030-01-02T03:04:05Z"},
        ]});
        for (template, page) in [
            ("<p data-value=\"a.b\"></p>", "<p data-value=\"a.b\">&lt;script&gt;</p>"),
            ("<p data-value=\"n:bytes\"></p>", "<p data-value=\"n:bytes\">1.2 kB</p>"),
            ("<p data-mark=\"n\"></p>", "<p data-mark=\"n\" data-is=\"1234\">1234</p>"),
            ("<p data-if=\"a\">x</p>", "<p data-if=\"a\">x</p>"),
            ("<p data-if=\"a.c\">x</p>", "<p data-if=\"a.c\" hidden>x</p>"),
            (
                "<tbody data-rows=\"rows\" data-cells=\"name:code revoked:flag time:time\">",
                "<tbody data-rows=\"rows\" data-cells=\"name:code revoked:flag time:time\"><tr class=\"flag\">\
                 <td class=\"code\">x&quot;onload=&#39;1</td><td class=\"flag\">revoked</td>\
                 <td class=\"time\">2030-01-02 03:04:05</td></tr>",
            ),
        ] {
            assert_eq!(fill(template, &status), page);
        }
    }

    #[test]
    fn amounts_are_rounded_for_people() {
        for (number, read) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1_999_999, "1.9 MB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(bytes(number), read);
        }
        for (seconds, read) in [
            (59, "59 s"),
            (3599, "59 min"),
            (3600, "1 h 0 min"),
            (172_799, "47 h 59 min"),
            (172_800, "2 d 0 h"),
        ] {
            assert_eq!(span(seconds), read);
        }
    }
}
