//! Guarded access over HTTP/1.

use docker_api_core::gate::Served;
use docker_api_core::relay::Socket;
use docker_api_core::transport::Who;
use tokio_util::sync::CancellationToken;

use crate::Gateway;

impl Gateway {
    /// Serves a client whose requests are judged.
    pub(crate) async fn guarded(
        &self,
        client: &impl Socket,
        who: &Who,
        drain: &CancellationToken,
    ) -> Served {
        self.http2(client, who, drain, Vec::new()).await
    }
}
