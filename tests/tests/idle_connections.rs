//! Connections that wait take nothing from those that work, on a real Engine.

use std::thread;
use std::time::Duration;

use testkit::image::IMAGE;
use testkit::process::finish;
use testkit::{Bridge, DEADLINE, Dockerd, Stream, eventually, skip, stream};

const IDLE: usize = 1000;
const STREAMS: usize = 200;

#[test]
fn a_thousand_idle_clients_of_an_engine_hold_up_no_docker_command() {
    let Some(engine) = Dockerd::private_or_skip(&[]) else { return };
    if !raise_descriptor_limit() {
        return skip::skip("fewer than 3000 descriptors");
    }
    let bridge = Bridge::start(engine.socket());
    let at_rest = bridge.fd_count();
    let mut idle: Vec<_> = (0..IDLE).map(|_| bridge.endpoint().connect()).collect();
    for client in &mut idle {
        assert_eq!(client.exchange(PING).text(), "OK");
    }
    let mut streams: Vec<_> = (0..STREAMS).map(|_| events(&bridge)).collect();

    // Four at a time, as a build server does.
    thread::scope(|scope| {
        for worker in 0..4 {
            let bridge = &bridge;
            scope.spawn(move || {
                for round in 0..3 {
                    let words = format!("{worker} {round}");
                    let script = format!("cat; sleep 1; echo {words}; exit 3");
                    let run =
                        ["run", "--rm", "-i", "--network", "none", IMAGE, "sh", "-c", &script];
                    let command = bridge.endpoint().docker(&run);
                    let output = finish(command, Duration::from_secs(60));
                    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{words}\n"));
                    assert_eq!(output.status.code(), Some(3));
                }
            });
        }
    });
    assert_eq!(stream::get(&bridge.endpoint(), "/_ping").text(), "OK");

    // All of them live: each that waits is answered, and each that listens has heard.
    for client in &mut idle {
        assert_eq!(client.exchange(PING).text(), "OK");
    }
    for stream in &mut streams {
        assert!(stream.read_chunk().starts_with(b"{\"status\":\"create\""));
    }
    drop((idle, streams));
    eventually(DEADLINE, "all are closed", || bridge.fd_count() <= at_rest);
}

fn events(bridge: &Bridge) -> Stream {
    let mut stream = bridge.endpoint().connect();
    stream.send("GET /events HTTP/1.1\r\nHost: docker\r\n\r\n");
    assert_eq!(stream.read_response_head().status, 200);
    stream
}

/// The clients' descriptors are this process's.
fn raise_descriptor_limit() -> bool {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    limit.maximum.is_none_or(|most| most >= 3000) && setrlimit(Resource::Nofile, raised).is_ok()
}

const PING: &str = "GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
