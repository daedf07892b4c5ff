//! A file of targets: one a line, `#` for comments.

use std::fs;
use std::io::{self, Read as _};

use docker_api_settings::Failure;

/// The targets with the numbers of their lines. `-` is standard input.
pub(crate) fn read(file: &str) -> Result<Vec<(usize, String)>, Failure> {
    let text = if file == "-" {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(file)
    };
    text.map(|text| targets(&text))
        .map_err(|error| Failure::setting(&format!("--targets: {file}"), error))
}

fn targets(text: &str) -> Vec<(usize, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, without_comment(line)));
    lines.filter(|(_, target)| !target.is_empty()).map(|(n, target)| (n, target.into())).collect()
}

/// A `#` within a word belongs to the word, as in a path.
fn without_comment(line: &str) -> &str {
    let begins =
        |&(at, _): &(usize, char)| line[..at].chars().next_back().is_none_or(char::is_whitespace);
    let comment = line.char_indices().filter(|&(_, c)| c == '#').find(begins);
    comment.map_or(line, |(at, _)| &line[..at]).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_empty_lines_are_left_out_and_lines_are_counted() {
        let text = "\u{feff}# ours\n\n tcp://a:1  # the first\n/run/a#b.sock\r\n\t#\ncontext:c";
        let expected = [(3, "tcp://a:1"), (4, "/run/a#b.sock"), (6, "context:c")];
        assert_eq!(targets(text), expected.map(|(line, text)| (line, text.to_owned())));
    }
}
