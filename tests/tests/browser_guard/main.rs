//! The browser guard, by heads made by hand: no web page reaches the Engine, everyone else does.

#![expect(clippy::expect_used, reason = "to a test a panic is an answer")]

mod answers;
mod clients;
mod heads;
mod rules;

use testkit::stream::Response;
use testkit::{Bridge, DEADLINE, RudeEngine, Stream};

/// A bridge before an Engine that shows every byte.
struct Guarded {
    engine: RudeEngine,
    bridge: Bridge,
}

impl Guarded {
    fn start() -> Self {
        Self::with(&[])
    }

    fn with(arguments: &[&str]) -> Self {
        let engine = RudeEngine::start();
        let bridge = Bridge::builder().args(arguments).start_before(&engine);
        Self { engine, bridge }
    }

    fn with_variable(name: &str, value: &str) -> Self {
        let engine = RudeEngine::start();
        let bridge = Bridge::builder().env(name, value).start_before(&engine);
        Self { engine, bridge }
    }

    fn connect(&self) -> Stream {
        self.bridge.endpoint().connect()
    }

    /// Asserts that the request reaches the Engine, and the answer the client, as they are.
    fn assert_untouched(&self, sent: impl AsRef<[u8]>) {
        self.assert_relayed(sent.as_ref(), sent.as_ref(), ANSWER, ANSWER);
    }

    /// Asserts that it passes as a browser's: the last request of its connection, and an answer
    /// that is harmless in a browser.
    fn assert_passes_as_browser(&self, sent: impl AsRef<[u8]>) {
        let sent = sent.as_ref();
        self.assert_relayed(sent, &behind_first_line(sent, CLOSE), ANSWER, &sandboxed(ANSWER));
    }

    fn assert_relayed(&self, sent: &[u8], arrives: &[u8], answered: &[u8], received: &[u8]) {
        let mut client = self.connect();
        client.send(sent);
        let mut engine = self.engine.accept(DEADLINE);
        assert_same(&engine.read_exact_n(arrives.len()), arrives);
        engine.send(answered);
        engine.shutdown_write();
        assert_same(&client.read_to_end_within(DEADLINE), received);
        drop(client);
        engine.expect_eof(DEADLINE);
    }

    /// Asserts that it is refused by that rule, in the Engine's form and words that help, and that
    /// the Engine isn't even dialled.
    fn assert_refused(&self, sent: impl AsRef<[u8]>, rule: u8) {
        let message = self.assert_answered(sent.as_ref(), 403);
        let flag = if rule == 3 { "--allow-host" } else { "--allow-origin" };
        let shown = shown(sent.as_ref());
        assert!(message.contains(&format!("rule {rule}:")), "{message}\nfor {shown}");
        assert!(message.contains(flag), "{message}\nfor {shown}");
    }

    /// Asserts that the bridge itself answers, and ends the connection: the message.
    fn assert_answered(&self, sent: &[u8], status: u16) -> String {
        let answer = self.answered(sent);
        assert_eq!(answer.status, status, "{} for {}", answer.head, shown(sent));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("connection"), Some("close"));
        answer.json()["message"].as_str().expect("a message").to_owned()
    }

    /// What the bridge answers without asking the Engine.
    fn answered(&self, sent: &[u8]) -> Response {
        let mut client = self.connect();
        let answer = client.exchange(sent);
        client.expect_eof(DEADLINE);
        assert!(self.engine.try_accept().is_none(), "the Engine was dialled for {}", shown(sent));
        answer
    }
}

/// A request's head of these lines, such as `GET / HTTP/1.1`.
fn head(lines: &[&str]) -> String {
    lines.iter().flat_map(|line| [line, "\r\n"]).chain(["\r\n"]).collect()
}

/// The head of a `GET` with these header lines.
fn get(lines: &[&str]) -> String {
    head(&[&["GET /containers/json HTTP/1.1"], lines].concat())
}

/// The head of a `POST` without a body, with these header lines.
fn post(lines: &[&str]) -> String {
    head(&[&["POST /containers/create HTTP/1.1"], lines, &["Content-Length: 0"]].concat())
}

fn behind_first_line(head: &[u8], lines: &str) -> Vec<u8> {
    let end = head.iter().position(|&byte| byte == b'\n').expect("a first line") + 1;
    [&head[..end], lines.as_bytes(), &head[end..]].concat()
}

/// An answer as browsers get it.
fn sandboxed(answer: &[u8]) -> Vec<u8> {
    behind_first_line(answer, SANDBOX)
}

fn assert_same(is: &[u8], expected: &[u8]) {
    assert!(is == expected, "got\n{}\nnot\n{}", shown(is), shown(expected));
}

/// Bytes in a message.
fn shown(bytes: &[u8]) -> String {
    let end = if bytes.len() > 600 { "..." } else { "" };
    format!("{}{end}", bytes[..bytes.len().min(600)].escape_ascii())
}

/// With all that an HTTP library would spell in another way.
const ANSWER: &[u8] =
    b"HTTP/1.1 200 Fine\r\nx-ODD:  two spaces \r\nX-Odd: again\r\nContent-Length: 3\r\n\r\n{}\n";
const CLOSE: &str = "Connection: close\r\n";
const SANDBOX: &str = "Content-Security-Policy: sandbox\r\nX-Content-Type-Options: nosniff\r\n";

const CHROMIUM: &str = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 \
    (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36";
const FIREFOX: &str =
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
const LANGUAGE: &str = "Accept-Language: en-US,en;q=0.9";
/// An address that browsers call trustworthy.
const LOCAL: &str = "Host: localhost:2375";
/// One that they don't: they leave `Sec-Fetch-…` out.
const PLAIN: &str = "Host: 192.168.7.7:2375";
const EVIL: &str = "Origin: https://evil.example";
const NULL: &str = "Origin: null";
const CROSS_SITE: &str = "Sec-Fetch-Site: cross-site";
const NAVIGATE: &str = "Sec-Fetch-Mode: navigate";
const NO_CORS: &str = "Sec-Fetch-Mode: no-cors";
const CORS: &str = "Sec-Fetch-Mode: cors";
