//! Serves one client on standard input and output: `ssh HOST bridge STDIO UNIX-CONNECT:…`.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::thread;

use rustix::net::{Shutdown, shutdown};

use crate::transport::Stream;

/// Relays standard input to the Engine and its answer to standard output, until the Engine has
/// ended. The end of standard input is passed on as a half-close.
///
/// # Errors
/// When the Engine is lost in the middle, or standard output takes no more.
pub fn relay(engine: Stream) -> io::Result<()> {
    let reset_is_end = matches!(engine, Stream::Unix(_));
    let mut engine = blocking(engine)?;
    let upload = engine.try_clone()?;
    // It ends with the process: a read of a terminal can't be interrupted.
    thread::spawn(move || send_standard_input(upload));

    let mut stdout = io::stdout().lock();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match engine.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                stdout.write_all(&buffer[..count])?;
                stdout.flush()?;
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset && reset_is_end => {
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn send_standard_input(mut engine: File) {
    // An Engine that takes no more input may still have an answer to give: no error here, the
    // other direction goes on.
    let _refused: io::Result<u64> = io::copy(&mut io::stdin().lock(), &mut engine);
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
