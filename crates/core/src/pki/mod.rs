//! Certificates and keys: read, made, kept and revoked.
//!
//! A [`Keeper`] turns files into the [`Material`] that a server serves with, and keeps it good.
//! The files are either the user's ([`Source::Files`]) or a directory of ours ([`CertDir`]), in
//! the layout of `docker:dind`, with an authority that signs servers and clients. [`clients`]
//! adds, lists and revokes the latter, beside a running server or without one.
//!
//! What is decided is decided on the content of a directory at one moment: the plan is a list of writes, each of which leaves a directory that the next start can go on with.

mod authority;
mod cert_dir;
pub mod clients;
pub mod context;
mod crl;
mod error;
mod files;
mod hand_over;
mod interfaces;
mod keeper;
mod leaf;
mod material;
mod names;
mod peer;
pub mod pem;
mod plan;
mod random;
mod record;
mod signature;
mod store;
#[cfg(test)]
mod tests;

pub use authority::AuthorityId;
pub(crate) use cert_dir::users_files;
pub use cert_dir::{CertDir, Lives};
pub use error::PkiError;
pub use hand_over::hand_over;
pub use keeper::{Keeper, Source, UserFiles};
pub use material::Material;
pub use names::{Name, Names, ParseNameError};
pub use peer::PeerCertificate;
pub(crate) use peer::printable;
pub use random::{Random, SystemRandom};
pub use record::{Client, ClientName, ParseClientNameError, Record, Serial};
pub(crate) use signature::signed_certificate;
