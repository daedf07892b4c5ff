//! The page of a bridge.

use serde_json::Value;

use crate::page;

/// What keeps it up to date.
pub(crate) const JS: &str = concat!(include_str!("../page/page.js"), include_str!("page.js"));
const HTML: &str = include_str!("page.html");

/// The page as of a status.
pub(crate) fn html(status: &Value) -> String {
    page::fill(HTML, status)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_page_is_valid_whatever_is_there() {
        let bare = html(&json!({}));
        assert!(bare.len() > HTML.len() && bare.ends_with("</html>\n"));
        for part in HTML.split("data-").skip(1) {
            assert!(
                ["value=", "mark=", "rows=", "cells=", "if="].iter().any(|it| part.starts_with(it))
            );
        }
    }
}
