//! The observer publishes what changes, and nothing else.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

use std::path::Path;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use docker_api_core::address::{UnixPath, UpstreamAddress};
use docker_api_engine::observer::{EngineState, Observer, Rhythm};
use docker_api_engine::{Endpoint, State};
use testkit::{DEADLINE, StandIn, eventually};
use tokio::runtime::Builder;
use tokio::sync::watch::Receiver;

/// An observer on a thread of its own, which ends when its receiver is dropped.
fn observe(socket: &Path) -> (Receiver<Option<EngineState>>, JoinHandle<()>) {
    let address = UpstreamAddress::Unix(UnixPath::File(socket.into()));
    let often = Duration::from_millis(5);
    let rhythm = Rhythm { healthy: often, unhealthy: often, limit: DEADLINE };
    let observer = Observer::new(Endpoint::plain(address), rhythm);
    let receiver = observer.subscribe();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    (receiver, thread::spawn(move || runtime.block_on(observer.run())))
}

fn next(receiver: &mut Receiver<Option<EngineState>>) -> EngineState {
    eventually(DEADLINE, "something changes", || receiver.has_changed().unwrap());
    receiver.borrow_and_update().clone().unwrap()
}

/// What is published once it is so; an Engine that is being stopped may be `engine-down` before.
fn becomes(receiver: &mut Receiver<Option<EngineState>>, state: State) -> EngineState {
    loop {
        let published = next(receiver);
        if published.state() == state {
            return published;
        }
    }
}

#[test]
fn each_change_is_published_once() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let (mut receiver, _thread) = observe(&socket);
    becomes(&mut receiver, State::Refused);

    let engine = StandIn::builder().path(&socket).start();
    let healthy = becomes(&mut receiver, State::Healthy);
    assert_eq!(healthy.result.unwrap().api_version, "1.51");
    engine.wait_requests(engine.requests().len() + 20, DEADLINE);
    assert!(!receiver.has_changed().unwrap());

    engine.stop();
    becomes(&mut receiver, State::Refused);
    let _newer = StandIn::builder().path(&socket).api_version("1.52").start();
    let newer = becomes(&mut receiver, State::Healthy);
    assert_eq!(newer.result.unwrap().api_version, "1.52");
}

#[test]
fn an_engine_that_speaks_http2_is_known_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let (mut receiver, _thread) = observe(&socket);
    for http2 in [true, false, true] {
        becomes(&mut receiver, State::Refused);
        let engine = StandIn::builder().path(&socket);
        let engine = if http2 { engine.http2() } else { engine }.start();
        assert_eq!(becomes(&mut receiver, State::Healthy).http2, http2);
        engine.stop();
    }
}

#[test]
fn a_real_engine_is_observed() {
    let engine = testkit::requires_docker!();
    let (mut receiver, _thread) = observe(engine.socket());
    let state = next(&mut receiver);
    let version = engine.run(&["version", "--format", "{{.Server.Version}}"]);
    assert_eq!(state.result.unwrap().version, version);
    let major: u32 = version.split('.').next().unwrap().parse().unwrap();
    assert_eq!(state.http2, major >= 29);
}

#[test]
fn it_ends_when_nobody_listens() {
    let folder = tempfile::tempdir().unwrap();
    let (receiver, thread) = observe(&folder.path().join("absent.sock"));
    drop(receiver);
    eventually(DEADLINE, "it ends", || thread.is_finished());
}
