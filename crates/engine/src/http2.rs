//! Whether an Engine speaks HTTP/2 with prior knowledge (RFC 9113 section 3.3).

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::Endpoint;
use crate::dial;

/// Sends the preface with empty settings, and looks whether settings come back. Always false over
/// TLS, where the handshake says it.
pub(crate) async fn is_spoken(endpoint: &Endpoint) -> bool {
    if endpoint.tls.is_some() {
        return false;
    }
    let Ok(mut stream) = dial::connect(&endpoint.address).await else { return false };
    let mut header = [0; 9];
    let talk = async {
        stream.write_all(PREFACE).await?;
        stream.read_exact(&mut header).await
    };
    // Length (24 bits), type, flags, stream: settings are of type 4 on stream 0 (section 6.5).
    talk.await.is_ok() && header[3] == SETTINGS && header[5..] == [0; 4]
}

/// Section 3.4: what a client begins with, and a frame of empty settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const SETTINGS: u8 = 4;
