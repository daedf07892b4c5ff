//! The book that docs are.

use std::collections::BTreeSet;

use crate::{Page, pages_below};

#[test]
fn every_page_of_docs_is_in_the_book_once() {
    let summary = Page::at("docs/SUMMARY.md").text;
    let listed = summary.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let listed: Vec<_> = listed.map(|file| format!("docs/{file}")).collect();
    let pages = pages_below("docs").into_iter().map(|page| page.path);
    let pages: BTreeSet<_> = pages.filter(|path| path != "docs/SUMMARY.md").collect();
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), pages);
    assert_eq!(listed.len(), pages.len(), "a page is listed twice");
}

#[test]
fn every_page_begins_with_its_title() {
    for page in pages_below("docs") {
        let first = page.text.lines().next().unwrap_or_default();
        let is_whole = first.starts_with("# ") || first.starts_with("{{#include ");
        assert!(is_whole, "{}: {first}", page.path);
    }
}
