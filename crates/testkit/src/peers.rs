//! Other implementations of TLS, as clients: `openssl` and `curl`.
//!
//! Ask [`require_tool`](crate::skip::require_tool) for them before.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use crate::DEADLINE;
use crate::process::{clean_environment, finish, finish_with_input};

/// What `openssl` prints on standard output. Panics unless it ends well.
pub fn openssl(arguments: &[&str]) -> String {
    let output = finish(command("openssl", arguments), PATIENCE);
    assert!(output.status.success(), "openssl {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("openssl prints text")
}

/// Everything that `openssl s_client` prints in a handshake and for `GET /_ping` behind it.
///
/// It trusts `ca.pem` of `folder`, and shows `cert.pem` if there is one.
pub fn s_client(address: SocketAddr, folder: &Path, more: &[&str]) -> String {
    s_client_by(&["-connect", &address.to_string()], folder, more)
}

/// The same on a unix socket.
pub fn s_client_unix(socket: &Path, folder: &Path, more: &[&str]) -> String {
    s_client_by(&["-unix", &socket.to_string_lossy()], folder, more)
}

fn s_client_by(address: &[&str], folder: &Path, more: &[&str]) -> String {
    let mut command = command("openssl", &[&["s_client", "-ign_eof"], address].concat());
    command.arg("-CAfile").arg(folder.join("ca.pem"));
    if folder.join("cert.pem").exists() {
        command.arg("-cert").arg(folder.join("cert.pem"));
        command.arg("-key").arg(folder.join("key.pem"));
    }
    command.args(more);
    let request = "GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n";
    let Output { stdout, stderr, .. } = finish_with_input(command, request, DEADLINE);
    String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned()
}

/// `curl` with these arguments, such as a URL; as [`s_client`] it goes by the files of `folder`.
pub fn curl(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = command("curl", &["--silent", "--show-error", "--noproxy", "*"]);
    command.arg("--cacert").arg(folder.join("ca.pem"));
    if folder.join("cert.pem").exists() {
        command.arg("--cert").arg(folder.join("cert.pem"));
        command.arg("--key").arg(folder.join("key.pem"));
    }
    command.args(arguments);
    finish(command, DEADLINE)
}

fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    clean_environment(&mut command).args(arguments);
    command
}

/// A large key of RSA takes seconds to be made, and many beside other tests.
const PATIENCE: Duration = Duration::from_secs(60);
