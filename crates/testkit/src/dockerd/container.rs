//! A container of one test.

use crate::process::finish;

use super::{COMMAND, cli};

/// A container that is removed, running or not, when this is dropped.
#[derive(Debug)]
pub struct Container {
    pub(super) host: String,
    pub(super) id: String,
}

impl Container {
    /// Its whole id.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // The test may have removed it.
        let _ignored = finish(cli::docker(&self.host, &["rm", "--force", &self.id]), COMMAND);
    }
}
