//! The admin address: health, metrics and a page for people (`--admin`).
//!
//! It is read-only, and its own: nothing of it is ever served to clients of the Engine.

mod collector;
mod facts;
mod format;
mod history;
mod page;
mod process;
mod rights;
mod site;
mod status;

use std::sync::Arc;

use docker_api_core::guard::Guard;
use docker_api_core::listen::{Bound, Listener};
use tracing::{info, warn};

use crate::http;

pub(crate) use self::facts::Facts;
pub(crate) use self::history::History;
pub(crate) use self::site::Site;

/// What was bound for the admin address, and what is served there.
#[derive(Debug)]
pub(crate) struct Address {
    pub(crate) bound: Vec<Bound>,
    pub(crate) guard: Guard,
    pub(crate) site: Arc<Site>,
}

impl Address {
    /// Serves until it is dropped.
    pub(crate) async fn run(self) {
        let listeners: Result<Vec<_>, _> = self.bound.into_iter().map(Listener::new).collect();
        let listeners = match listeners {
            Ok(listeners) if listeners.is_empty() => return,
            Ok(listeners) => listeners,
            Err(error) => return warn!("the admin address isn't served: {error}"),
        };
        for listener in &listeners {
            info!("admin on {}", listener.address());
        }
        let served = http::serve(listeners, self.guard, Arc::clone(&self.site), MOST_CONNECTIONS);
        tokio::join!(self.site.watch(), served);
    }
}

/// At a time.
const MOST_CONNECTIONS: usize = 64;
