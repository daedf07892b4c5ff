//! No web page reaches the Engine by Firefox, and people at it see what they ask for.

mod browsers;

use browsers::Browser;

#[test]
fn firefox_shows_what_is_at_an_address_that_was_typed() {
    FIREFOX.shows_a_typed_address();
}

#[test]
fn a_rebound_page_in_firefox_reads_and_writes_nothing() {
    FIREFOX.keeps_a_rebound_page_from_reading_and_writing();
}

#[test]
fn a_page_from_elsewhere_in_firefox_writes_nothing() {
    FIREFOX.keeps_every_write_of_another_site_out();
}

#[test]
fn a_write_that_firefox_would_send_behind_an_image_does_not_arrive() {
    FIREFOX.sends_nothing_behind_an_image_on_its_connection();
}

#[test]
fn no_page_in_firefox_opens_a_websocket() {
    FIREFOX.opens_no_websocket_of_any_page();
}

#[test]
fn firefox_does_not_run_a_page_that_an_engine_serves() {
    FIREFOX.runs_no_page_that_an_engine_serves();
}

#[test]
fn firefox_does_not_run_a_page_in_the_log_of_a_container() {
    FIREFOX.runs_no_page_in_the_log_of_a_container();
}

const FIREFOX: Browser = Browser {
    name: "firefox",
    executables: &["firefox-esr", "firefox"],
    lets_pages_disguise: true,
};
