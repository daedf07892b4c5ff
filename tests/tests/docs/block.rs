//! Snippets of a page.

/// A snippet: fenced, or indented by four blanks.
#[derive(Debug)]
pub(crate) struct Block {
    /// Page and line, for people.
    pub(crate) place: String,
    /// `sh` where none is said.
    pub(crate) language: String,
    pub(crate) marker: Marker,
    pub(crate) text: String,
}

/// How a snippet is checked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Marker {
    /// By its language.
    None,
    /// It is run, with those of its page.
    Run,
    /// It is what this command prints.
    Output(String),
    /// Its lines are lines of this file.
    File(String),
    /// Only its command lines of ours are.
    Commands,
    /// As a configuration of Prometheus.
    Prometheus,
    /// Not at all, for this reason.
    NotRun(String),
}

impl Marker {
    /// Of the line before a snippet.
    fn of(line: &str, place: &str) -> Self {
        let Some(comment) = line.trim().strip_prefix("<!-- ").and_then(|l| l.strip_suffix(" -->"))
        else {
            return Self::None;
        };
        if let Some(reason) = comment.strip_prefix("not run: ") {
            return Self::NotRun(reason.to_owned());
        }
        let Some(check) = comment.strip_prefix("check: ") else { return Self::None };
        match check.split_once(' ').unwrap_or((check, "")) {
            ("run", "") => Self::Run,
            ("output", command) => Self::Output(command.to_owned()),
            ("file", path) => Self::File(path.to_owned()),
            ("commands", "") => Self::Commands,
            ("prometheus", "") => Self::Prometheus,
            _ => panic!("{place}: no such check: {check}"),
        }
    }
}

/// All snippets of a page.
pub(crate) fn of(path: &str, text: &str) -> Vec<Block> {
    let lines: Vec<_> = text.lines().collect();
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let place = format!("{path}:{}", at + 1);
        let before = |above: usize| at.checked_sub(above).map_or("", |at| lines[at]);
        if let Some(info) = line.trim_start().strip_prefix("```") {
            let indent = line.len() - line.trim_start().len();
            let length = lines[at + 1..].iter().position(|line| line.trim() == "```");
            let length = length.unwrap_or_else(|| panic!("{place}: no end"));
            let inside = lines[at + 1..=at + length].iter();
            let text = inside.map(|line| line.get(indent..).unwrap_or_default());
            blocks.push(Block {
                language: if info.is_empty() { "sh" } else { info }.to_owned(),
                marker: Marker::of(before(1), &place),
                text: text.collect::<Vec<_>>().join("\n"),
                place,
            });
            at += length + 2;
        } else if line.starts_with("    ") && before(1).is_empty() && !is_in_list(&lines[..at]) {
            let inside = lines[at..].iter().take_while(|line| line.starts_with("    "));
            let text: Vec<_> = inside.map(|line| &line[4..]).collect();
            at += text.len();
            let marker = Marker::of(lines[at - text.len()].trim(), &place);
            blocks.push(Block { language: "sh".to_owned(), marker, text: text.join("\n"), place });
        } else {
            at += 1;
        }
    }
    blocks
}

/// Whether the paragraph before is an item of a list, of which indented lines are a part.
fn is_in_list(before: &[&str]) -> bool {
    let item = before.iter().rev().find(|line| !line.is_empty() && !line.starts_with(' '));
    item.is_some_and(|line| {
        line.starts_with("- ")
            || line.split_once(". ").is_some_and(|(n, _)| n.parse::<u8>().is_ok())
    })
}

/// What stands between backticks in a page's sentences.
pub(crate) fn spans(text: &str) -> Vec<String> {
    let mut sentences = String::new();
    let mut is_fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        } else if !is_fenced && !line.starts_with("    ") {
            sentences.push_str(line);
            // A span may go over the end of a line, but not of a paragraph.
            sentences.push_str(if line.is_empty() { "`\n`" } else { " " });
        }
    }
    let paragraphs = sentences.split("`\n`");
    paragraphs.flat_map(|one| one.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn fenced_and_indented_snippets_are_found_with_their_markers() {
    let text = "\
Text `bridge --check` and `a
b`.

    bridge

- item

    no snippet

<!-- check: output bridge --help -->
```text
x
```
<!-- not run: there is no Engine -->
```
y
```
";
    let blocks = of("page.md", text);
    let found: Vec<_> = blocks.iter().map(|one| (&*one.language, &*one.text)).collect();
    assert_eq!(found, [("sh", "bridge"), ("text", "x"), ("sh", "y")]);
    assert_eq!(blocks[1].marker, Marker::Output("bridge --help".to_owned()));
    assert_eq!(blocks[2].marker, Marker::NotRun("there is no Engine".to_owned()));
    assert_eq!(spans(text), ["bridge --check", "a b"]);
}
