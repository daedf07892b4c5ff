//! The page of a bridge.

use std::fs;
use std::net::SocketAddr;

use serde_json::json;
use testkit::process::{BridgeBuilder, finish};
use testkit::stream::request;
use testkit::tls::Version;
use testkit::{Bridge, DEADLINE, Program, Signal, StandIn, Transport, eventually, ports};

use super::driver::Driver;
use super::{AT_ONCE, close, open};

fn watched(builder: BridgeBuilder) -> (Bridge, String) {
    let admin = SocketAddr::from(([127, 0, 0, 1], ports::free_port()));
    let bridge = builder.arg("--admin").arg(format!("tcp://{admin}")).start();
    (bridge, format!("http://{admin}/"))
}

/// What is refused is seen at once; the line that is copied from there allows it.
pub(super) fn plays(driver: &mut Driver) {
    testkit::requires_tool!("docker");
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.toml");
    let write = |line: &str| {
        fs::write(&policy, format!("[roles.ci]\nextends = [\"monitor\"]\n{line}\n")).unwrap();
    };
    write("");
    let words = ["--access", "ci", "--user", "root", "--policy"];
    let (bridge, url) = watched(
        Bridge::builder().over(Transport::Tcp).upstream(engine.socket()).args(words).arg(&policy),
    );
    let docker = |words: &[&str]| finish(bridge.endpoint().docker(words), DEADLINE);
    open(driver, &url);
    assert_eq!(driver.evaluate("document.querySelector('strong').dataset.is"), "healthy");

    let refused = docker(&["stop", "database"]);
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && told.contains("may not ContainerStop"), "{told}");
    let newest = "document.querySelector('[data-rows=refusals] tr')?.textContent ?? ''";
    driver.until(&format!("({newest}).includes('ContainerStop')"), AT_ONCE);
    let row = driver.evaluate(newest);
    for part in ["/containers/database/stop", "POST", "ci", "no rule", "allow = ["] {
        assert!(row.as_str().unwrap().contains(part), "{part}: {row}");
    }

    driver.click("[data-rows=refusals] button");
    driver.until("document.querySelector('button').textContent === 'Copied'", DEADLINE);
    driver.evaluate(
        "(() => {
          const field = document.createElement('textarea');
          field.id = 'pasted';
          field.setAttribute('aria-label', 'pasted');
          document.body.append(field);
          field.focus();
        })()",
    );
    driver.tell(&json!({"do": "paste"}));
    let pasted = driver.evaluate("document.getElementById('pasted').value");
    assert!(pasted.as_str().unwrap().starts_with("allow = [\""), "{pasted}");
    write(pasted.as_str().unwrap());
    bridge.signal(Signal::HUP);
    eventually(DEADLINE, "the line allows it", || docker(&["stop", "database"]).status.success());
    let counted = "document.querySelector('[data-rows=requests]').textContent";
    driver.until(&format!("/ContainerStop1[1-9]/.test({counted})"), AT_ONCE);

    // What is hostile stays text: a container's name, and a path as no CLI sends it.
    docker(&["rm", "<script>document.title=1</script>"]);
    let raw = "POST /<img/src=x/onerror=document.title=1> HTTP/1.1\r\nHost: d\r\n\
               Content-Length: 0\r\n\r\n";
    assert_eq!(request(&bridge.endpoint(), raw).status, 403);
    driver.until(&format!("({newest}).includes('<img/src=x/onerror')"), AT_ONCE);
    let second = "document.querySelector('[data-rows=refusals]').rows[1].textContent";
    assert!(driver.evaluate(second).as_str().unwrap().contains("script"));
    assert_eq!(driver.evaluate("document.title"), "Docker API bridge");

    let chart = driver.evaluate("document.querySelector('figcaption').textContent");
    assert!(chart.as_str().unwrap().ends_with(" refused"), "{chart}");
    // What it runs with, as `--check` has it, and as of the policy that is in force now.
    let settings = driver.evaluate("document.querySelector('pre').textContent");
    let settings = settings.as_str().unwrap();
    assert!(settings.contains("browser guard    on"), "{settings}");
    let row = |name: &str| settings.lines().find(|line| line.trim().starts_with(name)).unwrap();
    assert!(row("ContainerStop ").contains("yes      allow ContainerStop"), "{settings}");
    assert!(row("ContainerKill ").ends_with("no       no rule"), "{settings}");

    let mut stream = bridge.endpoint().connect();
    stream.send("GET /events HTTP/1.1\r\nHost: d\r\n\r\n");
    stream.read_response_head();
    let clients = "document.querySelector('[data-rows=clients]').textContent";
    driver.until(&format!("({clients}).includes('SystemEvents')"), AT_ONCE);

    // A page that is no longer kept up to date says so, and goes on once it can.
    let live = "document.getElementById('live').textContent";
    bridge.signal(Signal::STOP);
    driver.until(&format!("{live}.startsWith(\"The bridge doesn't answer\")"), 2 * DEADLINE);
    bridge.signal(Signal::CONT);
    driver.until(&format!("{live} === 'Live'"), DEADLINE);
    engine.stop();
    driver.until("document.querySelector('strong').dataset.is === 'refused'", DEADLINE);
    close(driver, &url);
}

/// With days left, and whether they are revoked: in words, not by colour alone.
pub(super) fn shows_certificates(driver: &mut Driver) {
    let engine = StandIn::start();
    let over = Transport::Tls(Version::V1_3);
    let (bridge, url) = watched(Bridge::builder().over(over).upstream(engine.socket()));
    let client = |words: &[&str]| {
        let program = Program::ours("bridge-tls").arg("client").args(words);
        let output = program.arg("--cert-dir").arg(bridge.cert_dir()).run();
        assert!(output.status.success(), "{output:?}");
        // It would look by itself, but later.
        bridge.signal(Signal::HUP);
    };
    client(&["add", "laptop", "--days", "30"]);
    client(&["add", "soon", "--days", "3"]);
    open(driver, &url);
    let row = |name: &str| {
        format!(
            "[...document.querySelector('[data-rows=certificates]').rows]
               .find((row) => row.cells[0].textContent === '{name}')"
        )
    };
    let cell = |name: &str, at: usize| format!("({})?.cells[{at}].textContent", row(name));
    driver.until(&format!("{} === '29'", cell("laptop", 4)), DEADLINE);
    assert_eq!(driver.evaluate(&cell("laptop", 5)), "");
    let shape = format!("getComputedStyle(({}).cells[0], '::before').content", row("soon"));
    assert!(driver.evaluate(&shape).as_str().unwrap().contains('\u{25b2}'));
    client(&["revoke", "laptop"]);
    driver.until(&format!("{} === 'revoked'", cell("laptop", 5)), DEADLINE);
    close(driver, &url);
}
