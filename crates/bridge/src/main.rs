//! The Docker Engine API on TCP: a faithful bridge to the Engine's unix socket.

use std::process::ExitCode;

fn main() -> ExitCode {
    bridge::main()
}
