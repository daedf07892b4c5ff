//! `bridge-tls` with certificates that the user manages, as real clients meet it.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

mod directories;
mod forms;
mod kekru;
mod lists;
mod roles;

use std::path::Path;

use testkit::certificates::{Authority, Issued, Leaf};
use testkit::process::BridgeBuilder;
use testkit::tls::{Client, Version};
use testkit::{Bridge, StandIn, Transport, stream};

/// `bridge-tls` before a stand-in Engine, with the files of a server.
fn builder(engine: &StandIn, server: &Issued) -> BridgeBuilder {
    let bridge = Bridge::builder().over(TLS).upstream(engine.socket());
    bridge.user_files(&server.ca(), &server.certificate(), &server.key())
}

/// A server's certificate, for loopback.
fn server(authority: &Authority) -> Issued {
    authority.issue(&Leaf::server(&["127.0.0.1"]))
}

/// A client gets in by both versions.
fn assert_served(bridge: &Bridge, client: &Client) {
    for version in VERSIONS {
        let endpoint = client.clone().version(version).at(bridge.addr());
        assert_eq!(stream::get(&endpoint, "/_ping").text(), "OK", "{version:?}");
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

const TLS: Transport = Transport::Tls(Version::V1_3);

const VERSIONS: [Version; 2] = [Version::V1_2, Version::V1_3];
