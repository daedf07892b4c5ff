//! Content, by its digest, as the OCI's image layout stores it.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Bytes with a media type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blob {
    pub(crate) bytes: Vec<u8>,
    /// SHA-256, in hexadecimal digits.
    pub(crate) hash: String,
    media_type: &'static str,
}

impl Blob {
    pub(crate) fn new(media_type: &'static str, bytes: Vec<u8>) -> Self {
        Self { hash: hash(&bytes), bytes, media_type }
    }

    pub(crate) fn json(media_type: &'static str, value: &Value) -> Self {
        Self::new(media_type, value.to_string().into_bytes())
    }

    /// A tar as a layer, compressed.
    pub(crate) fn layer(tar: &[u8]) -> io::Result<Self> {
        Ok(Self::new("application/vnd.oci.image.layer.v1.tar+gzip", gzip(tar)?))
    }

    /// How others refer to it (OCI image specification, "Content Descriptors").
    pub(crate) fn descriptor(&self) -> Value {
        json!({
            "mediaType": self.media_type,
            "digest": format!("sha256:{}", self.hash),
            "size": self.bytes.len(),
        })
    }

    /// Where it is in a layout.
    pub(crate) fn path(&self) -> String {
        format!("blobs/sha256/{}", self.hash)
    }
}

/// Compressed, the same bytes for the same bytes.
pub(crate) fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    // Neither a time nor a name, and the system "unknown": the header is always the same.
    let mut gzip = GzBuilder::new().operating_system(255).write(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    gzip.finish()
}

/// SHA-256, in hexadecimal digits.
pub(crate) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(crate) const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
