//! No web page reaches the Engine by Chromium, and people at it see what they ask for.

mod browsers;

use browsers::Browser;

#[test]
fn chromium_shows_what_is_at_an_address_that_was_typed() {
    CHROMIUM.shows_a_typed_address();
}

#[test]
fn a_rebound_page_in_chromium_reads_and_writes_nothing() {
    CHROMIUM.keeps_a_rebound_page_from_reading_and_writing();
}

#[test]
fn a_page_from_elsewhere_in_chromium_writes_nothing() {
    CHROMIUM.keeps_every_write_of_another_site_out();
}

#[test]
fn a_write_that_chromium_would_send_behind_an_image_does_not_arrive() {
    CHROMIUM.sends_nothing_behind_an_image_on_its_connection();
}

#[test]
fn no_page_in_chromium_opens_a_websocket() {
    CHROMIUM.opens_no_websocket_of_any_page();
}

#[test]
fn chromium_does_not_run_a_page_that_an_engine_serves() {
    CHROMIUM.runs_no_page_that_an_engine_serves();
}

#[test]
fn chromium_does_not_run_a_page_in_the_log_of_a_container() {
    CHROMIUM.runs_no_page_in_the_log_of_a_container();
}

const CHROMIUM: Browser =
    Browser { name: "chromium", executables: &["chromium"], lets_pages_disguise: false };
