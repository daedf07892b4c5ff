//! In which of its two formats `/metrics` is read.

/// A format of Prometheus's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    /// OpenMetrics 1.0.0.
    OpenMetrics,
    /// Prometheus's own of old, version 0.0.4.
    Text,
}

impl Format {
    /// What is asked for by the values of `Accept` (RFC 9110 section 12.5.1): OpenMetrics, if it is named and
    /// nothing is wanted more.
    pub(crate) fn asked_for(accept: &[&[u8]]) -> Self {
        let values = accept.iter().filter_map(|value| str::from_utf8(value).ok());
        let (mut open_metrics, mut text) = (0.0, 0.0);
        for range in values.flat_map(|value| value.split(',')) {
            let mut parts = range.split(';').map(str::trim);
            let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
            let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, quality);
            match media_type.as_str() {
                "application/openmetrics-text" => open_metrics = f32::max(open_metrics, quality),
                "text/plain" => text = f32::max(text, quality),
                _ => {}
            }
        }
        if open_metrics > 0.0 && open_metrics >= text { Self::OpenMetrics } else { Self::Text }
    }

    /// As `Content-Type` has it.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    /// Writes in this format what is written in OpenMetrics.
    pub(crate) fn write(self, open_metrics: String) -> String {
        match self {
            Self::OpenMetrics => open_metrics,
            Self::Text => as_text(&open_metrics),
        }
    }
}

/// In the old format the name of a family is that of its samples, an info is a gauge, and there is
/// no end.
fn as_text(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    let mut help = "";
    for line in open_metrics.lines() {
        if let Some((_, told)) = about(line, "# HELP ") {
            help = told;
        } else if let Some((name, kind)) = about(line, "# TYPE ") {
            let (suffix, kind) = match kind {
                "counter" => ("_total", "counter"),
                "info" => ("_info", "gauge"),
                other => ("", other),
            };
            text.extend(["# HELP ", name, suffix, " ", help, "\n"]);
            text.extend(["# TYPE ", name, suffix, " ", kind, "\n"]);
        } else if !line.starts_with('#') {
            text.extend([line, "\n"]);
        }
    }
    text
}

/// The name of a family, and what a line says of it.
fn about<'a>(line: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    line.strip_prefix(keyword)?.split_once(' ')
}

/// A quality (RFC 9110 section 12.4.2); one that can't be read is none.
fn quality(text: &str) -> f32 {
    text.parse().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(accept: &[&str]) -> Format {
        let values: Vec<_> = accept.iter().map(|value| value.as_bytes()).collect();
        Format::asked_for(&values)
    }

    #[test]
    fn open_metrics_is_for_who_names_it() {
        for accept in [
            &["application/openmetrics-text"][..],
            &["application/openmetrics-text; version=1.0.0; charset=utf-8"],
            // Prometheus 2.50.
            &["application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;\
               version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"],
            &["text/plain;q=0.5", "Application/OpenMetrics-Text"],
        ] {
            assert_eq!(asked(accept), Format::OpenMetrics, "{accept:?}");
        }
        for accept in [
            &[][..],
            &["*/*"],
            &["text/html,application/xhtml+xml,*/*;q=0.8"],
            &["text/plain;version=0.0.4;q=0.5, application/openmetrics-text;q=0.4"],
            &["application/openmetrics-text;q=0"],
            &["application/openmetrics-text;q=many"],
        ] {
            assert_eq!(asked(accept), Format::Text, "{accept:?}");
        }
    }

    #[test]
    fn the_old_format_names_families_as_their_samples() {
        let open_metrics = "# HELP a_b Build.\n# TYPE a_b info\na_b_info{version=\"1\"} 1\n\
             # HELP c Things, many.\n# TYPE c counter\nc_total 7\n\
             # HELP g_seconds Time.\n# TYPE g_seconds gauge\n# UNIT g_seconds seconds\n\
             g_seconds 0.5\n# EOF\n";
        let text = "# HELP a_b_info Build.\n# TYPE a_b_info gauge\na_b_info{version=\"1\"} 1\n\
             # HELP c_total Things, many.\n# TYPE c_total counter\nc_total 7\n\
             # HELP g_seconds Time.\n# TYPE g_seconds gauge\ng_seconds 0.5\n";
        assert_eq!(Format::Text.write(open_metrics.into()), text);
        assert_eq!(Format::OpenMetrics.write(open_metrics.into()), open_metrics);
    }
}
