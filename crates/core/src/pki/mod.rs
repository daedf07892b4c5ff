//! Certificates and keys: read, made, kept and revoked.

pub mod pem;
