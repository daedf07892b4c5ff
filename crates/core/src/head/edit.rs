//! The edits that the browser guard makes: whole lines behind the first, and no byte besides.

/// A request's head with `Connection: close` behind its first line.
///
/// It stands before a `Connection` of the client's own, so that a reader that asks only the first
/// such line sees it too.
#[must_use]
pub fn with_connection_close(head: &[u8]) -> Vec<u8> {
    insert(head, b"Connection: close\r\n")
}

/// The head of a final answer with `Content-Security-Policy: sandbox` and
/// `X-Content-Type-Options: nosniff` behind its status line.
///
/// Engines serve container output without a type; a browser would find a page in it and run it as
/// the bridge's own. Policies add up, and of two `X-Content-Type-Options` the first counts
/// (<https://fetch.spec.whatwg.org/#x-content-type-options-header>), so what the Engine says can't
/// weaken this.
#[must_use]
pub fn with_sandbox(head: &[u8]) -> Vec<u8> {
    insert(head, SANDBOX.as_bytes())
}

/// What makes an answer harmless to whoever opens it in a browser.
pub(super) const SANDBOX: &str =
    "Content-Security-Policy: sandbox\r\nX-Content-Type-Options: nosniff\r\n";

fn insert(head: &[u8], lines: &[u8]) -> Vec<u8> {
    let end = head.iter().position(|&byte| byte == b'\n').map_or(head.len(), |lf| lf + 1);
    [&head[..end], lines, &head[end..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_stands_before_every_other_line_and_all_else_stays() {
        assert_eq!(
            with_connection_close(b"GET / HTTP/1.1\r\nConnection: keep-alive\r\nA:\x01 b \n\r\n"),
            b"GET / HTTP/1.1\r\nConnection: close\r\nConnection: keep-alive\r\nA:\x01 b \n\r\n",
        );
        assert_eq!(
            with_connection_close(b"GET / HTTP/1.1\n\n"),
            b"GET / HTTP/1.1\nConnection: close\r\n\n",
        );
    }

    #[test]
    fn the_sandbox_stands_behind_the_status_line_and_all_else_stays() {
        assert_eq!(
            with_sandbox(b"HTTP/1.1 200 OK\r\nX-Content-Type-Options: x\r\n\r\n"),
            b"HTTP/1.1 200 OK\r\nContent-Security-Policy: sandbox\r\n\
              X-Content-Type-Options: nosniff\r\nX-Content-Type-Options: x\r\n\r\n",
        );
    }
}
