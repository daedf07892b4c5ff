//! Authorities, and certificates such as a server must take or refuse.

mod authority;
mod issued;
mod leaf;

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize};

pub use self::authority::Authority;
pub use self::issued::{Issued, KeyForm};
pub use self::leaf::Leaf;

/// What kind of key a certificate is made for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Key {
    /// ECDSA on the curve P-256.
    P256,
    /// RSA of 2048 bits.
    Rsa2048,
    /// RSA of 4096 bits, which takes seconds to make.
    Rsa4096,
}

impl Key {
    fn generate(self) -> KeyPair {
        match self {
            Self::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
            Self::Rsa2048 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048),
            Self::Rsa4096 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_4096),
        }
        .expect("a key")
    }
}
