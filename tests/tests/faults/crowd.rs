//! Many, one after the other and all at once.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::Duration;

use testkit::front::Held;
use testkit::stream::get;
use testkit::wait::{holds_throughout, pause};
use testkit::{
    DEADLINE, Endpoint, EngineProcess, Front, Fronted, StandIn, Stream, eventually, ports,
    requires_sight,
};

use crate::{MIB, PING, raise_descriptors};

/// Half of them leave politely, half by a reset. `cargo xtask soak` has more of them.
#[test]
fn thousands_of_connections_one_after_the_other_leave_nothing() {
    for (front, count) in [(Front::Open, 3000), (Front::Guarded, 1000), (Front::Tls, 300)] {
        let engine = StandIn::start();
        let bridge = front.start(engine.socket());
        one_after_the_other(&bridge.endpoint(), count / 5);
        requires_sight!(bridge.bridge);
        let before = bridge.at_rest();
        let accepted = || bridge.metric("docker_api_connections_accepted_total");
        let accepted_before = accepted();
        one_after_the_other(&bridge.endpoint(), count);
        bridge.expect_back(before, MIB);
        assert_eq!(accepted() - accepted_before, u64::try_from(count).unwrap(), "{front}");
    }
}

/// Two descriptors a connection: the limit of 20,000 carries nearly 10,000.
#[test]
fn as_many_as_the_descriptors_carry_are_served_at_once_and_the_next_one_waits() {
    if !raise_descriptors(20_000) {
        return;
    }
    for (front, crowds) in [(Front::Open, 2), (Front::Guarded, 1), (Front::Tls, 1)] {
        let engine = EngineProcess::start();
        let port = ports::free_port_on(Ipv4Addr::UNSPECIFIED.into());
        let bridge = front.before(&engine.socket()).start(|builder| {
            let listen = format!("tcp://0.0.0.0:{port}");
            builder.listen(listen).args(["--max-connections", &MOST.to_string()])
        });
        let logs = bridge.bridge.logs();
        assert!(!logs.contains("more than the descriptor limit carries"), "{front}: {logs}");
        requires_sight!(bridge.bridge);
        let doors = doors(&bridge);
        // What the first crowd has made once stays; the rest is given back 300 ms after it has left.
        drop(served(&doors, 1000));
        pause(Duration::from_millis(500));
        let before = bridge.at_rest();
        for _ in 0..crowds {
            println!("{front}: {before:?}, all at once {:?}", crowd(&bridge, &doors));
            println!("and back {:?}", bridge.expect_back(before, MIB));
        }
    }
}

/// Several addresses of this machine: one has too few ports for so many clients.
fn doors(bridge: &Fronted) -> Vec<Endpoint> {
    let port = bridge.bridge.addr().port();
    let door = |last| {
        let address = SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), port));
        match bridge.endpoint() {
            Endpoint::Tls(_, client) => client.server_name("127.0.0.1").at(address),
            _ => Endpoint::Tcp(address),
        }
    };
    (1..=8).map(door).collect()
}

/// All at once, and one more, who waits in the backlog until one of them leaves. What they took.
fn crowd(bridge: &Fronted, doors: &[Endpoint]) -> Held {
    let mut crowd = served(doors, MOST);
    let all = || bridge.held().connections == MOST as u64;
    eventually(DEADLINE, "all are open", all);
    let held = bridge.held();
    thread::scope(|scope| {
        let next = scope.spawn(|| get(&doors[0], "/_ping").text());
        holds_throughout(Duration::from_millis(300), "the next one waits", || {
            all() && !next.is_finished()
        });
        drop(crowd.pop());
        assert_eq!(next.join().unwrap(), "OK");
    });
    held
}

/// Connections that are there side by side, each with an answer.
fn served(doors: &[Endpoint], count: usize) -> Vec<Stream> {
    let mut clients: Vec<_> = (0..count).map(|n| doors[n % doors.len()].connect()).collect();
    for client in &mut clients {
        client.send(PING);
    }
    for client in &mut clients {
        assert_eq!(client.read_response(false).text(), "OK");
    }
    clients
}

fn one_after_the_other(endpoint: &Endpoint, count: usize) {
    for n in 0..count {
        let mut client = endpoint.connect();
        assert_eq!(client.exchange(PING).text(), "OK");
        if n % 2 == 0 { client.close_politely() } else { client.reset() }
    }
}

const MOST: usize = 9500;
