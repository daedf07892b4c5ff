//! What the machine says of itself.

/// Its host name (`uname(2)`), as containers and people know it.
pub fn name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
