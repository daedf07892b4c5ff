//! Links between pages.

use std::collections::BTreeSet;

use crate::{Page, top};

#[test]
fn every_link_leads_to_a_page_and_a_heading_that_exist() {
    for page in Page::all() {
        for link in links(&page.text) {
            if link.contains("://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let path = match file {
                "" => page.path.clone(),
                file => normal(&page.path, file),
            };
            let place = format!("{}: ({link})", page.path);
            assert!(top().join(&path).exists(), "{place}: there is no {path}");
            // The book holds nothing but docs.
            let is_inside = !page.path.starts_with("docs/") || path.starts_with("docs/");
            assert!(is_inside, "{place}: it leads out of the book");
            if !anchor.is_empty() {
                let headings = headings(&Page::at(&path).text);
                assert!(headings.contains(anchor), "{place}: there is none of {headings:?}");
            }
        }
    }
}

/// The targets of inline links, outside of snippets.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut is_fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        }
        if !is_fenced {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            links.extend(targets.map(|target| target.split(' ').next().unwrap().to_owned()));
        }
    }
    links
}

/// The anchors of a page's headings, as GitHub and mdBook make them.
fn headings(text: &str) -> BTreeSet<String> {
    let titles = text.lines().filter(|line| line.starts_with('#'));
    titles
        .map(|title| {
            let title = title.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

/// A path that is relative to a page's, from the top.
fn normal(page: &str, file: &str) -> String {
    let mut parts: Vec<_> = page.split('/').collect();
    parts.pop();
    for part in file.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn links_and_anchors_are_read_as_they_are_made() {
    assert_eq!(links("[a](b.md#c) and [d](e \"f\")\n```\n[g](h)\n```"), ["b.md#c", "e"]);
    let made = headings("# Who may do what?\n## `--admin`: a page");
    assert_eq!(made.into_iter().collect::<Vec<_>>(), ["--admin-a-page", "who-may-do-what"]);
    assert_eq!(normal("docs/decisions/a.md", "../access.md"), "docs/access.md");
}
