//! What every bridge is made of.
//!
//! A connection takes one road: [`listen`] accepts it, [`transport`] carries it, a [`gate`]
//! decides whether it may pass and drives the rest with [`upstream`], which dials the Engine, and
//! [`relay`], which moves bytes. [`serve`] strings these together and owns the life of the
//! process, which begins in [`run`].
//!
//! Beside the road stand pure decisions, which read nothing and wait for nothing: what an
//! [`address`] is, whether the [`guard`] lets a request pass, what a certificate's keeper has to
//! write ([`pki`]). The guard, for one:
//!
//! ```
//! use docker_api_core::guard::{Guard, Request, Verdict};
//!
//! let guard = Guard::default();
//! let docker: [(&[u8], &[u8]); 2] = [(b"Host", b"127.0.0.1:2375"), (b"User-Agent", b"Docker-Client/28.5.2")];
//! assert_eq!(guard.judge(&Request::new(b"GET", docker, false)), Verdict::Pass);
//!
//! // A page of elsewhere posts a form.
//! let page: [(&[u8], &[u8]); 3] = [
//!     (b"Host", b"127.0.0.1:2375"),
//!     (b"Accept-Language", b"en"),
//!     (b"Origin", b"https://evil.example"),
//! ];
//! assert!(matches!(guard.judge(&Request::new(b"POST", page, false)), Verdict::Refuse(_)));
//! ```
//!
//! And an address, which can hold no nonsense, since parsing is the only way to one:
//!
//! ```
//! use docker_api_core::address::ListenAddress;
//!
//! let address = ListenAddress::parse("[::]:2376", 2375)?;
//! assert_eq!(address.to_string(), "tcp://[::]:2376");
//! let error = ListenAddress::parse("udp://127.0.0.1:2375", 2375).unwrap_err();
//! assert!(error.to_string().contains("unknown scheme `udp`"));
//! # Ok::<(), docker_api_core::address::AddressError>(())
//! ```
//!
//! A bridge is [`run::Settings`], then [`run::prepare`], then [`run::Prepared::run`]; the crates
//! `bridge` and `bridge-tls` show how the settings come to be.

pub mod accounts;
pub mod address;
mod credentials;
pub mod denied;
pub mod exit;
pub mod gate;
pub mod guard;
pub mod head;
pub mod listen;
pub mod logging;
pub mod machine;
pub mod metrics;
pub mod pki;
pub mod relay;
pub mod run;
pub mod serve;
pub mod stdio;
pub mod transport;
mod unchecked;
pub mod upstream;
pub mod variables;

pub use unchecked::Lodged;
