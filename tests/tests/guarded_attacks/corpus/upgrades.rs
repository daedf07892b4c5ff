//! Upgrades that the Engine doesn't make, or makes of another request than it seems.

use super::{Attack, OR_HIJACKS, whole};

pub(super) fn attacks() -> Vec<Attack> {
    let plain = UPGRADES.iter().map(|lines| {
        let raw =
            [b"GET /_ping HTTP/1.1\r\nHost: docker\r\n".as_slice(), lines, b"\r\n\r\n{smuggled}"];
        Attack::new(FAMILY, &format!("behind a ping with {}", lines.escape_ascii()), &raw.concat())
    });
    let on = ON.iter().map(|(name, raw)| Attack::new(FAMILY, name, raw));
    let taken = whole(FAMILY, TAKEN).into_iter().map(|attack| attack.under(OR_HIJACKS));
    plain.chain(on).chain(taken).collect()
}

const FAMILY: &str = "upgrades";

/// On a request that can't take any.
const UPGRADES: &[&[u8]] = &[
    b"Connection: Upgrade\r\nUpgrade: tcp",
    b"Connection: Upgrade\r\nUpgrade: h2c",
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    b"Connection: Upgrade\r\nUpgrade: TLS/1.2",
    b"Connection: upgrade\r\nUpgrade: TLS/1.0, HTTP/1.1",
    b"Upgrade: tcp",
    b"Connection: Upgrade",
    b"Connection: Upgrade\r\nUpgrade:",
    b"Connection: Upgrade\r\nUpgrade: tcp\r\nUpgrade: h2c",
    b"Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0",
];

/// Whole upgrades that no role of these may have.
const ON: &[(&str, &[u8])] = &[
    (
        "a tag with an Upgrade",
        b"POST {tag} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\
          Content-Length: 0\r\n\r\n",
    ),
    (
        "a session, and a request in it",
        b"POST /session?m={marker} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\
          X-Docker-Expose-Session-Uuid: {marker}\r\nX-Docker-Expose-Session-Name: x\r\n\r\n{smuggled}",
    ),
    (
        "gRPC, and a request in it",
        b"POST /grpc?m={marker} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n\
          {smuggled}",
    ),
    (
        "attach",
        b"POST /containers/{canary}/attach?stream=1&stdin=1&logs=1&stdout=1&m={marker} HTTP/1.1\r\n\
          Host: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
    ),
    (
        "attach without an Upgrade",
        b"POST /containers/{canary}/attach?stream=1&stdin=1&logs=1&stdout=1&m={marker} HTTP/1.1\r\n\
          Host: docker\r\nContent-Length: 0\r\n\r\n",
    ),
    (
        "attach by a websocket, a GET that carries input",
        b"GET /containers/{canary}/attach/ws?stream=1&stdin=1&logs=1&stdout=1&m={marker} HTTP/1.1\r\n\
          Host: docker\r\nOrigin: http://docker\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
          Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ),
    (
        "attach by a websocket under a name with slashes",
        b"GET /containers/%2f{canary}/attach/ws?stream=1&stdin=1&logs=1&stdout=1&m={marker} HTTP/1.1\r\n\
          Host: docker\r\nOrigin: http://docker\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
          Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ),
    (
        "behind a websocket that an allowed request asks for",
        b"GET /events?since=1&until=2 HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\n\
          Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
          Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n{smuggled}",
    ),
    (
        "behind an inspect with an Upgrade",
        b"GET /containers/{canary}/json HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\n\
          Upgrade: tcp\r\n\r\n{smuggled}",
    ),
];

/// Those that a role may have, and that the Engine answers plainly: what is behind them is the next
/// request.
const TAKEN: &[(&str, &[u8])] = &[
    (
        "behind an attach to a container that isn't there",
        b"POST /containers/missing/attach?stream=1&stdin=1 HTTP/1.1\r\nHost: docker\r\n\
          Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n{smuggled}",
    ),
    (
        "behind an attach without an Upgrade to a container that isn't there",
        b"POST /containers/missing/attach?stream=1&stdin=1 HTTP/1.1\r\nHost: docker\r\n\
          Content-Length: 0\r\n\r\n{smuggled}",
    ),
    (
        "behind an exec that isn't there",
        b"POST /exec/missing/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\
          Content-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"Detach\":false}{smuggled}",
    ),
    (
        "behind an exec whose body is no JSON",
        b"POST /exec/missing/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\
          Content-Type: application/json\r\nContent-Length: 1\r\n\r\n{{smuggled}",
    ),
    (
        "behind an exec of another content type",
        b"POST /exec/missing/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\
          Content-Type: text/plain\r\nContent-Length: 16\r\n\r\n{\"Detach\":false}{smuggled}",
    ),
    (
        "behind a websocket to a container that isn't there",
        b"GET /containers/missing/attach/ws?stream=1 HTTP/1.1\r\nHost: docker\r\n\
          Origin: http://docker\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
          Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n{smuggled}",
    ),
    (
        "behind a websocket without a key",
        b"GET /containers/{canary}/attach/ws?stream=1 HTTP/1.1\r\nHost: docker\r\n\
          Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n{smuggled}",
    ),
    (
        "behind a websocket that doesn't ask for one",
        b"GET /containers/{canary}/attach/ws?stream=1 HTTP/1.1\r\nHost: docker\r\n\r\n{smuggled}",
    ),
    (
        "in the body of an attach to a container that isn't there",
        b"POST /containers/missing/attach?stream=1&stdin=1 HTTP/1.1\r\nHost: docker\r\n\
          Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: {rest}\r\n\r\n{smuggled}",
    ),
    (
        "behind a chunked attach to a container that isn't there",
        b"POST /containers/missing/attach?stream=1&stdin=1 HTTP/1.1\r\nHost: docker\r\n\
          Connection: Upgrade\r\nUpgrade: tcp\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}",
    ),
    (
        "in chunks that don't end, of an attach to a container that isn't there",
        b"POST /containers/missing/attach?stream=1&stdin=1 HTTP/1.1\r\nHost: docker\r\n\
          Connection: Upgrade\r\nUpgrade: tcp\r\nTransfer-Encoding: chunked\r\n\r\n{smuggled}",
    ),
    (
        "behind an attach in HTTP/1.0 to a container that isn't there",
        b"POST /containers/missing/attach?stream=1&stdin=1 HTTP/1.0\r\n\
          Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n{smuggled}",
    ),
    (
        "behind an attach that wants to close, to a container that isn't there",
        b"POST /containers/missing/attach?stream=1&stdin=1 HTTP/1.1\r\nHost: docker\r\n\
          Connection: close\r\nContent-Length: 0\r\n\r\n{smuggled}",
    ),
    (
        "behind a HEAD of a websocket",
        b"HEAD /containers/{canary}/attach/ws?stream=1 HTTP/1.1\r\nHost: docker\r\n\
          Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
          Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n{smuggled}",
    ),
    (
        "behind a session without an Upgrade",
        b"POST /session HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\n\r\n{smuggled}",
    ),
    (
        "behind a session that asks for a websocket",
        b"POST /session HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
          Content-Length: 0\r\n\r\n{smuggled}",
    ),
    (
        "behind gRPC without an Upgrade",
        b"POST /grpc HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\n\r\n{smuggled}",
    ),
    (
        "behind gRPC that asks for tcp",
        b"POST /grpc HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\
          Content-Length: 0\r\n\r\n{smuggled}",
    ),
];
