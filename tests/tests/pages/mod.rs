//! The pages in a real browser: they show what happens as it happens, and nothing of others' making.

#![expect(clippy::panic, clippy::unwrap_used, reason = "to a test a panic is an answer")]

mod bridge;
mod driver;
mod fleet;

use std::time::Duration;

use serde_json::{Value, json};
use testkit::DEADLINE;

use driver::Driver;

/// One browser plays all scenarios: to start one takes seconds.
pub(crate) fn play(browser: &str, executables: &[&str], prefers_dark: bool) {
    let Some(mut driver) = Driver::start(browser, executables) else { return };
    bridge::plays(&mut driver);
    bridge::shows_certificates(&mut driver);
    fleet::plays(&mut driver, prefers_dark);
}

/// Opens a page and waits until its script is at work.
fn open(driver: &mut Driver, url: &str) {
    driver.tell(&json!({"do": "open", "url": url}));
    driver.until("document.getElementById('live').textContent === 'Live'", DEADLINE);
}

/// Asserts what holds of any page whatever happened, and closes it: it said nothing in the console,
/// asked nobody else, holds no element that it wasn't made with, fits on a telephone, and can be read.
#[track_caller]
fn close(driver: &mut Driver, url: &str) {
    let strangers = "document.querySelectorAll('img, iframe, body script, main [style]').length";
    assert_eq!(driver.evaluate(strangers), 0);
    assert_eq!(driver.evaluate(UNNAMED), json!([]));
    assert_eq!(driver.evaluate(FAINT), json!([]));
    driver.tell(&json!({"do": "resize", "width": 360, "height": 700}));
    let overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert_eq!(driver.evaluate(overflow), 0, "it is wider than a telephone");
    let heard = driver.tell(&json!({"do": "heard"}));
    assert_eq!(heard["noise"], json!([]));
    let asked = heard["asked"].as_array().unwrap();
    let elsewhere = |asked: &&Value| !asked.as_str().unwrap().starts_with(url);
    assert_eq!(asked.iter().filter(elsewhere).collect::<Vec<_>>(), [&json!(null); 0]);
    driver.tell(&json!({"do": "close"}));
}

/// Tables without a caption, sections without a heading, heads without a scope, fields without a
/// label, regions that scroll but that no key reaches.
const UNNAMED: &str = "(() => {
  const tables = [...document.querySelectorAll('table')].filter((one) => !one.caption);
  const heads = document.querySelectorAll('th:not([scope])');
  const named = (one) => document.getElementById(one.getAttribute('aria-labelledby'));
  const sections = [...document.querySelectorAll('section, [role=region]')]
    .filter((one) => !named(one)?.textContent);
  const fields = [...document.querySelectorAll('input')].filter((one) => one.labels.length === 0);
  const regions = document.querySelectorAll('[role=region]:not([tabindex=\"0\"])');
  return [...tables, ...heads, ...sections, ...fields, ...regions].map((one) => one.outerHTML);
})()";

/// Texts whose contrast is below 4.5 (WCAG 2.2, success criterion 1.4.3).
const FAINT: &str = "(() => {
  const numbers = (color) => color.match(/[0-9.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = numbers(color).slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (one) => {
    const color = getComputedStyle(one).backgroundColor;
    return numbers(color)[3] === 0 && one.parentElement ? ground(one.parentElement) : color;
  };
  const hasText = (one) => [...one.childNodes].some((it) => it.nodeType === 3 && it.data.trim());
  return [...document.querySelectorAll('body *')].slice(0, 500)
    .filter((one) => hasText(one) && one.checkVisibility())
    .filter((one) => {
      const both = [light(getComputedStyle(one).color), light(ground(one))].sort((a, b) => b - a);
      return (both[0] + 0.05) / (both[1] + 0.05) < 4.5;
    })
    .map((one) => `${one.outerHTML} on ${ground(one)}`);
})()";

/// A person who was refused looks up, and there it is.
const AT_ONCE: Duration = Duration::from_secs(2);
