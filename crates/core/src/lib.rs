//! What every bridge is made of.
//!
//! A connection takes one road: [`listen`] accepts it, [`transport`] carries it, a [`gate`]
//! decides whether it may pass and drives the rest with [`upstream`], which dials the Engine, and
//! [`relay`], which moves bytes. [`serve`] strings these together and owns the life of the
//! process, which begins in [`run`].

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
pub mod upstream;
pub mod variables;
