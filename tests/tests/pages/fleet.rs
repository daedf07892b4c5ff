//! The page of a fleet.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::{Value, json};
use testkit::{DEADLINE, Program, StandIn, ports};

use super::driver::Driver;
use super::{close, open};

/// A thousand targets, found by name and in any order, in no time that a person would notice.
pub(super) fn plays(driver: &mut Driver, prefers_dark: bool) {
    let any = Ipv4Addr::UNSPECIFIED;
    let engine = StandIn::builder().tcp(SocketAddr::from((any, 0))).start();
    let (alive, dead) = (engine.addr().port(), ports::free_port_on(any.into()));
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("hosts.txt");
    let targets = (0..999).map(|number| {
        let port = if number % 100 == 7 { dead } else { alive };
        format!("tcp://127.5.{}.{}:{port}\n", number / 250, number % 250 + 1)
    });
    let hostile = "<img src=x onerror=document.title=1>".to_owned();
    let hostile = format!("unix://{}/{hostile}.sock\n", folder.path().display());
    std::fs::write(&list, targets.chain([hostile.clone()]).collect::<String>()).unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], ports::free_port()));
    let _process = {
        let program = Program::ours("probe").args(["--interval", "2s", "--targets"]).arg(&list);
        let process = program.arg("--serve").arg(format!("tcp://{address}")).start();
        process.wait_for_log_containing("targets: 1000");
        process
    };
    let url = format!("http://{address}/");
    open(driver, &url);
    let rows = "document.getElementById('rows')";
    driver.until(&format!("{rows}.rows.length === 1000"), DEADLINE);
    driver.until("document.title === '(11) Docker Engines'", DEADLINE);
    let dark = "matchMedia('(prefers-color-scheme: dark)').matches";
    assert_eq!(driver.evaluate(dark), prefers_dark);

    let first = format!("[...{rows}.rows].slice(0, 12).map((row) => row.cells[0].textContent)");
    let mut expected = vec!["refused"; 11];
    expected.push("healthy");
    assert_eq!(driver.evaluate(&first), json!(expected), "failing ones come first");
    let code = format!("[...{rows}.querySelectorAll('code')].map((it) => it.textContent)");
    let names = driver.evaluate(&code);
    assert!(names.as_array().unwrap().contains(&json!(hostile.trim())), "{hostile} stays text");

    let shown = "document.getElementById('shown').textContent";
    driver.tell(&json!({"do": "type", "selector": "#filter", "text": "127.5.3."}));
    assert_eq!(driver.evaluate(shown), "249 of 1000 shown");
    driver.tell(&json!({"do": "type", "selector": "#filter", "text": "8:"}));
    assert_eq!(driver.evaluate(shown), "1 of 1000 shown");
    let visible = format!("[...{rows}.rows].filter((row) => row.checkVisibility()).length");
    assert_eq!(driver.evaluate(&visible), 1);
    // A filter holds while the page goes on.
    driver.until(&format!("performance.getEntriesByName('{url}status.json').length > 4"), DEADLINE);
    assert_eq!(driver.evaluate(&visible), 1);
    driver.evaluate(
        "(() => {
          const filter = document.getElementById('filter');
          filter.value = '';
          filter.dispatchEvent(new Event('input'));
        })()",
    );

    let sorted = |driver: &mut Driver, key: &str, column: usize| -> Vec<Value> {
        driver.click(&format!("th[data-key={key}] button"));
        let cells = format!("[...{rows}.rows].map((row) => row.cells[{column}].textContent)");
        driver.evaluate(&cells).as_array().unwrap().clone()
    };
    let up = sorted(driver, "target", 1);
    assert_eq!(
        (&up[0], up.len()),
        (&json!("tcp://127.5.0.1:".to_owned() + &alive.to_string()), 1000)
    );
    let down = sorted(driver, "target", 1);
    assert!(down[0].as_str().unwrap().starts_with("unix://"), "{}", down[0]);
    let order = "document.querySelector('th[data-key=target]').getAttribute('aria-sort')";
    assert_eq!(driver.evaluate(order), "descending");
    let latencies = sorted(driver, "latency", 4);
    let dashes = latencies.iter().rev().take_while(|cell| *cell == "–").count();
    assert_eq!(dashes, 11, "what isn't known comes last");
    let numbers = latencies[..989]
        .iter()
        .map(|cell| cell.as_str().unwrap().strip_suffix(" ms").unwrap().parse::<f64>().unwrap());
    assert!(numbers.is_sorted());

    let took = driver.evaluate(
        "(() => {
          const begin = performance.now();
          document.querySelector('th[data-key=state] button').click();
          document.body.getBoundingClientRect();
          return performance.now() - begin;
        })()",
    );
    // 50 ms on a machine that does nothing else.
    assert!(took.as_f64().unwrap() < 3000.0, "{took} ms to sort a thousand");
    engine.stop();
    driver.until("document.title === '(1000) Docker Engines'", 2 * DEADLINE);
    close(driver, &url);
}
