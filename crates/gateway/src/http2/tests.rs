//! What needs a clock of its own, or little memory.

use std::time::Duration;

use docker_api_core::head::Share;
use docker_api_core::transport::Peer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep};

use super::*;
use crate::gate::tests::gateway;

/// Serves a client that says this, each behind a pause of so many seconds, and then waits for the
/// end: after how many seconds that was.
async fn served(gateway: &Gateway, said: &[(u64, &[u8])]) -> u64 {
    let (mut user, client) = UnixStream::pair().unwrap();
    let (client, drain) = (Stream::Unix(client), CancellationToken::new());
    let (who, start) = (Who::new(Peer::Unix, 0, None), Instant::now());
    let serving = async {
        let served = gateway.http2(&client, &who, &drain, Vec::new()).await;
        drop(client);
        served
    };
    let talking = async {
        for (pause, bytes) in said {
            sleep(Duration::from_secs(*pause)).await;
            user.write_all(bytes).await.unwrap();
        }
        user.read_to_end(&mut Vec::new()).await.unwrap();
        drop(user);
    };
    let (served, ()) = tokio::join!(serving, talking);
    assert_eq!(served, Served::Ended);
    start.elapsed().as_secs()
}

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags, 0, 0, 0, stream], payload].concat()
}

fn hello() -> Vec<u8> {
    [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()
}

/// `GET /_ping`, from the static table (RFC 7541 appendix A) but for the path.
const PING: &[u8] = b"\x82\x86\x04\x06/_ping";

#[tokio::test(start_paused = true)]
async fn a_head_that_is_not_whole_after_five_minutes_ends_its_connection() {
    let gateway = gateway(1 << 30);
    let open = frame(HEADERS, 0, 1, PING);
    let whole = frame(HEADERS, END_HEADERS, 1, PING);
    let cases: [&[(u64, &[u8])]; 4] = [
        &[(0, &PREFACE[..10])],
        &[(0, &hello()), (0, &open)],
        &[(0, &hello()), (0, &whole[..3])],
        &[(0, &hello()), (0, &whole[..12])],
    ];
    for said in cases {
        assert_eq!(served(&gateway, said).await, 300, "{said:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_comes_byte_by_byte_gets_no_more_time() {
    let gateway = gateway(1 << 30);
    let part = frame(CONTINUATION, 0, 1, b"");
    let said = [(0, &*hello()), (0, &frame(HEADERS, 0, 1, PING)), (200, &part), (99, &part)];
    assert_eq!(served(&gateway, &said).await, 300);
}

#[tokio::test(start_paused = true)]
async fn each_head_has_five_minutes_of_its_own() {
    let gateway = gateway(1 << 30);
    let parts = [frame(HEADERS, 0, 1, PING), frame(CONTINUATION, END_HEADERS, 1, b"")];
    let mut next = parts[1].clone();
    next.extend(frame(HEADERS, 0, 3, PING));
    let said = [(0, &*hello()), (0, &parts[0]), (250, &next)];
    assert_eq!(served(&gateway, &said).await, 550);
}

#[tokio::test(start_paused = true)]
async fn a_client_without_an_open_head_may_be_silent_for_long() {
    let gateway = gateway(1 << 30);
    // A stream whose body doesn't come: frames of other kinds may take their time.
    let body = frame(DATA, 0, 1, b"body");
    let cases: [&[(u64, &[u8])]; 3] = [&[], &[(0, &hello())], &[(0, &hello()), (0, &body[..11])]];
    for said in cases {
        let quiet = served(&gateway, said);
        timeout(Duration::from_secs(86_400), quiet).await.unwrap_err();
    }
}

#[tokio::test]
async fn a_head_that_has_no_room_while_it_comes_ends_its_connection() {
    let gateway = gateway(MAX_HEAD / 2);
    let said = [(0, &*hello()), (0, &frame(HEADERS, 0, 1, PING))];
    let seconds = served(&gateway, &said).await;
    assert!(seconds < 60);
    assert!(Share::of(&*gateway.heads).grow_to(MAX_HEAD / 2), "all was given back");
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;
