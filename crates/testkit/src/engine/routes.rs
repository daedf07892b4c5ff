//! Which request gets which answer.

use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Version};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::answers;
use super::body::{self, AnyBody};
use super::connection::Connection;
use super::hijack::{self, Over};
use crate::data::{Pattern, RunningDigest};

type Answer = Result<Response<AnyBody>, Over>;

/// Records the request and answers it.
pub(super) async fn answer(request: Request<Incoming>, connection: Connection) -> Answer {
    let state = connection.state();
    let api_version = state.api_version.clone();
    state.record(request.method(), request.uri(), request.version(), request.headers());

    let path = request.uri().path().to_owned();
    let (asked, path) = split_version(&path);
    if let Some(refusal) = asked.and_then(|asked| refuse_version(asked, &api_version)) {
        return Ok(common(refusal, &api_version));
    }
    let head_alone = request.version() == Version::HTTP_2 && request.method() == Method::HEAD;
    let response = common(route(request, path, connection).await?, &api_version);
    Ok(if head_alone { without_body(response) } else { response })
}

/// What hyper does itself over HTTP/1.
fn without_body(mut response: Response<AnyBody>) -> Response<AnyBody> {
    if let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    }
    response.map(|_| body::full(""))
}

async fn route(request: Request<Incoming>, path: &str, connection: Connection) -> Answer {
    if is_grpc(&request) {
        return Ok(typed("application/grpc", body::grpc_echo(request.into_body())));
    }
    let method = request.method().clone();
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let query = |name| query_value(&request, name);
    let response = match (method.as_str(), segments.as_slice()) {
        ("GET" | "HEAD", ["_ping"]) => ping(),
        ("GET", ["version"]) => json(&answers::version(&connection.state().api_version)),
        ("GET", ["info"]) => json(&answers::info()),
        // Its container has no health check.
        ("GET", ["containers", "json"])
            if query("filters").is_some_and(|it| it.contains("health")) =>
        {
            json(&json!([]))
        }
        ("GET", ["containers", "json"]) => json(&answers::containers()),
        ("GET", ["images", "json"]) => json(&answers::images()),
        ("GET", ["events"]) => typed(
            "application/json",
            body::ticks(connection, |n| format!("{}\n", answers::event(n)).into()),
        ),
        ("POST", ["containers", "missing", "attach"]) => {
            let head =
                "HTTP/1.1 404 Not Found\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n";
            return take_over(request, hijack::refuse(connection, head, NO_CONTAINER)).await;
        }
        (_, ["containers" | "exec", "missing", ..]) => error(StatusCode::NOT_FOUND, NO_CONTAINER),
        ("GET", ["containers", _, "json"]) => json(&answers::container()),
        ("GET", ["containers", _, "logs"]) => {
            let follow = query("follow").is_some_and(|value| value == "1" || value == "true");
            logs(connection, follow)
        }
        ("POST", ["containers", _, "wait"]) => typed("application/json", body::silence(connection)),
        ("POST", ["containers", _, "exec"]) => {
            let mut created = json(&json!({ "Id": EXEC }));
            *created.status_mut() = StatusCode::CREATED;
            created
        }
        ("GET", ["exec", id, "json"]) => json(&answers::exec(id)),
        ("POST", ["exec" | "containers", _, "resize"]) => empty(StatusCode::OK),
        ("POST", ["containers", _, "start" | "stop" | "kill" | "restart"]) => {
            empty(StatusCode::NO_CONTENT)
        }
        ("POST", ["containers", _, "attach"] | ["exec", _, "start"]) => {
            let upgrade = request.headers().contains_key(header::UPGRADE);
            let head = if upgrade { UPGRADED } else { RAW_STREAM };
            return take_over(request, hijack::stream(connection, head)).await;
        }
        ("POST", ["session" | "grpc"]) => {
            let upgrade = request.headers().get(header::UPGRADE);
            if upgrade.is_none_or(|value| value != "h2c") {
                error(StatusCode::BAD_REQUEST, "protocol not supported")
            } else {
                return take_over(request, hijack::tunnel(connection, SWITCHING)).await;
            }
        }
        ("GET", ["bulk"]) => {
            let length = query("bytes").and_then(|value| value.parse().ok()).unwrap_or_default();
            bulk(length, query("chunked").is_some())
        }
        ("POST", ["bulk"]) => received(request).await,
        ("GET", ["delay"]) => {
            let millis = query("ms").and_then(|value| value.parse().ok()).unwrap_or_default();
            sleep(Duration::from_millis(millis)).await;
            json(&json!({ "waited": millis }))
        }
        _ => error(StatusCode::NOT_FOUND, "page not found"),
    };
    Ok(response)
}

/// The test that Engines make.
fn is_grpc(request: &Request<Incoming>) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE);
    request.version() == Version::HTTP_2
        && kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// Reads the request's body, then leaves the connection to `rest`.
async fn take_over(request: Request<Incoming>, rest: impl Future<Output = Over>) -> Answer {
    if request.version() == Version::HTTP_2 {
        return Ok(error(StatusCode::BAD_REQUEST, "cannot hijack an HTTP/2 stream"));
    }
    // Not complete if the client went; the rest notices that too.
    let _ignored = request.into_body().collect().await;
    Err(rest.await)
}

/// A body of [`Pattern`] and its digest, which goes ahead.
fn bulk(length: u64, chunked: bool) -> Response<AnyBody> {
    let (mut pattern, mut digest, mut left) = (Pattern::new(), RunningDigest::default(), length);
    let mut piece = vec![0; 64 * 1024];
    while left > 0 {
        let size = usize::try_from(left).map_or(piece.len(), |left| left.min(piece.len()));
        pattern.fill(&mut piece[..size]);
        digest.update(&piece[..size]);
        left -= size as u64;
    }
    let mut response = typed("application/octet-stream", body::pattern(length, chunked));
    let digest = HeaderValue::try_from(digest.finish()).expect("digits are fine in a header");
    response.headers_mut().insert(HeaderName::from_static("x-digest"), digest);
    response
}

/// Size and digest of what was sent.
async fn received(request: Request<Incoming>) -> Response<AnyBody> {
    let (mut body, mut digest, mut size) = (request.into_body(), RunningDigest::default(), 0);
    while let Some(frame) = body.frame().await {
        match frame.map(hyper::body::Frame::into_data) {
            Ok(Ok(data)) => {
                digest.update(&data);
                size += data.len();
            }
            Ok(Err(_trailers)) => {}
            Err(broken) => return error(StatusCode::BAD_REQUEST, &broken.to_string()),
        }
    }
    json(&json!({ "bytes": size, "sha256": digest.finish() }))
}

fn logs(connection: Connection, follow: bool) -> Response<AnyBody> {
    let frame = |number: u64| {
        let text = format!("tick {number}\n");
        let length = u32::try_from(text.len()).expect("short").to_be_bytes();
        // The stream (1: standard output), three zero bytes, the length.
        [&[1, 0, 0, 0], &length[..], text.as_bytes()].concat().into()
    };
    let kind = "application/vnd.docker.multiplexed-stream";
    typed(kind, if follow { body::ticks(connection, frame) } else { body::full(frame(0)) })
}

fn ping() -> Response<AnyBody> {
    let mut response = typed("text/plain; charset=utf-8", body::full("OK"));
    for (name, value) in [
        ("builder-version", "2"),
        ("cache-control", "no-cache, no-store, must-revalidate"),
        ("pragma", "no-cache"),
        ("swarm", "inactive"),
    ] {
        let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
        response.headers_mut().insert(name, value);
    }
    response
}

fn json(value: &Value) -> Response<AnyBody> {
    typed("application/json", body::full(format!("{value}\n")))
}

fn error(status: StatusCode, message: &str) -> Response<AnyBody> {
    let mut response = json(&json!({ "message": message }));
    *response.status_mut() = status;
    response
}

fn empty(status: StatusCode) -> Response<AnyBody> {
    let mut response = Response::new(body::full(""));
    *response.status_mut() = status;
    response
}

fn typed(kind: &'static str, body: AnyBody) -> Response<AnyBody> {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Adds what every answer of an Engine carries.
fn common(mut response: Response<AnyBody>, api_version: &str) -> Response<AnyBody> {
    let headers = response.headers_mut();
    let version = HeaderValue::from_str(api_version).expect("a version is fine in a header");
    headers.insert(HeaderName::from_static("api-version"), version);
    headers
        .insert(HeaderName::from_static("docker-experimental"), HeaderValue::from_static("false"));
    headers.insert(HeaderName::from_static("ostype"), HeaderValue::from_static("linux"));
    let server = format!("Docker/{} (linux)", answers::VERSION);
    headers.insert(header::SERVER, HeaderValue::try_from(server).expect("plain text"));
    response
}

/// `/v1.41/info` → `1.41` and `/info`.
fn split_version(path: &str) -> (Option<&str>, &str) {
    let Some(rest) = path.strip_prefix("/v") else { return (None, path) };
    let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (version, rest) = rest.split_at(digits);
    if version.is_empty() || !rest.starts_with('/') { (None, path) } else { (Some(version), rest) }
}

/// The real one's words for a version that it doesn't speak.
fn refuse_version(asked: &str, max: &str) -> Option<Response<AnyBody>> {
    let number = |text: &str| -> Option<(u32, u32)> {
        let (major, minor) = text.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    let min = answers::MIN_API_VERSION;
    let message = if number(asked) > number(max) {
        format!("client version {asked} is too new. Maximum supported API version is {max}")
    } else if number(asked) < number(min) {
        format!(
            "client version {asked} is too old. Minimum supported API version is {min}, please \
             upgrade your client to a newer version"
        )
    } else {
        return None;
    };
    Some(error(StatusCode::BAD_REQUEST, &message))
}

fn query_value(request: &Request<Incoming>, name: &str) -> Option<String> {
    let pairs = request.uri().query()?.split('&');
    let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

const EXEC: &str = "e8ece8ece8ece8ece8ece8ece8ece8ece8ece8ece8ece8ece8ece8ece8ece8ec";
const NO_CONTAINER: &str = "No such container: missing";
/// The real one's head, word for word.
const UPGRADED: &str = "HTTP/1.1 101 UPGRADED\r\n\
    Content-Type: application/vnd.docker.raw-stream\r\n\
    Connection: Upgrade\r\n\
    Upgrade: tcp\r\n\r\n";
const RAW_STREAM: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n";
const SWITCHING: &str =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
