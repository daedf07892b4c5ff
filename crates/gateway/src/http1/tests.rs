//! What needs the insides of a gate, or a clock of its own.

use std::time::Duration;

use docker_api_core::transport::Peer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::time::Instant;

use super::*;
use crate::gate::tests::gateway;

fn who() -> Who {
    Who::new(Peer::Unix, 0, None)
}

/// Serves a client that sends this and waits for the end: what it read.
async fn served(gateway: &Gateway, sent: &[u8]) -> String {
    let (mut user, client) = UnixStream::pair().unwrap();
    let (client, drain) = (Stream::Unix(client), CancellationToken::new());
    user.write_all(sent).await.unwrap();
    let serving = async {
        let served = gateway.guarded(&client, &who(), &drain).await;
        drop(client);
        served
    };
    let mut answer = String::new();
    let (served, ()) = tokio::join!(serving, async {
        user.read_to_string(&mut answer).await.unwrap();
        drop(user);
    });
    assert_eq!(served, Served::Ended);
    answer
}

#[tokio::test(start_paused = true)]
async fn a_head_that_is_not_whole_after_five_minutes_ends_its_connection() {
    let start = Instant::now();
    let answer = served(&gateway(1 << 20), b"GET /_ping HTTP/1.1\r\nHost").await;
    assert_eq!(answer, "");
    assert_eq!(start.elapsed().as_secs(), 300);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_may_do_so_for_long() {
    let gateway = gateway(1 << 20);
    let quiet = served(&gateway, b"");
    tokio::time::timeout(Duration::from_secs(86_400), quiet).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_read_away_has_five_minutes_too() {
    let request = b"POST /build HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
    let start = Instant::now();
    let answer = served(&gateway(1 << 20), request).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert_eq!(start.elapsed().as_secs(), 300);
}

#[tokio::test]
async fn heads_that_are_held_share_their_memory() {
    let gateway = gateway(100_000);
    let (mut holder, client) = UnixStream::pair().unwrap();
    let (client, drain) = (Stream::Unix(client), CancellationToken::new());
    let held = async {
        holder.write_all(b"GET / HTTP/1.1\r\nX: ").await.unwrap();
        holder.write_all(&vec![b'x'; 60_000]).await.unwrap();
        let head = [&b"GET / HTTP/1.1\r\nX: "[..], &vec![b'y'; 60_000]].concat();
        let mut answer = String::new();
        // Until the first is held, the second may be.
        while !answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n") {
            answer = tokio::time::timeout(Duration::from_millis(50), served(&gateway, &head))
                .await
                .unwrap_or_default();
        }
        holder.shutdown().await.unwrap();
        answer
    };
    let holder = who();
    let (answer, served_first) = tokio::join!(held, gateway.guarded(&client, &holder, &drain));
    assert!(answer.contains("too many request heads"), "{answer}");
    assert_eq!(served_first, Served::Ended);
    let whole = [&b"GET / HTTP/1.0\r\nX: "[..], &vec![b'y'; 60_000], b"\r\n\r\n"].concat();
    assert!(served(&gateway, &whole).await.starts_with("HTTP/1.1 403 "), "given back");
}

#[test]
fn a_connection_costs_little_while_it_is_idle() {
    let (gateway, drain) = (gateway(0), CancellationToken::new());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let _inside = runtime.enter();
    let (_user, client) = UnixStream::pair().unwrap();
    let client = Stream::Unix(client);
    let size = size_of_val(&gateway.guarded(&client, &who(), &drain));
    assert!(size <= 1536, "{size} bytes");
}
