//! Real clients of `bridge-tls`: what it prints and hands out is all that they need.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

mod browser_guard;
mod contexts;
mod printed_lines;

use std::path::Path;
use std::time::Duration;

use testkit::process::run_to_end;
use testkit::tls::Version;
use testkit::{Bridge, Transport};

/// `bridge-tls` before the Engine of a socket.
fn bridge(socket: &Path) -> Bridge {
    Bridge::builder().over(TLS).upstream(socket).start()
}

/// `bridge-tls client …` on the directory of a bridge.
fn client_command(bridge: &Bridge, words: &[&str]) {
    let directory = bridge.cert_dir().to_str().unwrap();
    let words = [&["client"], words, &["--cert-dir", directory]].concat();
    let output = run_to_end("bridge-tls", &words, &[]);
    assert!(output.status.success(), "{output:?}");
}

const TLS: Transport = Transport::Tls(Version::V1_3);

/// For what runs containers.
const LONG: Duration = Duration::from_secs(90);
