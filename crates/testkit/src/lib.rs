//! What the tests stand on: a stand-in Engine, a private dockerd, a runner of built binaries.
//!
//! Everything here blocks, so tests are plain `#[test]` functions. Whatever waits has a deadline
//! and panics with what it was waiting for; a helper that can't go on panics too.
//!
//! | module | what for |
//! | --- | --- |
//! | [`engine`] | [`StandIn`] speaks enough of the Engine API, [`RudeEngine`] says what a test says |
//! | [`dockerd`] | a real Engine of the tests' own, shared or private |
//! | [`process`] | [`Bridge`], [`Socat`] and any other [`Program`], watched and stopped |
//! | [`stream`] | [`Endpoint`], [`Stream`] and raw HTTP |
//! | [`tls`], [`transport`] | who speaks TLS to a bridge, and whether the bridges have it |
//! | [`access`] | whether the bridges judge requests |
//! | [`front`], [`pumps`], [`download`] | bridges of each kind, and data that must survive what is done to them |
//! | [`engine_process`] | a stand-in Engine that can be stopped and killed |
//! | [`peers`] | openssl and curl as clients of TLS |
//! | [`certificates`] | authorities, and certificates that a server must take or refuse |
//! | [`clock`] | programs that see another time than the machine |
//! | [`subject`] | the same test, directly and through a bridge |
//! | [`check`] | what a program prints instead of running |
//! | [`refusal()`] | a program that refuses to start, in one line |
//! | [`skip`] | tests that need what the machine lacks |
//! | [`sdk`] | Node and Python with the packages that tests drive |
//! | [`allocations`], [`data`], [`image`], [`mount`], [`net`], [`ports`], [`wait`], [`binary`] | small things |

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::needless_pass_by_value,
    clippy::panic,
    clippy::print_stderr,
    clippy::return_self_not_must_use,
    clippy::unwrap_used,
    reason = "only tests use it, and to a test a panic is an answer"
)]

pub mod access;
pub mod allocations;
pub mod binary;
pub mod certificates;
pub mod check;
pub mod clock;
pub mod data;
pub mod dockerd;
pub mod download;
pub mod engine;
pub mod engine_process;
pub mod front;
pub mod image;
pub mod mount;
pub mod net;
pub mod peers;
pub mod ports;
pub mod process;
pub mod pumps;
pub mod refusal;
pub mod sdk;
pub mod skip;
pub mod stream;
pub mod subject;
pub mod tls;
pub mod transport;
pub mod wait;

use std::time::Duration;

pub use access::Access;
pub use dockerd::Dockerd;
pub use download::Download;
pub use engine::{RudeEngine, StandIn};
pub use engine_process::EngineProcess;
pub use front::{Front, Fronted};
pub use process::{Bridge, Program, Signal, Socat};
pub use pumps::Pumps;
pub use refusal::refusal;
pub use stream::{Endpoint, Stream};
pub use subject::Subject;
pub use transport::Transport;
pub use wait::eventually;

/// How long a test waits for what should happen at once.
///
/// It is long for machines under load: what is right is never near it.
pub const DEADLINE: Duration = Duration::from_secs(10);
