//! TLS on a blocking TCP connection, whose two directions don't hold each other up.

use std::io::{self, BufRead as _, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustls::{ClientConnection, HandshakeKind};

use crate::tls::{Client, Version};

/// A client's connection; clones share it.
///
/// A lock is never held while the socket is waited for, but for the one of that direction.
#[derive(Clone, Debug)]
pub(super) struct TlsStream(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    tcp: TcpStream,
    session: Mutex<ClientConnection>,
    /// Taken before the session, by who reads.
    incoming: Mutex<Incoming>,
    /// Taken before the session, by who writes: records leave in the order in which they were made.
    outgoing: Mutex<Outgoing>,
}

/// Records that were read and not yet decrypted.
#[derive(Debug, Default)]
struct Incoming {
    bytes: Vec<u8>,
    used: usize,
}

/// Records that were made and not yet sent.
#[derive(Debug, Default)]
struct Outgoing {
    bytes: Vec<u8>,
    ended: bool,
}

/// What was agreed on in the handshake.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Handshake {
    /// The version.
    pub version: Version,
    /// The cipher suite, such as `TLS13_AES_128_GCM_SHA256`.
    pub suite: String,
    /// The key exchange, such as `X25519MLKEM768`.
    pub group: String,
    /// The protocol chosen by ALPN.
    pub alpn: Option<String>,
    /// The server's certificate and what it sent along, as DER.
    pub certificates: Vec<Vec<u8>>,
    /// Whether a session of before went on.
    pub resumed: bool,
}

#[expect(clippy::significant_drop_tightening, reason = "a direction is one thread's at a time")]
impl TlsStream {
    /// Shakes hands on a TCP connection.
    pub(super) fn connect(
        client: &Client,
        address: SocketAddr,
        mut tcp: TcpStream,
    ) -> io::Result<Self> {
        let name = client.server_name_at(address);
        let mut session = ClientConnection::new(client.config(), name).map_err(io::Error::other)?;
        while session.is_handshaking() || session.wants_write() {
            session.complete_io(&mut tcp)?;
        }
        Ok(Self(Arc::new(Shared {
            tcp,
            session: Mutex::new(session),
            incoming: Mutex::default(),
            outgoing: Mutex::default(),
        })))
    }

    pub(super) fn tcp(&self) -> &TcpStream {
        &self.0.tcp
    }

    /// Ends this side's writing by `close_notify`. The TCP connection stays open both ways, as Go's
    /// `tls.Conn.CloseWrite` leaves it.
    pub(super) fn close_notify(&self) -> io::Result<()> {
        let mut outgoing = lock(&self.0.outgoing);
        if !outgoing.ended {
            outgoing.ended = true;
            lock(&self.0.session).send_close_notify();
        }
        self.flush(&mut outgoing)
    }

    /// Whether the peer has ended its writing by `close_notify`, and all before it was read.
    pub(super) fn got_close_notify(&self) -> bool {
        matches!(lock(&self.0.session).reader().fill_buf(), Ok([]))
    }

    pub(super) fn handshake(&self) -> Handshake {
        let session = lock(&self.0.session);
        let version = match session.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_2) => Version::V1_2,
            Some(rustls::ProtocolVersion::TLSv1_3) => Version::V1_3,
            other => panic!("not a version that was offered: {other:?}"),
        };
        let suite = session.negotiated_cipher_suite().expect("a suite").suite();
        let group = session.negotiated_key_exchange_group().expect("a group").name();
        let alpn = session.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned());
        let certificates = session.peer_certificates().unwrap_or_default();
        Handshake {
            version,
            suite: format!("{suite:?}"),
            group: format!("{group:?}"),
            alpn,
            certificates: certificates.iter().map(|certificate| certificate.to_vec()).collect(),
            resumed: session.handshake_kind() == Some(HandshakeKind::Resumed),
        }
    }

    /// 0: the peer ended by `close_notify`. An end of TCP without it is `UnexpectedEof`.
    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut incoming = lock(&self.0.incoming);
        loop {
            let decrypted = self.decrypt(&mut incoming, buffer);
            self.answer();
            if let Some(read) = decrypted? {
                return Ok(read);
            }
            let mut bytes = vec![0; READ_SIZE];
            let read = (&self.0.tcp).read(&mut bytes)?;
            if read == 0 {
                // So it is told of the end, and says itself whether it may come now.
                lock(&self.0.session).read_tls(&mut io::empty())?;
            }
            bytes.truncate(read);
            *incoming = Incoming { bytes, used: 0 };
        }
    }

    /// What is there without waiting. `None`: nothing.
    fn decrypt(&self, incoming: &mut Incoming, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let mut session = lock(&self.0.session);
        loop {
            match session.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                done => return done.map(Some),
            }
            let mut rest = &incoming.bytes[incoming.used..];
            if rest.is_empty() {
                return Ok(None);
            }
            incoming.used += session.read_tls(&mut rest)?;
            let processed = session.process_new_packets();
            processed.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        }
    }

    /// Sends what reading has brought about: an alert, or an answer to a key update. Who writes just
    /// now takes it along.
    fn answer(&self) {
        if lock(&self.0.session).wants_write()
            && let Ok(mut outgoing) = self.0.outgoing.try_lock()
        {
            // What the peer makes of it, the next read tells.
            let _ignored = self.flush(&mut outgoing);
        }
    }

    /// Takes a record's worth at most; a write that times out has taken nothing.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut outgoing = lock(&self.0.outgoing);
        if outgoing.ended {
            return Err(ErrorKind::BrokenPipe.into());
        }
        self.flush(&mut outgoing)?;
        self.wait_for_room()?;
        let taken = lock(&self.0.session).writer().write(&bytes[..bytes.len().min(RECORD)])?;
        match self.flush(&mut outgoing) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ => Ok(taken),
        }
    }

    /// Sends all that is to be sent; what a timeout leaves is kept.
    fn flush(&self, outgoing: &mut Outgoing) -> io::Result<()> {
        let mut session = lock(&self.0.session);
        while session.wants_write() {
            session.write_tls(&mut outgoing.bytes)?;
        }
        drop(session);
        while !outgoing.bytes.is_empty() {
            let sent = (&self.0.tcp).write(&outgoing.bytes)?;
            outgoing.bytes.drain(..sent);
        }
        Ok(())
    }

    /// Waits until the socket takes a record. Linux says so once a third of its buffer is free.
    fn wait_for_room(&self) -> io::Result<()> {
        let timeout = self.0.tcp.write_timeout()?.map(|timeout| Timespec {
            tv_sec: timeout.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: timeout.subsec_nanos().into(),
        });
        let mut socket = [PollFd::new(&self.0.tcp, PollFlags::OUT)];
        match poll(&mut socket, timeout.as_ref())? {
            0 => Err(ErrorKind::WouldBlock.into()),
            _ => Ok(()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const READ_SIZE: usize = 16 * 1024;
/// The most that one record holds (RFC 8446 section 5.1).
const RECORD: usize = 16 * 1024;
