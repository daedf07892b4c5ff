//! The relay over TLS, with rustls as the client.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion, version};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio_rustls::{TlsAcceptor, TlsConnector, client};

use super::provider;
use super::stream::TlsStream;
use crate::relay::Outcome;
use crate::relay::tests::{noise, relay, shout};
use crate::transport::Stream;

const VERSIONS: [&SupportedProtocolVersion; 2] = [&version::TLS12, &version::TLS13];

/// A client over TLS, an Engine over a unix socket, and the relay's ends of both.
struct Road {
    user: client::TlsStream<TcpStream>,
    client: TlsStream,
    engine: Stream,
    daemon: UnixStream,
}

async fn road(version: &'static SupportedProtocolVersion) -> Road {
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = CertificateDer::from(signed.cert);
    let key = PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
    let server = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connect = async {
        let tcp = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(client)).connect(name, tcp).await.unwrap()
    };
    let accept = async {
        let tcp = Stream::Tcp(listener.accept().await.unwrap().0);
        let tls = TlsAcceptor::from(Arc::new(server)).accept(tcp).await.unwrap();
        let (stream, tls) = tls.into_inner();
        TlsStream::new(stream, tls)
    };
    let (user, client) = tokio::join!(connect, accept);
    let (engine, daemon) = UnixStream::pair().unwrap();
    Road { user, client, engine: Stream::Unix(engine), daemon }
}

#[tokio::test]
async fn close_notify_is_a_half_close_and_the_answer_still_arrives() {
    for version in VERSIONS {
        let Road { mut user, client, engine, daemon } = road(version).await;
        let user = async {
            user.write_all(b"stdin").await.unwrap();
            user.get_mut().1.send_close_notify();
            user.flush().await.unwrap();
            let mut answer = String::new();
            user.read_to_string(&mut answer).await.unwrap();
            answer
        };
        let (outcome, answer, ()) = tokio::join!(relay(client, engine), user, shout(daemon));
        assert_eq!(answer, "STDIN");
        assert!(matches!(outcome, Outcome::Finished), "{outcome:?}");
    }
}

#[tokio::test]
async fn the_engines_half_close_arrives_as_close_notify_and_input_goes_on() {
    for version in VERSIONS {
        let Road { mut user, client, engine, mut daemon } = road(version).await;
        let user = async {
            let mut answer = String::new();
            // Without close_notify, this would be an error.
            user.read_to_string(&mut answer).await.unwrap();
            user.write_all(b"late").await.unwrap();
            user.shutdown().await.unwrap();
            answer
        };
        let daemon = async {
            daemon.write_all(b"early").await.unwrap();
            daemon.shutdown().await.unwrap();
            let mut stdin = String::new();
            daemon.read_to_string(&mut stdin).await.unwrap();
            stdin
        };
        let (outcome, answer, stdin) = tokio::join!(relay(client, engine), user, daemon);
        assert_eq!((answer.as_str(), stdin.as_str()), ("early", "late"));
        assert!(matches!(outcome, Outcome::Finished), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_without_close_notify_has_ended() {
    for version in VERSIONS {
        let Road { mut user, client, engine, mut daemon } = road(version).await;
        let user = async {
            user.write_all(b"stdin").await.unwrap();
            drop(user);
        };
        let daemon = async {
            let mut stdin = String::new();
            daemon.read_to_string(&mut stdin).await.unwrap();
            drop(daemon);
            stdin
        };
        let (_outcome, (), stdin) = tokio::join!(relay(client, engine), user, daemon);
        assert_eq!(stdin, "stdin");
    }
}

/// Twelve megabytes each way at once, through socket buffers that are full most of the time.
#[tokio::test]
async fn nothing_is_lost_when_neither_side_keeps_up() {
    for version in VERSIONS {
        let Road { user, client, engine, daemon } = road(version).await;
        let sent = noise(12 << 20);
        let (mut from_user, mut to_user) = tokio::io::split(user);
        let (mut from_daemon, mut to_daemon) = tokio::io::split(daemon);
        let up = async {
            to_user.write_all(&sent).await.unwrap();
            to_user.shutdown().await.unwrap();
        };
        let down = async {
            to_daemon.write_all(&sent).await.unwrap();
            to_daemon.shutdown().await.unwrap();
        };
        let (mut at_user, mut at_daemon) = (Vec::new(), Vec::new());
        let (outcome, (), (), user_read, daemon_read) = tokio::join!(
            relay(client, engine),
            up,
            down,
            from_user.read_to_end(&mut at_user),
            from_daemon.read_to_end(&mut at_daemon),
        );
        assert_eq!((user_read.unwrap(), daemon_read.unwrap()), (sent.len(), sent.len()));
        assert!(at_user == sent && at_daemon == sent);
        assert!(matches!(outcome, Outcome::Finished), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_record_that_was_tampered_with_loses_the_client_and_delivers_what_came_before() {
    let Road { mut user, client, engine, mut daemon } = road(&version::TLS13).await;
    let user = async {
        user.write_all(b"good").await.unwrap();
        let (tcp, _) = user.get_mut();
        tcp.write_all(b"\x17\x03\x03\x00\x20 thirty-two bytes of no meaning ").await.unwrap();
        let mut rest = Vec::new();
        let _alert_or_reset = tcp.read_to_end(&mut rest).await;
    };
    let daemon = async {
        let mut stdin = Vec::new();
        daemon.read_to_end(&mut stdin).await.unwrap();
        stdin
    };
    let (outcome, (), stdin) = tokio::join!(relay(client, engine), user, daemon);
    assert_eq!(stdin, b"good");
    assert!(matches!(outcome, Outcome::ClientGone), "{outcome:?}");
}
