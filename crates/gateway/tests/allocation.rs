//! A request that is allowed costs no allocation, from its head to its answer's end.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use docker_api_access::Policy;
use docker_api_core::gate::{Gate as _, Parts, Served};
use docker_api_core::guard::Guard;
use docker_api_core::transport::{Peer, Stream, Who};
use docker_api_core::upstream::{Retry, Upstream, UpstreamSettings};
use docker_api_gateway::{Access, Asked, Ended, Gateway, Roles, Sink};
use testkit::allocations::{Counting, so_far};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What the gate's thread had allocated at the end of each request.
#[derive(Debug)]
struct Watch {
    ended: AtomicUsize,
    seen: Mutex<[usize; REQUESTS]>,
}

impl Sink for Watch {
    fn ended(&self, _asked: &Asked<'_>, ended: &Ended) {
        assert_eq!(ended.status, Some(200));
        let index = self.ended.fetch_add(1, Ordering::Relaxed);
        self.seen.lock().unwrap()[index] = so_far();
    }
}

#[test]
fn a_request_that_is_allowed_allocates_nothing_on_its_way() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let engine = UnixListener::bind(&socket).unwrap();
    let engine = thread::spawn(move || answer(&mut engine.accept().unwrap().0));
    let upstream = Upstream::new(UpstreamSettings {
        address: format!("unix://{}", socket.display()).parse().unwrap(),
        version: None,
        connect_timeout: Duration::from_secs(10),
        retry: Retry::Never,
        nodelay: true,
        keepalive: None,
    });
    let parts = Parts {
        upstream: Arc::new(upstream),
        guard: Some(Guard::default()),
        idle: None,
        metrics: Arc::default(),
        asked_for: None,
    };
    let roles =
        Roles { listeners: vec!["monitor".to_owned()], certificates: None, judge_full: true };
    let access = Arc::new(Access::new(Policy::built_in(), roles));
    let watch = Arc::new(Watch { ended: AtomicUsize::new(0), seen: Mutex::new([0; REQUESTS]) });
    let sink: Arc<dyn Sink> = Arc::<Watch>::clone(&watch);
    let gateway = Gateway::new(parts, access, vec![sink]);

    let (mut user, client) = UnixStream::pair().unwrap();
    let user = thread::spawn(move || {
        let mut answer = [0; ANSWER.len()];
        for _ in 0..REQUESTS {
            user.write_all(REQUEST).unwrap();
            user.read_exact(&mut answer).unwrap();
            assert_eq!(answer, ANSWER);
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let served = runtime.block_on(async {
        client.set_nonblocking(true).unwrap();
        let client = Stream::Unix(tokio::net::UnixStream::from_std(client).unwrap());
        let who = Who::new(Peer::Unix, 0, None);
        gateway.serve(&client, &who, &CancellationToken::new()).await
    });
    assert_eq!(served, Served::Ended);
    user.join().unwrap();
    engine.join().unwrap();

    assert_eq!(watch.ended.load(Ordering::Relaxed), REQUESTS);
    let seen = *watch.seen.lock().unwrap();
    assert_ne!(seen[0], 0, "the allocator counts");
    assert_eq!(seen[REQUESTS - 1] - seen[WARM], 0, "{:?}", &seen[..2 * WARM]);
}

/// The Engine: each whole head that comes is answered.
fn answer(client: &mut UnixStream) {
    let mut head = [0; REQUEST.len()];
    while client.read_exact(&mut head).is_ok() {
        assert_eq!(head, REQUEST);
        client.write_all(ANSWER).unwrap();
    }
}

const REQUESTS: usize = 200;

/// Those before it may fill what later ones use again.
const WARM: usize = 5;

const REQUEST: &[u8] = b"GET /v1.41/containers/json?all=1 HTTP/1.1\r\nHost: localhost:2375\r\n\
    User-Agent: docker/28.5.2\r\n\r\n";

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\n[]";
