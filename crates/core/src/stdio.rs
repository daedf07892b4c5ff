//! Serves one client on standard input and output: `ssh HOST bridge STDIO UNIX-CONNECT:…`.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rustix::net::{Shutdown, shutdown};
use tokio::task::spawn_blocking;
use tracing::info;

use crate::relay::{Moved, idle};
use crate::transport::Stream;

/// Relays standard input to the Engine and its answer to standard output, until the Engine has
/// ended, or nothing has moved for `limit`. The end of standard input is passed on as a half-close.
///
/// # Errors
/// When the Engine is lost in the middle, or standard output takes no more.
pub async fn relay(engine: Stream, limit: Option<Duration>) -> io::Result<()> {
    let reset_is_end = matches!(engine, Stream::Unix(_));
    let engine = blocking(engine)?;
    let upload = engine.try_clone()?;
    let moved = Arc::new(Moved::default());
    // Both end with the process: a read of a terminal can't be interrupted.
    let sent = Arc::clone(&moved);
    thread::spawn(move || send_standard_input(upload, &sent.up));
    let received = Arc::clone(&moved);
    let answered = spawn_blocking(move || hand_on_answer(engine, reset_is_end, &received.down));
    let Some(limit) = limit else { return answered.await? };
    tokio::select! {
        ended = answered => ended?,
        () = idle(&moved, limit) => {
            info!("standard input and output are closed: nothing moved for {limit:?}");
            Ok(())
        }
    }
}

fn hand_on_answer(mut engine: File, reset_is_end: bool, moved: &AtomicU64) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let mut buffer = vec![0; BUFFER_SIZE];
    loop {
        match engine.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                stdout.write_all(&buffer[..count])?;
                stdout.flush()?;
                moved.fetch_add(count as u64, Ordering::Relaxed);
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset && reset_is_end => {
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn send_standard_input(mut engine: File, moved: &AtomicU64) {
    let mut stdin = io::stdin().lock();
    let mut buffer = vec![0; BUFFER_SIZE];
    loop {
        match stdin.read(&mut buffer) {
            Ok(count) if count > 0 => {
                // An Engine that takes no more input may still have an answer to give: no error
                // here, the other direction goes on.
                if engine.write_all(&buffer[..count]).is_err() {
                    break;
                }
                moved.fetch_add(count as u64, Ordering::Relaxed);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(_) | Err(_) => break,
        }
    }
    let _lost: Result<(), _> = shutdown(&engine, Shutdown::Write);
}

/// A socket is a file to read(2) and write(2).
fn blocking(stream: Stream) -> io::Result<File> {
    let socket: OwnedFd = match stream {
        Stream::Tcp(tcp) => tcp.into_std()?.into(),
        Stream::Unix(unix) => unix.into_std()?.into(),
    };
    rustix::io::ioctl_fionbio(&socket, false)?;
    Ok(socket.into())
}

/// Of each direction.
const BUFFER_SIZE: usize = 64 * 1024;
