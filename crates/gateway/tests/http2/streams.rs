//! What flows, flows untouched: both ways, with trailers, resets and back-pressure.

use std::future::poll_fn;

use bytes::Bytes;
use h2::Reason;
use hyper::{HeaderMap, Response};
use testkit::StandIn;
use tokio::sync::mpsc::unbounded_channel;

use crate::support::{Front, Scripted, piece, read, whole, within};

#[tokio::test]
async fn a_stream_of_grpc_goes_both_ways_and_ends_with_its_trailers() {
    let engine = StandIn::builder().http2().start();
    let mut front = Front::new(engine.socket(), "full");
    let mut client = front.client().await;
    let headers = [("content-type", "application/grpc"), ("te", "trailers")];
    let path = "http://localhost/moby.filesync.v1.FileSync/DiffCopy";
    let (answer, mut body) = client.open("POST", path, &headers, false).await;
    let mut echo = within(answer).await.unwrap().into_body();
    for said in ["one", "two", "three"] {
        body.send_data(said.into(), false).unwrap();
        assert_eq!(piece(&mut echo).await.unwrap(), said);
    }
    body.send_data(Bytes::new(), true).unwrap();
    assert_eq!(read(&mut echo).await.unwrap(), b"");
    let trailers = within(echo.trailers()).await.unwrap().unwrap();
    assert_eq!(trailers["grpc-status"], "0");
    assert_eq!(engine.requests()[0].header("te"), Some("trailers"));
}

#[tokio::test]
async fn trailers_of_a_request_arrive_too() {
    let (tell, mut told) = unbounded_channel();
    let engine = Scripted::start(move |request, mut respond| {
        let tell = tell.clone();
        async move {
            let mut body = request.into_body();
            let data = read(&mut body).await.unwrap();
            let trailers = body.trailers().await.unwrap().unwrap();
            respond.send_response(Response::new(()), true).unwrap();
            tell.send((data, trailers)).unwrap();
        }
    });
    let mut front = Front::new(&engine.listener.socket, "full");
    let mut client = front.client().await;
    let (answer, mut body) = client.open("POST", "http://docker/build", &[], false).await;
    body.send_data("data".into(), false).unwrap();
    let trailers = [("x-sum".parse().unwrap(), "7".parse().unwrap())];
    body.send_trailers(HeaderMap::from_iter(trailers)).unwrap();
    assert_eq!(whole(answer).await.unwrap().status, 200);
    let (data, trailers) = within(told.recv()).await.unwrap();
    assert_eq!(data, b"data");
    assert_eq!(trailers["x-sum"], "7");
}

#[tokio::test]
async fn many_streams_share_one_connection_to_the_engine() {
    let engine = StandIn::builder().http2().start();
    let mut front = Front::new(engine.socket(), "read-only");
    let mut client = front.client().await;
    let (slow, _) = client.open("GET", "http://docker/containers/x/logs?follow=1", &[], true).await;
    let mut slow = within(slow).await.unwrap().into_body();
    piece(&mut slow).await.unwrap();
    for _ in 0..3 {
        assert_eq!(client.ask("GET", "http://docker/_ping", &[]).await.body, "OK");
    }
    piece(&mut slow).await.unwrap();
    assert_eq!(engine.accepted_connections(), 1);
}

#[tokio::test]
async fn streams_that_are_not_read_hold_no_other_up() {
    let engine = StandIn::builder().http2().start();
    let mut front = Front::new(engine.socket(), "full");
    let mut client = front.roomy_client().await;
    let mut stalled = Vec::new();
    for _ in 0..16 {
        let url = "http://docker/bulk?bytes=1000000";
        let (answer, _) = client.open("GET", url, &[], true).await;
        stalled.push(within(answer).await.unwrap().into_body());
    }
    assert_eq!(client.ask("GET", "http://docker/_ping", &[]).await.body, "OK");
    for body in &mut stalled {
        assert_eq!(read(body).await.unwrap().len(), 1_000_000);
    }
}

#[tokio::test]
async fn a_big_body_arrives_whole_both_ways() {
    let engine = StandIn::builder().http2().start();
    let mut front = Front::new(engine.socket(), "full");
    let mut client = front.client().await;
    let bulk = client.open("GET", "http://docker/bulk?bytes=20000000", &[], true).await.0;
    let (head, mut body) = within(bulk).await.unwrap().into_parts();
    let bytes = read(&mut body).await.unwrap();
    assert_eq!(head.headers["x-digest"], testkit::data::digest(&bytes).as_str());

    let (answer, mut upload) = client.open("POST", "http://docker/bulk", &[], false).await;
    let mut left = Bytes::from(bytes);
    while !left.is_empty() {
        upload.reserve_capacity(left.len());
        let room = poll_fn(|cx| upload.poll_capacity(cx));
        let room = within(room).await.unwrap().unwrap();
        let piece = left.split_to(room.min(left.len()));
        upload.send_data(piece, left.is_empty()).unwrap();
    }
    let answer = whole(answer).await.unwrap();
    assert!(answer.body.contains("20000000"), "{}", answer.body);
    assert!(answer.body.contains(head.headers["x-digest"].to_str().unwrap()), "{}", answer.body);
}

#[tokio::test]
async fn a_reset_by_the_engine_reaches_the_client_with_its_code() {
    let engine = Scripted::start(|request, mut respond| async move {
        let code: u32 = request.uri().path()[1..].parse().unwrap();
        if request.uri().query() == Some("late") {
            let mut sending = respond.send_response(Response::new(()), false).unwrap();
            sending.send_data("part".into(), false).unwrap();
            // Whoever resets at once takes the data back that hasn't left.
            let _half = request.into_body().data().await;
            sending.send_reset(code.into());
        } else {
            respond.send_reset(code.into());
        }
    });
    let mut front = Front::new(&engine.listener.socket, "full");
    let mut client = front.client().await;
    for reason in [Reason::CANCEL, Reason::REFUSED_STREAM, Reason::ENHANCE_YOUR_CALM] {
        let url = format!("http://docker/{}", u32::from(reason));
        let (answer, _body) = client.open("POST", &url, &[], false).await;
        assert_eq!(whole(answer).await.unwrap_err().reason(), Some(reason));

        let (answer, mut body) = client.open("POST", &(url + "?late"), &[], false).await;
        let mut received = within(answer).await.unwrap().into_body();
        assert_eq!(piece(&mut received).await.unwrap(), "part");
        body.send_data("go on".into(), false).unwrap();
        assert_eq!(read(&mut received).await.unwrap_err().reason(), Some(reason));
    }
}

#[tokio::test]
async fn what_a_client_gives_up_the_engine_may_give_up_too() {
    let (tell, mut told) = unbounded_channel();
    let engine = Scripted::start(move |request, mut respond| {
        let tell = tell.clone();
        async move {
            let reason = if request.uri().path() == "/answered" {
                let mut sending = respond.send_response(Response::new(()), false).unwrap();
                poll_fn(|cx| sending.poll_reset(cx)).await
            } else {
                tell.send(None).unwrap();
                poll_fn(|cx| respond.poll_reset(cx)).await
            };
            tell.send(Some(reason.unwrap())).unwrap();
        }
    });
    let mut front = Front::new(&engine.listener.socket, "full");
    let mut client = front.client().await;
    for with_body in [true, false] {
        let (answer, mut body) = client.open("POST", "http://docker/x", &[], !with_body).await;
        assert_eq!(within(told.recv()).await, Some(None), "the Engine has it");
        body.send_reset(Reason::CANCEL);
        drop(answer);
        assert_eq!(within(told.recv()).await, Some(Some(Reason::CANCEL)), "{with_body}");

        let url = "http://docker/answered";
        let (answer, mut body) = client.open("POST", url, &[], !with_body).await;
        let received = within(answer).await.unwrap();
        body.send_reset(Reason::CANCEL);
        drop(received);
        assert_eq!(within(told.recv()).await, Some(Some(Reason::CANCEL)), "{with_body}");
    }
}

#[tokio::test]
async fn an_answer_before_the_upload_ends_is_seen_whole() {
    let engine = Scripted::start(|_request, mut respond| async move {
        let early = Response::builder().status(404).body(()).unwrap();
        let mut sending = respond.send_response(early, false).unwrap();
        sending.send_data("no such image".into(), true).unwrap();
    });
    let mut front = Front::new(&engine.listener.socket, "full");
    let mut client = front.client().await;
    let (answer, mut upload) = client.open("POST", "http://docker/build", &[], false).await;
    upload.send_data("begun".into(), false).unwrap();
    let answer = whole(answer).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (404, "no such image"));
}

#[tokio::test]
async fn a_client_that_goes_leaves_no_stream_behind() {
    let engine = StandIn::builder().http2().start();
    let mut front = Front::new(engine.socket(), "full");
    let mut client = front.client().await;
    let (answer, _) = client.open("GET", "http://docker/events", &[], true).await;
    piece(within(answer).await.unwrap().body_mut()).await.unwrap();
    drop(client);
    front.ended().await;
    engine.wait_open_connections(0, testkit::DEADLINE);
    let heard = front.heard_lines(2).await;
    assert!(heard[1].starts_with("ended full GET /events: Some(200)"), "{heard:?}");
}
