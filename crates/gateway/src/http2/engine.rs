//! Meets the Engine: does it speak HTTP/2?

use docker_api_core::relay::{Socket, read_some, write_all};
use docker_api_core::transport::Stream;
use docker_api_core::upstream::Upstream;
use tracing::debug;

/// How the Engine takes the preface, and all that was read of it so far.
#[derive(Debug)]
pub(super) enum Engine {
    /// With settings: it speaks HTTP/2 (from 29 on).
    Http2(Stream, Vec<u8>),
    /// With an answer of its own, which is `301` up to 28.
    Http1(Stream, Vec<u8>),
    /// Not at all.
    Away,
}

/// Dials the Engine and says the preface, which hyper will say once more.
pub(super) async fn meet(upstream: &Upstream) -> Engine {
    match upstream.dial().await {
        Ok(engine) => greet(engine).await,
        Err(error) => {
            debug!("{error}");
            Engine::Away
        }
    }
}

/// Whether the Engine speaks HTTP/2, asked on a connection of its own.
pub(super) async fn speaks_http2(upstream: &Upstream) -> bool {
    let Ok(engine) = upstream.dial_silently().await else { return false };
    matches!(greet(engine).await, Engine::Http2(..))
}

async fn greet(engine: Stream) -> Engine {
    let mut held = Vec::new();
    let said = async {
        write_all(&engine, PREFACE).await?;
        first_frame(&engine, &mut held).await
    }
    .await;
    if is_settings(&held) {
        Engine::Http2(engine, held)
    } else if held.is_empty() {
        debug!("the Engine has no answer to HTTP/2: {said:?}");
        Engine::Away
    } else {
        Engine::Http1(engine, held)
    }
}

/// Reads a frame's header, if there is one.
async fn first_frame(engine: &impl Socket, held: &mut Vec<u8>) -> std::io::Result<()> {
    while held.len() < FRAME_HEADER {
        let read = read_some(engine, |bytes| held.extend_from_slice(bytes)).await?;
        if read.is_none() {
            break;
        }
    }
    Ok(())
}

/// Length (24 bits), type, flags, stream: settings are of type 4 on stream 0 (RFC 9113 section
/// 6.5). No HTTP/1 answer has a type 4 there.
fn is_settings(bytes: &[u8]) -> bool {
    matches!(bytes, [_, _, _, 4, _, 0, 0, 0, 0, ..])
}

/// What a client begins with (RFC 9113 section 3.4).
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const FRAME_HEADER: usize = 9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_frame_of_settings_is_http_2() {
        assert!(is_settings(b"\0\0\0\x04\0\0\0\0\0"));
        assert!(is_settings(b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\xfa"));
        for other in [
            &b""[..],
            b"\0\0\0\x04\0\0\0\0",
            b"\0\0\0\x04\0\0\0\0\x01",
            b"\0\0\x08\x06\0\0\0\0\0",
            b"HTTP/1.1 301 Moved Permanently\r\n",
            b"HTTP/1.0 400\r\n",
        ] {
            assert!(!is_settings(other), "{other:?}");
        }
    }
}
