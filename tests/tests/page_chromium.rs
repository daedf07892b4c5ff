//! The pages in Chromium, which prefers light ones.

mod pages;

#[test]
fn the_pages_in_chromium_show_what_happens_and_nothing_of_others_making() {
    pages::play("chromium", &["chromium"], false);
}
