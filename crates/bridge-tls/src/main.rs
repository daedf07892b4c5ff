//! The Docker Engine API behind mutual TLS, with certificates that look after themselves.

use std::process::ExitCode;

fn main() -> ExitCode {
    bridge_tls::main()
}
