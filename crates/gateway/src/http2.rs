//! Guarded access over HTTP/2.

use docker_api_core::gate::Served;
use docker_api_core::relay::Socket;
use docker_api_core::transport::Who;
use tokio_util::sync::CancellationToken;

use crate::Gateway;

impl Gateway {
    /// Serves a client that has sent the HTTP/2 preface. `held` is all that was read of it so far,
    /// the preface included.
    #[expect(clippy::unused_async, reason = "the seam")]
    pub(crate) async fn http2(
        &self,
        _client: &impl Socket,
        _who: &Who,
        _drain: &CancellationToken,
        _held: Vec<u8>,
    ) -> Served {
        Served::Ended
    }
}
