//! Answers that take the connection over, as attach and exec do.
//!
//! They are written past the HTTP library, which can write neither a 200 without length nor the
//! real Engine's `101 UPGRADED`. What the library had read behind the request's head is dropped;
//! so it is with the real Engine.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::sleep;

use super::connection::Connection;

/// What ends a hijacked connection: the service's error, on which hyper closes without a word.
#[derive(Debug)]
pub(super) struct Over;

impl std::fmt::Display for Over {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection was taken over")
    }
}

impl std::error::Error for Over {}

/// Attach and exec: echoes, and speaks once more after the client has ended its input.
pub(super) async fn stream(mut connection: Connection, head: &str) -> Over {
    // An error means that the client is gone.
    let _ignored: io::Result<()> = async {
        connection.write_all(head.as_bytes()).await?;
        echo(&mut connection).await?;
        sleep(connection.state().late).await;
        connection.write_all(b"late\n").await?;
        connection.shutdown().await
    }
    .await;
    Over
}

/// BuildKit's session and gRPC: echoes.
pub(super) async fn tunnel(mut connection: Connection, head: &str) -> Over {
    let _ignored: io::Result<()> = async {
        connection.write_all(head.as_bytes()).await?;
        echo(&mut connection).await?;
        connection.shutdown().await
    }
    .await;
    Over
}

/// An error of attach: without length, and then only the Engine's side is closed.
pub(super) async fn refuse(mut connection: Connection, head: &str, message: &str) -> Over {
    let _ignored: io::Result<()> = async {
        connection.write_all(format!("{head}{message}\r\n").as_bytes()).await?;
        connection.shutdown().await?;
        while connection.read(&mut [0; 4096]).await? > 0 {}
        Ok(())
    }
    .await;
    Over
}

async fn echo(connection: &mut Connection) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = connection.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        connection.write_all(&buffer[..read]).await?;
    }
}
