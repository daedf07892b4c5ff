//! Who speaks HTTP without TLS is told so, in the words of Go's servers.

use testkit::process::finish;
use testkit::{DEADLINE, Endpoint, eventually, requires_tool};

use crate::start;

#[test]
fn plain_http_gets_the_answer_of_gos_servers_to_the_byte() {
    let (engine, bridge) = start();
    let long = format!("GET /{} HTTP/1.1\r\nHost: docker\r\n\r\n", "x".repeat(100_000));
    for (times, request) in
        ["GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n", "POST", "PRI * HTTP/2.0\r\n\r\n", &long]
            .into_iter()
            .enumerate()
    {
        let mut client = Endpoint::Tcp(bridge.addr()).connect();
        client.send(request);
        assert_eq!(
            String::from_utf8(client.read_to_end_within(DEADLINE)).unwrap(),
            "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
        );
        let told = |line: &&str| {
            line.contains(" INFO 127.0.0.1:")
                && line.ends_with(" is refused: it speaks plain HTTP, and TLS is needed")
        };
        eventually(DEADLINE, "a line for each", || {
            bridge.logs().lines().filter(told).count() == times + 1
        });
    }
    assert_eq!(engine.requests(), []);
}

#[test]
fn docker_without_tls_shows_it() {
    requires_tool!("docker");
    let (_engine, bridge) = start();
    let output = finish(Endpoint::Tcp(bridge.addr()).docker(&["version"]), DEADLINE);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("Client sent an HTTP request to an HTTPS server."), "{stderr}");
    assert!(!output.status.success());
}
