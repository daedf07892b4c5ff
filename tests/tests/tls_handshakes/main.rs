//! Handshakes of `bridge-tls`: what is agreed on, how long they may take, and whom they reach.

mod agreed;
mod deadline;
mod drain;
mod flood;
mod identity;
mod names;
mod plain_http;
mod sessions;
mod unix_listener;

use std::path::PathBuf;

use testkit::process::BridgeBuilder;
use testkit::tls::Version;
use testkit::{Bridge, StandIn, Transport};

/// `bridge-tls` before a stand-in Engine.
fn start() -> (StandIn, Bridge) {
    start_with(|bridge| bridge)
}

/// The same with more settings.
fn start_with(more: impl FnOnce(BridgeBuilder) -> BridgeBuilder) -> (StandIn, Bridge) {
    let engine = StandIn::start();
    let bridge = Bridge::builder().over(Transport::Tls(Version::V1_3)).upstream(engine.socket());
    let bridge = more(bridge).start();
    (engine, bridge)
}

/// The folder of the client that every bridge makes.
fn own_client(bridge: &Bridge) -> PathBuf {
    bridge.cert_dir().join("client")
}

const VERSIONS: [Version; 2] = [Version::V1_2, Version::V1_3];
