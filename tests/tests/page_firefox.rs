//! The pages in a Firefox that prefers dark ones.

mod pages;

#[test]
fn the_pages_in_firefox_show_what_happens_and_nothing_of_others_making() {
    pages::play("firefox", &["firefox-esr", "firefox"], true);
}
