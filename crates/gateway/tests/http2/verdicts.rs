//! Each stream is judged: by its role, and by the browser guard.

use testkit::StandIn;

use crate::support::{Answer, Front};

fn engine() -> StandIn {
    StandIn::builder().http2().start()
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn what_the_role_allows_is_the_engines_to_answer() {
    let engine = engine();
    let mut front = Front::new(engine.socket(), "read-only");
    let mut client = front.client().await;
    let answer = client.ask("GET", "http://docker/version", &[]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("ApiVersion"), "{}", answer.body);
    assert_eq!(header(&answer, "content-security-policy"), None);

    let seen = &engine.requests()[0];
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("GET", "/version"));
    assert_eq!(seen.version, "HTTP/2.0");
    assert_eq!(seen.headers, []);
}

#[tokio::test]
async fn an_answer_is_the_engines_own_to_the_last_header() {
    let engine = engine();
    let mut front = Front::new(engine.socket(), "full");
    let stream = tokio::net::UnixStream::connect(engine.socket()).await.unwrap();
    let (mut direct, connection) = h2::client::handshake(stream).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(connection);
    for path in ["/_ping", "/version", "/bulk?bytes=0", "/bulk?bytes=3&chunked=1", "/missing"] {
        let request = hyper::Request::get(format!("http://docker{path}")).body(()).unwrap();
        let (answer, _) = direct.send_request(request, true).unwrap();
        let direct = crate::support::whole(answer).await.unwrap();
        let url = format!("http://docker{path}");
        let ours = front.client().await.ask("GET", &url, &[]).await;
        let mut headers = direct.headers;
        if headers.remove("date").is_some() {
            assert!(ours.headers.contains_key("date"));
        }
        let mut our_headers = ours.headers;
        our_headers.remove("date");
        assert_eq!((ours.status, our_headers, ours.body), (direct.status, headers, direct.body));
    }
}

#[tokio::test]
async fn what_the_role_does_not_allow_never_reaches_the_engine() {
    let engine = engine();
    let mut front = Front::new(engine.socket(), "read-only");
    let mut client = front.client().await;
    let answer = client.ask("POST", "http://docker/containers/create", &[]).await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.starts_with("{\"message\":\"access denied: role read-only may not "));
    assert_eq!(header(&answer, "content-type"), Some("application/json"));

    // The connection goes on.
    assert_eq!(client.ask("GET", "http://docker/_ping", &[]).await.status, 200);
    assert_eq!(engine.requests().len(), 1);
}

#[tokio::test]
async fn a_role_that_nobody_has_written_down_may_nothing() {
    let engine = engine();
    let mut front = Front::new(engine.socket(), "nobody");
    let answer = front.client().await.ask("GET", "http://docker/_ping", &[]).await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("nobody"), "{}", answer.body);
    assert_eq!(engine.requests(), []);
}

#[tokio::test]
async fn a_client_of_grpc_is_refused_in_its_own_words() {
    let engine = engine();
    let mut front = Front::new(engine.socket(), "read-only");
    let mut client = front.client().await;
    for path in ["/moby.buildkit.v1.Control/Solve", "/containers/json", "/v1.51/version"] {
        let kind = [("content-type", "application/grpc+proto"), ("te", "trailers")];
        let answer = client.ask("POST", &format!("http://docker{path}"), &kind).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
        assert_eq!(header(&answer, "grpc-status"), Some("7"), "PERMISSION_DENIED");
        let message = header(&answer, "grpc-message").unwrap();
        assert!(message.starts_with("access denied: role read-only may not "), "{message}");
        assert!(!answer.headers.contains_key("content-length"));
    }
    assert_eq!(engine.requests(), []);
}

#[tokio::test]
async fn a_web_page_is_refused_and_a_typed_address_gets_a_sandbox() {
    let engine = engine();
    let mut front = Front::new(engine.socket(), "full");
    let mut client = front.client().await;
    let page = [("origin", "http://evil.example"), ("user-agent", "Mozilla/5.0")];
    let answer = client.ask("POST", "http://127.0.0.1/containers/x/start", &page).await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("browser guard, rule 1"), "{}", answer.body);

    let rebound = [("user-agent", "Mozilla/5.0"), ("accept-language", "en")];
    let answer = client.ask("GET", "http://evil.example/version", &rebound).await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("browser guard, rule 3"), "{}", answer.body);
    assert_eq!(engine.requests(), []);

    let answer = client.ask("GET", "http://127.0.0.1/version", &rebound).await;
    assert_eq!(answer.status, 200);
    assert_eq!(header(&answer, "content-security-policy"), Some("sandbox"));
    assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn a_second_name_in_a_host_header_does_not_fool_the_guard() {
    let engine = engine();
    let mut front = Front::new(engine.socket(), "full");
    let browser = [("accept-language", "en"), ("host", "127.0.0.1")];
    let answer = front.client().await.ask("GET", "http://evil.example/version", &browser).await;
    assert_eq!(answer.status, 403);
    assert_eq!(engine.requests(), []);
}

#[tokio::test]
async fn every_request_is_told_at_its_verdict_and_at_its_end() {
    let engine = engine();
    let mut front = Front::new(engine.socket(), "read-only");
    let mut client = front.client().await;
    let answer = client.ask("GET", "http://docker/containers/json?all=1", &[]).await;
    let refusal = client.ask("POST", "http://docker/containers/create?name=a", &[]).await;
    let heard = front.heard_lines(4).await;
    let (down, refused) = (answer.body.len(), refusal.body.len());
    assert_eq!(
        heard,
        [
            "asked read-only GET /containers/json?all=1: Allow".to_owned(),
            format!("ended read-only GET /containers/json?all=1: Some(200) up 0 down {down}"),
            "asked read-only POST /containers/create?name=a: Deny".to_owned(),
            format!(
                "ended read-only POST /containers/create?name=a: Some(403) up 0 down {refused}"
            ),
        ]
    );
}

#[tokio::test]
async fn bodies_are_counted_both_ways() {
    let engine = engine();
    let mut front = Front::new(engine.socket(), "full");
    let mut client = front.client().await;
    let kind = [("content-type", "application/grpc")];
    let (answer, mut body) = client.open("POST", "http://docker/a.B/C", &kind, false).await;
    body.send_data("hello".into(), true).unwrap();
    assert_eq!(crate::support::whole(answer).await.unwrap().body, "hello");
    let heard = front.heard_lines(2).await;
    assert_eq!(heard[1], "ended full POST /a.B/C: Some(200) up 5 down 5");
}
