//! Whether an Engine speaks HTTP/2 with prior knowledge (RFC 9113 section 3.3).

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::dial;
use crate::limit::Limit;
use crate::{Endpoint, Fault, State};

/// Sends the preface with empty settings, and looks whether settings come back. Always false over
/// TLS, where the handshake would say it.
pub(crate) async fn is_spoken(endpoint: &Endpoint, limit: Limit) -> bool {
    let talk = async {
        let mut stream = dial::connect(endpoint, limit).await?;
        let mut header = [0; 9];
        let asked = stream.write_all(PREFACE).await;
        let answered = asked.and(stream.read_exact(&mut header).await);
        answered.map_err(|error| Fault::new(State::NotDocker, error.to_string()))?;
        // Length (24 bits), type, flags, stream: settings are of type 4 on stream 0 (section 6.5).
        Ok(header[3] == SETTINGS && header[5..] == [0; 4])
    };
    endpoint.tls.is_none() && limit.of(talk, "no settings").await.unwrap_or(false)
}

/// Section 3.4: what a client begins with, and a frame of empty settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const SETTINGS: u8 = 4;
