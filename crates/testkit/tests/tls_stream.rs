//! The streams of tests speak TLS as real clients do, and tell how a connection ended.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "to a test a panic is an answer")]

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use socket2::SockRef;
use testkit::certificates::{Authority, Issued, Leaf};
use testkit::tls::{Alert, Client, Version, refusal};
use testkit::{DEADLINE, Program, Stream, data, ports, requires_tool};

type Peer = StreamOwned<ServerConnection, TcpStream>;

#[test]
fn bytes_go_both_ways_in_each_version() {
    for version in [Version::V1_2, Version::V1_3] {
        let (mut client, mut server) = Server::new().pair_with(|client| client.version(version));
        client.send("ping");
        assert_eq!(read(&mut server, 4), b"ping");
        server.write_all(b"pong").unwrap();
        assert_eq!(client.read_exact_n(4), b"pong");
        let handshake = client.handshake();
        assert_eq!((handshake.version, handshake.alpn), (version, None));
        assert!(!handshake.certificates.is_empty() && !handshake.resumed);
    }
}

#[test]
fn a_half_close_is_close_notify_and_leaves_tcp_open() {
    for version in [Version::V1_2, Version::V1_3] {
        let (mut client, mut server) = Server::new().pair_with(|client| client.version(version));
        client.send("input");
        client.shutdown_write();
        let mut input = Vec::new();
        server.read_to_end(&mut input).unwrap();
        assert_eq!(input, b"input");
        server.sock.set_nonblocking(true).unwrap();
        assert_eq!(server.sock.peek(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        server.sock.set_nonblocking(false).unwrap();
        assert_eq!(client.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);

        server.write_all(b"late").unwrap();
        assert_eq!(client.read_exact_n(4), b"late");
        assert!(!client.got_close_notify());
        server.conn.send_close_notify();
        server.flush().unwrap();
        client.expect_eof(DEADLINE);
        assert!(client.got_close_notify());
    }
}

#[test]
fn an_end_without_close_notify_is_told_from_one_with_it() {
    let (mut client, mut server) = Server::new().pair();
    server.write_all(b"some").unwrap();
    drop(server);
    let (bytes, end) = client.drain(DEADLINE);
    assert_eq!((bytes, end.unwrap_err().kind()), (b"some".to_vec(), ErrorKind::UnexpectedEof));
    assert!(!client.got_close_notify());
}

#[test]
fn a_reset_of_the_peer_is_a_reset() {
    let (mut client, server) = Server::new().pair();
    SockRef::from(&server.sock).set_linger(Some(Duration::ZERO)).unwrap();
    drop(server);
    client.expect_reset(DEADLINE);
}

#[test]
fn a_close_says_no_goodbye_unless_it_is_a_polite_one() {
    for (close, seen) in [
        (Stream::close as fn(Stream), Some(ErrorKind::UnexpectedEof)),
        (Stream::reset, Some(ErrorKind::ConnectionReset)),
        (Stream::close_politely, None),
    ] {
        let (client, mut server) = Server::new().pair();
        close(client);
        let end = server.read(&mut [0]);
        assert_eq!(end.err().map(|error| error.kind()), seen);
    }
}

#[test]
fn who_waits_for_input_does_not_hold_up_who_writes() {
    let (mut client, mut server) = Server::new().pair();
    let mut writer = client.try_clone();
    let reading = thread::spawn(move || client.read_exact_n(4));
    for _ in 0..100 {
        writer.send("ping");
        assert_eq!(read(&mut server, 4), b"ping");
    }
    server.write_all(b"pong").unwrap();
    assert_eq!(reading.join().unwrap(), b"pong");
}

#[test]
fn who_waits_for_room_does_not_hold_up_who_reads() {
    let (mut client, mut server) = Server::new().pair();
    let mut writer = client.try_clone();
    let writing = thread::spawn(move || while writer.write(&[0; 4096]).is_ok() {});
    for _ in 0..100 {
        server.write_all(b"pong").unwrap();
        assert_eq!(client.read_exact_n(4), b"pong");
    }
    client.shutdown(Shutdown::Both).unwrap();
    writing.join().unwrap();
}

#[test]
fn a_write_that_times_out_has_taken_nothing() {
    let (mut client, mut server) = Server::new().pair();
    client.set_write_timeout(Some(Duration::from_millis(200)));
    let sent = data::pattern(64 * 1024 * 1024);
    let mut taken = 0;
    let stalled = loop {
        match client.write(&sent[taken..]) {
            Ok(more) => taken += more,
            Err(error) => break error,
        }
    };
    assert_eq!(stalled.kind(), ErrorKind::WouldBlock);
    // Nothing is sent behind it that could push out a rest.
    assert!(read(&mut server, taken) == sent[..taken]);
}

#[test]
fn bulk_passes_both_ways_at_once() {
    let (mut client, server) = Server::new().pair();
    let mut writer = client.try_clone();
    let bytes = data::pattern(8 * 1024 * 1024);
    let echoing = thread::spawn(move || echo(server));
    let writing = thread::spawn({
        let bytes = bytes.clone();
        move || {
            writer.send(bytes);
            writer.shutdown_write();
        }
    });
    assert!(client.read_to_end_within(DEADLINE) == bytes);
    writing.join().unwrap();
    echoing.join().unwrap();
}

#[test]
fn the_alert_of_a_server_says_why_it_refuses() {
    for version in [Version::V1_2, Version::V1_3] {
        let server = Server::new();
        let other = Authority::new("another").issue(&Leaf::client("x")).trusting(&server.held.ca());
        let expired = server.authority.issue(&Leaf::client("x").expired());
        let future = server.authority.issue(&Leaf::client("x").not_yet_valid());
        let of_a_server = server.authority.issue(&Leaf::server(&["x"]));
        for (client, alert) in [
            (other.client().anonymous(), Alert::CertificateRequired),
            (other.client(), Alert::UnknownCA),
            (expired.client(), Alert::CertificateExpired),
            (future.client(), Alert::CertificateExpired),
            (of_a_server.client(), Alert::UnsupportedCertificate),
        ] {
            let endpoint = client.version(version).at(server.listener.local_addr().unwrap());
            let accepting = server.accept();
            assert_eq!(refusal(&endpoint), alert, "{version:?}");
            assert_eq!(accepting.join().unwrap().unwrap_err().kind(), ErrorKind::InvalidData);
        }
    }
}

#[test]
fn a_certificate_for_another_name_is_refused_by_the_client() {
    let server = Server::new();
    let accepting = server.accept();
    let client = server.held.client().server_name("engine.example");
    let error = client.at(server.listener.local_addr().unwrap()).try_connect().unwrap_err();
    assert!(error.to_string().contains("not valid for name \"engine.example\""), "{error}");
    assert!(accepting.join().unwrap().is_err());
}

#[test]
fn a_chain_below_an_intermediate_authority_is_shown_whole() {
    let server = Server::new();
    let below = server.authority.intermediate("below").intermediate("further below");
    let issued = below.issue(&Leaf::client("x"));
    let accepting = server.accept();
    let mut client = issued.client().at(server.listener.local_addr().unwrap()).connect();
    let mut peer = accepting.join().unwrap().unwrap();
    peer.write_all(b"in").unwrap();
    assert_eq!(client.read_exact_n(2), b"in");
}

#[test]
fn it_speaks_with_another_implementation() {
    let openssl = requires_tool!("openssl");
    let authority = Authority::new("authority");
    let server = authority.issue(&Leaf::server(&["127.0.0.1"]));
    let client = authority.issue(&Leaf::client("x"));
    let port = ports::free_port();
    let process = Program::new(openssl)
        .args(["s_server", "-rev", "-Verify", "1", "-verify_return_error", "-alpn", "http/1.1"])
        .args(["-accept", &format!("127.0.0.1:{port}")])
        .arg("-cert")
        .arg(server.certificate())
        .arg("-key")
        .arg(server.key())
        .arg("-CAfile")
        .arg(server.ca())
        .start();
    process.wait_for_log_containing("ACCEPT");
    let address = ([127, 0, 0, 1], port).into();
    for version in [Version::V1_2, Version::V1_3] {
        let client = client.client().version(version).alpn(&["h2", "http/1.1"]);
        let mut stream = client.at(address).connect();
        stream.send("hello\n");
        assert_eq!(stream.read_line(), "olleh\n");
        assert_eq!(stream.handshake().alpn.as_deref(), Some("http/1.1"));
        stream.close_politely();
    }
    let stranger = Authority::new("another").issue(&Leaf::client("x")).trusting(&server.ca());
    assert_eq!(refusal(&stranger.client().at(address)), Alert::UnknownCA);
}

/// A server that asks clients for a certificate.
struct Server {
    authority: Authority,
    /// A client's certificate that it takes.
    held: Issued,
    listener: Arc<TcpListener>,
    config: Arc<ServerConfig>,
}

impl Server {
    fn new() -> Self {
        let authority = Authority::new("authority");
        let own = authority.issue(&Leaf::server(&["127.0.0.1", "localhost"]));
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(own.ca()).unwrap()).unwrap();
        let provider = Arc::new(default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .build()
                .unwrap();
        let chain: Result<_, _> =
            CertificateDer::pem_file_iter(own.certificate()).unwrap().collect();
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain.unwrap(), PrivateKeyDer::from_pem_file(own.key()).unwrap())
            .unwrap();
        config.send_tls13_tickets = 0;
        Self {
            held: authority.issue(&Leaf::client("x")),
            authority,
            listener: Arc::new(TcpListener::bind("127.0.0.1:0").unwrap()),
            config: Arc::new(config),
        }
    }

    fn pair(&self) -> (Stream, Peer) {
        self.pair_with(|client| client)
    }

    fn pair_with(&self, with: impl Fn(Client) -> Client) -> (Stream, Peer) {
        let accepting = self.accept();
        let endpoint = with(self.held.client()).at(self.listener.local_addr().unwrap());
        let client = endpoint.connect();
        (client, accepting.join().unwrap().unwrap())
    }

    /// The next connection, its handshake done.
    fn accept(&self) -> thread::JoinHandle<std::io::Result<Peer>> {
        let (listener, config) = (Arc::clone(&self.listener), Arc::clone(&self.config));
        thread::spawn(move || {
            let (mut tcp, _) = listener.accept()?;
            tcp.set_read_timeout(Some(DEADLINE))?;
            let mut session = ServerConnection::new(config).unwrap();
            while session.is_handshaking() || session.wants_write() {
                session.complete_io(&mut tcp)?;
            }
            Ok(StreamOwned::new(session, tcp))
        })
    }
}

fn read(server: &mut Peer, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    server.read_exact(&mut bytes).expect("what was sent");
    bytes
}

/// Sends all back, and then its own end.
fn echo(mut server: Peer) {
    let mut piece = vec![0; 64 * 1024];
    loop {
        match server.read(&mut piece).unwrap() {
            0 => break,
            count => server.write_all(&piece[..count]).unwrap(),
        }
    }
    server.conn.send_close_notify();
    server.flush().unwrap();
}
