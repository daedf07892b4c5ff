//! What the machine says of itself, and what it may say of this process.

use crate::credentials;

/// Its host name (`uname(2)`), as containers and people know it.
pub fn name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Leaves no core file of this process, and shows its memory to root alone: for who holds keys.
pub fn hide_memory() {
    credentials::hide_memory();
}
