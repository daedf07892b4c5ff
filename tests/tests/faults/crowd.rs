//! Many, one after the other and all at once.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use testkit::{
    DEADLINE, Endpoint, EngineProcess, Front, StandIn, Stream, eventually, ports, requires_sight,
};

use crate::{LAST_PING, MIB, PING, raise_descriptors};

/// Half of them leave politely, half by a reset. `cargo xtask soak` has more of them.
#[test]
fn thousands_of_connections_one_after_the_other_leave_nothing() {
    for (front, count) in [(Front::Open, 3000), (Front::Guarded, 1000), (Front::Tls, 300)] {
        let engine = StandIn::start();
        let bridge = front.start(engine.socket());
        one_after_the_other(&bridge.endpoint(), count / 5);
        requires_sight!(bridge.bridge);
        let before = bridge.at_rest();
        one_after_the_other(&bridge.endpoint(), count);
        bridge.expect_back(before, MIB);
        let accepted = bridge.metric("docker_api_connections_accepted_total");
        assert_eq!(accepted, u64::try_from(count + count / 5 + 1).unwrap(), "{front}");
    }
}

/// Two descriptors a connection: the limit of 20,000 carries nearly 10,000.
#[test]
fn as_many_as_the_descriptors_carry_are_served_at_once_and_the_next_one_waits() {
    if !raise_descriptors(20_000) {
        return;
    }
    let engine = EngineProcess::start();
    let port = ports::free_port_on(Ipv4Addr::UNSPECIFIED.into());
    let bridge = Front::Open.before(&engine.socket()).start(|builder| {
        let listen = format!("tcp://0.0.0.0:{port}");
        builder.listen(listen).args(["--max-connections", &MOST.to_string()])
    });
    let at = |n: usize| {
        let last = u8::try_from(n % 8 + 1).unwrap();
        Endpoint::Tcp(SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), port)))
    };
    let logs = bridge.bridge.logs();
    assert!(!logs.contains("more than the descriptor limit carries"), "{logs}");
    let before = bridge.at_rest();
    let begun = Instant::now();
    for _ in 0..CROWDS {
        let mut crowd: Vec<Stream> = (0..MOST).map(|n| at(n).connect()).collect();
        for client in &mut crowd {
            client.send(PING);
        }
        for client in &mut crowd {
            assert_eq!(client.read_response(false).text(), "OK");
        }
        eventually(DEADLINE, "all are open", || bridge.held().connections == MOST as u64);
        println!("{MOST} at once after {:?}: {:?}", begun.elapsed(), bridge.held());
        let mut next = at(0).connect();
        next.send(LAST_PING);
        next.expect_silence(Duration::from_millis(300));
        drop(crowd.pop());
        assert_eq!(next.read_response(false).text(), "OK");
        drop((crowd, next));
        println!("and back: {:?}", bridge.expect_back(before, MIB));
    }
}

fn one_after_the_other(endpoint: &Endpoint, count: usize) {
    for n in 0..count {
        let mut client = endpoint.connect();
        assert_eq!(client.exchange(PING).text(), "OK");
        if n % 2 == 0 { client.close_politely() } else { client.reset() }
    }
}

const MOST: usize = 9500;
const CROWDS: usize = 4;
