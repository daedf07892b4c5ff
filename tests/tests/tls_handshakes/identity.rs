//! Who a client is stands in the lines of the log that are about it.

use testkit::process::run_to_end;
use testkit::tls::Client;

use crate::{VERSIONS, start_with};

#[test]
fn a_client_is_called_by_its_name_its_serial_and_its_role() {
    let (_engine, bridge) = start_with(|bridge| bridge.args(["--log-level", "debug"]));
    let directory = bridge.cert_dir().to_str().unwrap();
    let run = |words: &[&str]| {
        let output = run_to_end("bridge-tls", &[words, &["--cert-dir", directory]].concat(), &[]);
        assert!(output.status.success(), "{output:?}");
        output.stdout
    };
    run(&["client", "add", "laptop", "--host", "127.0.0.1"]);
    let list = run(&["client", "list", "--format", "json"]);
    let list: Vec<serde_json::Value> = serde_json::from_slice(&list).unwrap();
    let laptop = list.iter().find(|client| client["name"] == "laptop").unwrap();
    let serial = laptop["serial"].as_str().unwrap();

    let folder = bridge.cert_dir().join("clients/laptop");
    for version in VERSIONS {
        let client = Client::from_folder(&folder).version(version).at(bridge.addr());
        let mut client = client.connect();
        let peer = client.local_addr().unwrap();
        let who = format!("{peer} laptop (serial {serial})");
        // A page of elsewhere, which the guard refuses: a line at info.
        let refused = client.exchange(
            "GET /info HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n\r\n",
        );
        assert_eq!(refused.status, 403);
        bridge.wait_for_log(|line| line.contains(" INFO ") && line.contains(&who));
        bridge.wait_for_log(|line| line.ends_with(&format!("{who} connected")));
    }
}
