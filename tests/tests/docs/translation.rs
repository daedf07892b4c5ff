//! README in Chinese says what README says: the same parts, tables and commands.

use crate::Page;
use crate::block::Block;

#[test]
fn the_translation_has_the_parts_tables_and_commands_of_readme() {
    let [english, chinese] = ["README.md", "README.zh-CN.md"].map(Page::at);
    assert_eq!(shape(&english), shape(&chinese));
    assert_eq!(commands(&english), commands(&chinese));
}

/// Headings by their depth, and between them rows of tables, items of lists, snippets by their language.
fn shape(page: &Page) -> Vec<&str> {
    let mark = |line| {
        let first = str::split(line, ' ').next().unwrap_or_default();
        let is_item =
            first == "-" || first.strip_suffix('.').is_some_and(|n| n.parse::<u8>().is_ok());
        let is_mark = first.starts_with('#') || first == "|" || first.starts_with("```");
        (is_item || is_mark).then_some(first)
    };
    page.text.lines().filter_map(mark).collect()
}

/// What is typed; comments are a matter of language.
fn commands(page: &Page) -> Vec<String> {
    let typed = |block: Block| {
        let lines = block.text.lines().map(|line| line.split(" #").next().unwrap_or_default());
        lines.map(str::trim_end).collect::<Vec<_>>().join("\n")
    };
    page.blocks().into_iter().map(typed).collect()
}
