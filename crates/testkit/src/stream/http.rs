//! Raw HTTP/1: a request is bytes, a response is taken apart.

use super::{Endpoint, Stream};
use crate::DEADLINE;

/// A response, its body without the framing.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The head as it was sent, with the empty line.
    pub head: String,
    /// Name and value of each header line, names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of the first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let name = name.to_ascii_lowercase();
        self.headers.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body, parsed as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }
}

/// Opens a connection, sends `raw`, and reads one response.
///
/// A body without length is read to the end of the connection, but for a 101, which has none.
pub fn request(endpoint: &Endpoint, raw: impl AsRef<[u8]>) -> Response {
    endpoint.connect().exchange(raw)
}

/// `GET path` on a connection of its own, which is closed after the response.
pub fn get(endpoint: &Endpoint, path: &str) -> Response {
    request(endpoint, format!("GET {path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n"))
}

impl Stream {
    /// Sends `raw` and reads one response.
    pub fn exchange(&mut self, raw: impl AsRef<[u8]>) -> Response {
        let raw = raw.as_ref();
        self.send(raw);
        self.read_response(raw.starts_with(b"HEAD "))
    }

    /// Reads one response; `to_head`: the request was a HEAD, so that no body follows.
    ///
    /// Interim responses (100, 103) are skipped. A 101 ends with its head, and so does a 200 without
    /// length of type `application/vnd.docker.…-stream`: what follows belongs to the caller.
    pub fn read_response(&mut self, to_head: bool) -> Response {
        let mut response = self.read_response_head();
        while matches!(response.status, 100 | 102..=199) {
            response = self.read_response_head();
        }
        let hijacked = response.status == 101
            || (response.status == 200
                && response.header("transfer-encoding").is_none()
                && response
                    .header("content-type")
                    .is_some_and(|kind| kind.starts_with("application/vnd.docker.")));
        if to_head || hijacked || matches!(response.status, 204 | 304) {
            return response;
        }
        let coding = response.header("transfer-encoding").unwrap_or_default().to_owned();
        response.body = if coding.eq_ignore_ascii_case("chunked") {
            self.read_chunked()
        } else if let Some(length) = response.header("content-length") {
            let length = length.parse().expect("a content-length is a number");
            self.read_exact_n(length)
        } else {
            self.read_to_end_within(DEADLINE)
        };
        response
    }

    /// Reads the head of a response, interim or not; its body is left unread.
    pub fn read_response_head(&mut self) -> Response {
        let head = self.read_head();
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1)?.parse().ok())
            .unwrap_or_else(|| panic!("no status in {head:?}"));
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Response { status, head, headers, body: Vec::new() }
    }

    /// Reads one chunk of a chunked body; the last one is empty.
    pub fn read_chunk(&mut self) -> Vec<u8> {
        let line = self.read_line();
        let digits = line.trim_end().split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(digits, 16)
            .unwrap_or_else(|_| panic!("not the size of a chunk: {line:?}"));
        if size == 0 {
            while self.read_line() != "\r\n" {}
            return Vec::new();
        }
        let mut chunk = self.read_exact_n(size + 2);
        assert!(chunk.ends_with(b"\r\n"), "a chunk doesn't end where it should");
        chunk.truncate(size);
        chunk
    }

    fn read_chunked(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let chunk = self.read_chunk();
            if chunk.is_empty() {
                return body;
            }
            body.extend(chunk);
        }
    }
}
