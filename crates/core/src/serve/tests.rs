//! A panic in a connection, which is no reason for others to end.

use std::future::pending;
use std::net::SocketAddr;
use std::path::Path;

use ::time::OffsetDateTime;
use rustix::net::sockopt;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client};

use super::*;
use crate::address::ListenAddress;
use crate::listen::{ListenSettings, Sockets, bind_all};
use crate::pki::{CertDir, Keeper, Names, Source, SystemRandom, pem};
use crate::relay::{Socket, read_some, write_all};
use crate::transport::tls::client::dangerously_trusting_anyone;
use crate::transport::tls::{Tls, TlsStream};

/// Greets, and panics at a `!`.
#[derive(Debug)]
struct Fragile;

impl<S: Socket> Gate<S> for Fragile {
    fn serve<'a>(
        &'a self,
        client: &'a S,
        _who: &'a Who,
        _drain: &'a CancellationToken,
    ) -> Pin<Box<dyn Future<Output = Served> + Send + 'a>> {
        Box::pin(async {
            write_all(client, b"hello").await.unwrap();
            let asked = read_some(client, |bytes| bytes == b"!").await;
            assert_ne!(asked.unwrap(), Some(true), "on purpose");
            pending().await
        })
    }
}

#[tokio::test]
async fn a_panic_ends_its_connection_by_a_reset_and_no_other() {
    let metrics = Arc::new(Metrics::default());
    let (listener, address) = listener();
    let stop = Stop::default();
    let serving = server(&metrics, None).run(vec![listener], stop.clone());
    let clients = async {
        let mut other = greeted(tcp(address).await).await;
        for times in 1..=3 {
            expect_reset(greeted(tcp(address).await).await).await;
            panicked(&metrics, times).await;
        }
        // Its place was given back each time, and the other is still there.
        assert_eq!(metrics.connections.open(), 1);
        other.write_all(b"?").await.unwrap();
        assert!(sockopt::socket_error(&other).unwrap().is_ok());
        stop.drain.cancel();
    };
    tokio::join!(serving, clients);
}

#[tokio::test]
async fn over_tls_a_panic_does_not_say_goodbye() {
    let metrics = Arc::new(Metrics::default());
    let folder = tempfile::tempdir().unwrap();
    let (tls, connector) = encryption(&folder.path().join("certs"));
    let gate: Arc<dyn Gate<TlsStream>> = Arc::new(Fragile);
    let encrypted = Encrypted { tls, gate, metrics: Arc::clone(&metrics) };
    let (listener, address) = listener();
    let stop = Stop::default();
    let serving = server(&metrics, Some(Arc::new(encrypted))).run(vec![listener], stop.clone());
    let clients = async {
        let mut other = greeted(handshake(&connector, address).await).await;
        for times in 1..=3 {
            expect_reset(greeted(handshake(&connector, address).await).await).await;
            panicked(&metrics, times).await;
        }
        assert_eq!(metrics.connections.open(), 1);
        other.write_all(b"?").await.unwrap();
        assert!(sockopt::socket_error(other.get_ref().0).unwrap().is_ok());
        stop.drain.cancel();
    };
    tokio::join!(serving, clients);
}

/// The client may hear of it before it is counted.
async fn panicked(metrics: &Metrics, times: u64) {
    let counted = async {
        while metrics.connections.panicked() < times {
            time::sleep(Duration::from_millis(1)).await;
        }
    };
    time::timeout(Duration::from_secs(10), counted).await.unwrap();
    assert_eq!(metrics.connections.panicked(), times);
}

fn server(metrics: &Arc<Metrics>, encryption: Option<Arc<dyn Encryption>>) -> Server {
    Server {
        gate: Arc::new(Fragile),
        encryption,
        allow_from: AllowFrom::new(Vec::new()),
        metrics: Arc::clone(metrics),
        max_connections: 2,
        grace: Duration::ZERO,
        threads: 2,
        once: false,
    }
}

/// With certificates that `folder` gets, the server's side and a client's.
fn encryption(folder: &Path) -> (Arc<Tls>, TlsConnector) {
    let client = folder.join("client");
    let names: Names = ["localhost".parse().unwrap()].into_iter().collect();
    let source = Source::CertDir { dir: CertDir::new(folder), crl: None };
    let now = OffsetDateTime::now_utc();
    let (_keeper, material) = Keeper::start(source, &names, now, &SystemRandom::default()).unwrap();
    let chain = pem::read_certificates(&client.join("cert.pem")).unwrap();
    let key = pem::read_key(&client.join("key.pem")).unwrap();
    let config = dangerously_trusting_anyone(Some((chain, key))).unwrap();
    (Arc::new(Tls::new(material).unwrap()), config.into())
}

async fn handshake(connector: &TlsConnector, to: SocketAddr) -> client::TlsStream<TcpStream> {
    let name = ServerName::try_from("localhost").unwrap();
    connector.connect(name, tcp(to).await).await.unwrap()
}

/// What a stream that ends in order would not be.
async fn expect_reset(mut client: impl AsyncRead + AsyncWrite + Unpin) {
    client.write_all(b"!").await.unwrap();
    client.flush().await.unwrap();
    let error = client.read(&mut [0]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
}

fn listener() -> (Listener, SocketAddr) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let address = ListenAddress::parse(&free.to_string(), 0).unwrap();
    let Sockets { mut front, .. } = bind_all(&[ListenSettings::new(address)], None).unwrap();
    (Listener::new(front.remove(0)).unwrap(), free)
}

async fn tcp(to: SocketAddr) -> TcpStream {
    TcpStream::connect(to).await.unwrap()
}

async fn greeted<S: AsyncRead + Unpin>(mut client: S) -> S {
    client.read_exact(&mut [0; 5]).await.unwrap();
    client
}
