//! A gate with clients of HTTP/2 before it, and Engines behind it that do as a test says.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use docker_api_access::Policy;
use docker_api_core::gate::{Gate as _, Parts};
use docker_api_core::guard::Guard;
use docker_api_core::transport::{Peer, Stream, Who};
use docker_api_core::upstream::{Retry, Upstream, UpstreamSettings};
use docker_api_gateway::{Access, Asked, Ended, Gateway, Roles, Sink};
use h2::client::{ResponseFuture, SendRequest};
use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use hyper::{HeaderMap, Request, StatusCode};
use tempfile::TempDir;
use testkit::DEADLINE;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// A gate before an Engine.
#[derive(Debug)]
pub(crate) struct Front {
    gateway: Arc<Gateway>,
    heard: Arc<Heard>,
    pub(crate) drain: CancellationToken,
    serving: JoinSet<()>,
}

/// What the sinks were told.
#[derive(Debug, Default)]
struct Heard(watch::Sender<Vec<String>>);

impl Front {
    /// For clients of that role, with the browser guard on.
    pub(crate) fn new(engine: &Path, role: &str) -> Self {
        let address = format!("unix://{}", engine.display()).parse().unwrap();
        let settings = UpstreamSettings {
            address,
            version: None,
            connect_timeout: DEADLINE,
            retry: Retry::Never,
            nodelay: true,
            keepalive: None,
        };
        let upstream = Arc::new(Upstream::new(settings));
        let guard = Some(Guard::new(Vec::new(), Vec::new(), ""));
        let parts = Parts { upstream, guard, idle: None, metrics: Arc::default(), asked_for: None };
        let roles =
            Roles { listeners: vec![role.to_owned()], certificates: None, judge_full: true };
        let access = Arc::new(Access::new(Policy::built_in(), roles));
        let heard = Arc::new(Heard::default());
        let sink: Arc<dyn Sink> = Arc::<Heard>::clone(&heard);
        let gateway = Arc::new(Gateway::new(parts, access, vec![sink]));
        Self { gateway, heard, drain: CancellationToken::new(), serving: JoinSet::new() }
    }

    /// A connection whose other end the gate serves.
    pub(crate) fn connect(&mut self) -> UnixStream {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (gateway, drain) = (Arc::clone(&self.gateway), self.drain.clone());
        self.serving.spawn(async move {
            let who =
                Who { peer: Peer::Unix, listener: 0, identity: None, traffic: Arc::default() };
            let _served = gateway.serve(&Stream::Unix(theirs), &who, &drain).await;
        });
        ours
    }

    /// A client that speaks HTTP/2.
    pub(crate) async fn client(&mut self) -> Client {
        self.client_by(&h2::client::Builder::new()).await
    }

    /// The same, whose streams have room beside one another.
    pub(crate) async fn roomy_client(&mut self) -> Client {
        self.client_by(h2::client::Builder::new().initial_connection_window_size(1 << 30)).await
    }

    async fn client_by(&mut self, builder: &h2::client::Builder) -> Client {
        let (send, driver) = within(builder.handshake(self.connect())).await.unwrap();
        let mut connection = JoinSet::new();
        connection.spawn(driver);
        Client { send, connection }
    }

    /// Every line that a sink was told, `asked` and `ended`.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.0.borrow().clone()
    }

    /// Waits until a sink was told that many lines.
    pub(crate) async fn heard_lines(&self, lines: usize) -> Vec<String> {
        let mut told = self.heard.0.subscribe();
        within(told.wait_for(|heard| heard.len() >= lines)).await.unwrap().clone()
    }

    /// Waits until the gate has let every client go.
    pub(crate) async fn ended(&mut self) {
        within(async { while self.serving.join_next().await.is_some() {} }).await;
    }
}

impl Sink for Heard {
    fn asked(&self, asked: &Asked<'_>) {
        self.note("asked", asked, &format!("{:?}", asked.judgement.verdict));
    }

    fn ended(&self, asked: &Asked<'_>, ended: &Ended) {
        let Ended { status, up, down, .. } = *ended;
        self.note("ended", asked, &format!("{status:?} up {up} down {down}"));
    }
}

impl Heard {
    fn note(&self, what: &str, asked: &Asked<'_>, how: &str) {
        let Asked { role, method, target, .. } = asked;
        let (method, target) = (method.escape_ascii(), target.escape_ascii());
        let line = format!("{what} {role} {method} {target}: {how}");
        self.0.send_modify(|heard| heard.push(line));
    }
}

/// A client of HTTP/2.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) send: SendRequest<Bytes>,
    connection: JoinSet<Result<(), h2::Error>>,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Client {
    /// `method` with that URL and these headers, and no body.
    pub(crate) async fn ask(
        &mut self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let (answer, _) = self.open(method, url, headers, true).await;
        whole(answer).await.unwrap()
    }

    /// The same, with a body that follows unless `ends`.
    pub(crate) async fn open(
        &mut self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        ends: bool,
    ) -> (ResponseFuture, SendStream<Bytes>) {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut ready = within(self.send.clone().ready()).await.unwrap();
        ready.send_request(request.body(()).unwrap(), ends).unwrap()
    }

    /// Waits for the connection's end.
    pub(crate) async fn ended(mut self) -> Result<(), h2::Error> {
        drop(self.send);
        within(self.connection.join_next()).await.unwrap().unwrap()
    }
}

/// Reads an answer to its end.
pub(crate) async fn whole(answer: ResponseFuture) -> Result<Answer, h2::Error> {
    let (head, mut body) = within(answer).await?.into_parts();
    let text = String::from_utf8_lossy(&read(&mut body).await?).into_owned();
    Ok(Answer { status: head.status, headers: head.headers, body: text })
}

/// Reads a body to its end.
pub(crate) async fn read(body: &mut RecvStream) -> Result<Vec<u8>, h2::Error> {
    let mut bytes = Vec::new();
    while let Some(data) = within(body.data()).await {
        let data = data?;
        body.flow_control().release_capacity(data.len()).unwrap();
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// The next piece of a body.
pub(crate) async fn piece(body: &mut RecvStream) -> Result<Bytes, h2::Error> {
    let data = within(body.data()).await.expect("the body has ended")?;
    body.flow_control().release_capacity(data.len()).unwrap();
    Ok(data)
}

/// An Engine that speaks HTTP/2 and answers as a test says.
#[derive(Debug)]
pub(crate) struct Scripted {
    pub(crate) listener: Listener,
    _serving: JoinSet<()>,
}

impl Scripted {
    /// Hands each request to `answer`.
    pub(crate) fn start<A, F>(answer: A) -> Self
    where
        A: Fn(Request<RecvStream>, SendResponse<Bytes>) -> F + Clone + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = Listener::new();
        let accepting = Arc::clone(&listener.bound);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = accepting.accept().await {
                let answer = answer.clone();
                connections.spawn(async move {
                    let mut connection = h2::server::handshake(stream).await.unwrap();
                    let mut answers = JoinSet::new();
                    while let Some(Ok((request, respond))) = connection.accept().await {
                        answers.spawn(answer(request, respond));
                    }
                });
            }
        });
        Self { listener, _serving: serving }
    }
}

/// A socket that is listened on, for an Engine whose every byte is the test's.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) socket: PathBuf,
    bound: Arc<UnixListener>,
    _folder: TempDir,
}

impl Listener {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("engine.sock");
        let bound = Arc::new(UnixListener::bind(&socket).unwrap());
        Self { socket, bound, _folder: folder }
    }

    pub(crate) async fn accept(&self) -> UnixStream {
        within(self.bound.accept()).await.unwrap().0
    }
}

/// Waits, but not for ever.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future).await.expect("it took too long")
}
