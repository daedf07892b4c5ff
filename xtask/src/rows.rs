//! The rows of `docs/reliability.md` name tests that there are.

use std::fs;
use std::path::Path;

use crate::workspace;

#[test]
fn every_row_names_a_test() {
    let page = fs::read_to_string(workspace::root().join("docs/reliability.md")).unwrap();
    let mut tests = String::new();
    collect(&workspace::root().join("tests/tests"), &mut tests);
    let tables = page.split("\n## A soak").next().unwrap();
    let cells = tables.lines().filter_map(|line| line.strip_suffix(" |")?.rsplit_once("| "));
    let cells = cells.map(|(_, cell)| cell).filter(|cell| cell.starts_with('`'));
    let names: Vec<&str> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        let there = tests.contains(&format!("fn {name}")) || tests.contains(&format!("/{name}"));
        assert!(there, "{name}");
    }
}

/// Paths and what is in them.
fn collect(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        text.push_str(&path.to_string_lossy());
        text.push('\n');
        if path.is_dir() {
            collect(&path, text);
        } else {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}
