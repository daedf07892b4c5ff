//! A connection over TLS as the relay wants it: never blocking, and shared by both directions.
//!
//! tokio-rustls does the handshake; from then on this drives the connection that it leaves
//! behind. Records are read and decrypted through one buffer of the thread, so that a connection
//! on which nothing moves holds a partial record at most.

use std::cell::RefCell;
use std::io::{self, IoSlice, Read as _, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use rustls::ServerConnection;
use rustls::pki_types::CertificateDer;

use super::server::HTTP2;
use crate::relay::Socket;
use crate::transport::Stream;

/// A client's connection behind its handshake.
#[derive(Debug)]
pub struct TlsStream {
    stream: Stream,
    /// Both directions run in one task, so nobody ever waits for it.
    session: Mutex<Session>,
}

#[derive(Debug)]
struct Session {
    tls: ServerConnection,
    /// What the client may still say: nothing, once it has ended or failed.
    input: Input,
    /// Whether our end was said, and has to leave before the socket's.
    closing: bool,
}

#[derive(Debug)]
enum Input {
    Flows,
    Ended,
    Failed(Option<io::Error>),
}

impl TlsStream {
    /// `tls` has done its handshake on `stream`.
    pub(super) fn new(stream: Stream, mut tls: ServerConnection) -> Self {
        // What a client has to say may come with the end of its handshake, and so may its end.
        let input = match tls.process_new_packets() {
            Ok(state) if state.peer_has_closed() => Input::Ended,
            Ok(_) => Input::Flows,
            Err(error) => Input::Failed(Some(io::Error::other(error))),
        };
        Self { stream, session: Mutex::new(Session { tls, input, closing: false }) }
    }

    /// The socket below.
    pub fn socket(&self) -> &Stream {
        &self.stream
    }

    /// What the client has shown: its certificate, and those between it and its authority.
    pub(super) fn certificates(&self) -> Vec<CertificateDer<'static>> {
        self.session().tls.peer_certificates().unwrap_or_default().to_vec()
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Socket for TlsStream {
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.session().poll_readable(&self.stream, cx)
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_writable(cx)
    }

    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        RECORDS.with_borrow_mut(|records| self.session().read(&self.stream, records, buffer))
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.session().write(&self.stream, bytes)
    }

    fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.session().poll_flush(&self.stream, cx)
    }

    /// Says `close_notify`, then ends the socket's direction (RFC 8446 section 6.1).
    fn shutdown_write(&self) -> io::Result<()> {
        self.session().close(&self.stream)
    }

    fn is_closed(&self) -> bool {
        self.stream.is_closed()
    }

    fn is_http2(&self) -> bool {
        self.session().tls.alpn_protocol() == Some(HTTP2)
    }

    async fn gone(&self) {
        self.stream.gone().await;
    }
}

impl Session {
    fn poll_readable(&mut self, stream: &Stream, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = !matches!(self.input, Input::Flows);
        if ended || self.tls.reader().into_first_chunk().is_ok() {
            return Poll::Ready(Ok(()));
        }
        // An answer to a key update, or our end: nobody else may be there to hand it on.
        if let Poll::Ready(Err(error)) = self.poll_flush(stream, cx) {
            return Poll::Ready(Err(error));
        }
        stream.poll_readable(cx)
    }

    /// Reads through `records`, which is scratch space.
    fn read(
        &mut self,
        stream: &Stream,
        records: &mut [u8],
        buffer: &mut [u8],
    ) -> io::Result<usize> {
        let mut count = self.take_plaintext(buffer);
        // What is decrypted must fit, with a record that was begun before.
        let room = records.len().min(buffer.len().saturating_sub(MAX_RECORD).max(1));
        while count == 0 {
            match &mut self.input {
                Input::Flows => {}
                Input::Ended => return Ok(0),
                Input::Failed(error) => {
                    return Err(error.take().unwrap_or_else(|| io::ErrorKind::InvalidData.into()));
                }
            }
            match stream.try_read(&mut records[..room])? {
                // Without `close_notify`: an end all the same, as of a client that was killed.
                0 => self.input = Input::Ended,
                read => count = self.decrypt(&records[..read], buffer),
            }
            self.flush_what_fits(stream);
        }
        Ok(count)
    }

    fn write(&mut self, stream: &Stream, bytes: &[u8]) -> io::Result<usize> {
        self.flush(stream)?;
        let mut taken = 0;
        while taken < bytes.len() {
            let step = &bytes[taken..bytes.len().min(taken + STEP)];
            taken += self.tls.writer().write(step)?;
            match self.flush(stream) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                flushed => flushed?,
            }
        }
        Ok(taken)
    }

    fn close(&mut self, stream: &Stream) -> io::Result<()> {
        if !self.closing {
            self.closing = true;
            self.tls.send_close_notify();
        }
        match self.flush(stream) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            flushed => flushed,
        }
    }

    /// What is decrypted already.
    fn take_plaintext(&mut self, buffer: &mut [u8]) -> usize {
        // `WouldBlock` is none, and an end is told by `decrypt`.
        self.tls.reader().read(buffer).unwrap_or(0)
    }

    /// Decrypts `records` into `buffer` as far as they are whole. A failure shows on the next
    /// read: what came before it is delivered.
    fn decrypt(&mut self, mut records: &[u8], buffer: &mut [u8]) -> usize {
        let mut count = 0;
        while !records.is_empty() {
            let processed = self
                .tls
                .read_tls(&mut records)
                .and_then(|_| self.tls.process_new_packets().map_err(io::Error::other));
            match processed {
                Ok(state) => {
                    count += self.take_plaintext(&mut buffer[count..]);
                    if state.peer_has_closed() {
                        self.input = Input::Ended;
                        return count;
                    }
                }
                Err(error) => {
                    self.input = Input::Failed(Some(error));
                    return count;
                }
            }
        }
        count
    }

    /// Sends all that is encrypted, then our end if it was said.
    ///
    /// # Errors
    /// `WouldBlock` when not all of it fits.
    fn flush(&mut self, stream: &Stream) -> io::Result<()> {
        while self.tls.wants_write() {
            self.tls.write_tls(&mut Writer(stream))?;
        }
        if self.closing {
            stream.shutdown_write()?;
        }
        Ok(())
    }

    /// The next write says what went wrong.
    fn flush_what_fits(&mut self, stream: &Stream) {
        let _later: io::Result<()> = self.flush(stream);
    }

    fn poll_flush(&mut self, stream: &Stream, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.tls.wants_write() {
            match self.flush(stream) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    std::task::ready!(stream.poll_writable(cx))?;
                }
                flushed => return Poll::Ready(flushed),
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// The socket as rustls writes to it.
struct Writer<'a>(&'a Stream);

impl io::Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(pieces)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A record's length at most, header and tag included (RFC 8446 section 5.2, RFC 5246 6.2.3).
const MAX_RECORD: usize = 16 * 1024 + 2048 + 5;

/// So much is encrypted before it is sent: four whole records in one call.
const STEP: usize = 4 * 16 * 1024;

/// Read at a time.
const RECORDS_SIZE: usize = 256 * 1024;

thread_local! {
    /// One for all connections of a thread: it is only ever full within one read.
    static RECORDS: RefCell<Box<[u8]>> = RefCell::new(vec![0; RECORDS_SIZE].into_boxed_slice());
}
