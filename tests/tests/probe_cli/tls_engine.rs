//! An Engine behind `openssl s_server`, which wants client certificates and says why it refuses.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};

use tempfile::TempDir;
use testkit::certificates::Issued;
use testkit::process::Process;
use testkit::{Program, ports};

pub(crate) struct TlsEngine {
    address: SocketAddr,
    _process: Process,
    _folder: TempDir,
}

impl TlsEngine {
    /// Whoever made its certificate makes those of its clients. With more of its flags, such as `-tls1_2`.
    pub(crate) fn start(own: &Issued, flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // It serves files that are whole answers, and closes after each.
        for (name, body) in [("_ping", "OK"), ("version", r#"{"ApiVersion":"1.51"}"#)] {
            let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n";
            let answer = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
            fs::write(folder.path().join(name), answer).unwrap();
        }
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free_port()));
        let mut command = Program::new("openssl")
            .args(["s_server", "-HTTP", "-Verify", "1", "-verify_return_error", "-accept"])
            .arg(address.to_string())
            .arg("-CAfile")
            .arg(own.ca())
            .arg("-cert")
            .arg(own.certificate())
            .arg("-key")
            .arg(own.key())
            .args(flags)
            .command();
        command.current_dir(folder.path());
        let process = Process::spawn(command);
        process.wait_for_log_containing("ACCEPT");
        Self { address, _process: process, _folder: folder }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}
