//! Engines that speak no HTTP/2, that are away, and that leave; and the gate that is told to.

use hyper::Response;
use testkit::StandIn;
use testkit::subject::undated;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc::unbounded_channel;

use crate::support::{Front, Listener, Scripted, piece, whole, within};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[tokio::test]
async fn an_engine_without_http_2_answers_for_itself() {
    let engine = Listener::new();
    let mut front = Front::new(&engine.socket, "read-only");
    let mut client = front.connect();
    client.write_all(PREFACE).await.unwrap();
    client.write_all(b"\0\0\0\x04\0\0\0\0\0GET /secret HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();

    let mut daemon = engine.accept().await;
    let answer = b"HTTP/1.1 301 Moved Permanently\r\nLocation: /%2A\r\n\r\n";
    daemon.write_all(&answer[..20]).await.unwrap();
    daemon.write_all(&answer[20..]).await.unwrap();
    let mut seen = Vec::new();
    within(daemon.read_to_end(&mut seen)).await.unwrap();
    assert_eq!(seen, PREFACE, "and not a byte of the client's");
    drop(daemon);

    let mut got = Vec::new();
    within(client.read_to_end(&mut got)).await.unwrap();
    assert_eq!(got, answer);
}

#[tokio::test]
async fn a_dockerd_of_old_sends_its_own_301() {
    let dockerd = testkit::requires_docker!();
    let mut direct = tokio::net::UnixStream::connect(dockerd.socket()).await.unwrap();
    let mut front = Front::new(dockerd.socket(), "read-only");
    let mut ours = front.connect();
    let mut answers = Vec::new();
    for stream in [&mut direct, &mut ours] {
        stream.write_all(PREFACE).await.unwrap();
        let mut answer = String::new();
        within(stream.read_to_string(&mut answer)).await.unwrap();
        answers.push(undated(&answer));
    }
    let [theirs, ours] = &answers[..] else { panic!("two answers") };
    assert!(theirs.starts_with("HTTP/1.1 301 "), "{theirs}");
    assert_eq!(ours, theirs);
}

#[tokio::test]
async fn while_the_engine_is_away_a_request_gets_503_and_the_client_comes_again() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let mut front = Front::new(&socket, "read-only");
    let mut client = front.client().await;
    let answer = client.ask("GET", "http://docker/_ping", &[]).await;
    assert_eq!(answer.status, 503);
    let message = format!("Cannot connect to the Docker daemon at unix://{}.", socket.display());
    assert!(answer.body.contains(&message), "{}", answer.body);
    client.ended().await.unwrap();

    let kind = [("content-type", "application/grpc")];
    let mut full = Front::new(&socket, "full");
    let answer = full.client().await.ask("POST", "http://docker/a.B/C", &kind).await;
    assert_eq!(answer.headers["grpc-status"], "14", "UNAVAILABLE");

    let engine = StandIn::builder().http2().path(&socket).start();
    assert_eq!(front.client().await.ask("GET", "http://docker/_ping", &[]).await.status, 200);
    drop(engine);
}

#[tokio::test]
async fn an_engine_that_closes_without_a_word_is_away() {
    let engine = Listener::new();
    let mut front = Front::new(&engine.socket, "read-only");
    let client = front.connect();
    let (stream, ()) = tokio::join!(h2::client::handshake(client), async {
        drop(engine.accept().await);
    });
    let (mut send, connection) = stream.unwrap();
    let request = hyper::Request::get("http://docker/_ping").body(()).unwrap();
    let (answer, _) = send.send_request(request, true).unwrap();
    let (answer, _) = tokio::join!(whole(answer), within(connection));
    assert_eq!(answer.unwrap().status, 503);
}

#[tokio::test]
async fn an_engine_that_is_killed_resets_what_was_under_way() {
    let engine = StandIn::builder().http2().start();
    let mut front = Front::new(engine.socket(), "read-only");
    let mut client = front.client().await;
    let (answer, _) = client.open("GET", "http://docker/events", &[], true).await;
    let mut events = within(answer).await.unwrap().into_body();
    piece(&mut events).await.unwrap();
    engine.kill();
    let lost = loop {
        match within(events.data()).await {
            Some(Ok(_)) => {}
            Some(Err(error)) => break error,
            None => panic!("the client takes it for an end"),
        }
    };
    assert!(lost.is_reset(), "{lost}");
    client.ended().await.unwrap();
}

#[tokio::test]
async fn draining_lets_idle_clients_go_and_streams_finish() {
    let (tell, mut told) = unbounded_channel();
    let engine = Scripted::start(move |_request, respond| {
        let tell = tell.clone();
        async move { tell.send(respond).unwrap() }
    });
    let mut front = Front::new(&engine.listener.socket, "full");
    let mut client = front.client().await;
    let (answer, _) = client.open("GET", "http://docker/x", &[], true).await;
    let mut respond = within(told.recv()).await.unwrap();
    front.drain.cancel();
    let idle = {
        let mut idle = front.connect();
        idle.write_all(PREFACE).await.unwrap();
        idle
    };
    drop(idle);
    let mut sending = respond.send_response(Response::new(()), false).unwrap();
    sending.send_data("done".into(), true).unwrap();
    drop((respond, sending));
    assert_eq!(whole(answer).await.unwrap().body, "done");
    client.ended().await.unwrap();
    front.ended().await;
}

#[tokio::test]
async fn an_idle_client_is_let_go_when_draining() {
    let engine = StandIn::builder().http2().start();
    let mut front = Front::new(engine.socket(), "read-only");
    let mut client = front.client().await;
    assert_eq!(client.ask("GET", "http://docker/_ping", &[]).await.status, 200);
    front.drain.cancel();
    client.ended().await.unwrap();
    front.ended().await;
    engine.wait_open_connections(0, testkit::DEADLINE);
}
