//! `OPENSSL-LISTEN`: what to write for `bridge-tls`.

use super::SocatError;
use super::address::Address;
use super::keywords::Keyword;
use super::values::{Value, host};

/// The error that has the same server as a command line of `bridge-tls`.
pub(super) fn instead(address: &Address<'_>, other: &Address<'_>) -> SocatError {
    let mut command = vec![format!("bridge-tls --listen {}", listen(address))];
    match (other.keyword, other.parameters.as_slice()) {
        (Keyword::UnixConnect, [path]) => command.push(format!("--upstream unix://{path}")),
        (Keyword::TcpConnect(_), [host, port]) => {
            command.push(format!("--upstream tcp://{host}:{port}"));
        }
        _ => {}
    }
    command.extend(files(address));
    if let Ok(net) = (Value { name: "range", text: address.option(&["range"]) }).range() {
        command.push(format!("--allow-from {net}"));
    }
    let verify = address.option(&["verify", "openssl-verify"]);
    let note = if verify == Some("0") { "; clients always need a certificate there" } else { "" };
    SocatError::TlsListen { keyword: address.name.clone(), command: command.join(" "), note }
}

fn listen(address: &Address<'_>) -> String {
    let port = address.parameters.first().map(String::as_str).filter(|port| !port.is_empty());
    let host = address.option(&["bind"]).and_then(host).unwrap_or_else(|| "::".to_owned());
    let port = port.unwrap_or("2376");
    if host.contains(':') {
        format!("tcp://[{host}]:{port}")
    } else {
        format!("tcp://{host}:{port}")
    }
}

/// The flags of the certificates; without `cert=`, `bridge-tls` makes its own.
fn files(address: &Address<'_>) -> Option<String> {
    let cert = address.option(&["cert", "certificate", "openssl-certificate"])?;
    // socat's certificate file may hold the key as well.
    let key = address.option(&["key", "openssl-key"]).unwrap_or(cert);
    let ca = address.option(&["cafile", "openssl-cafile"]).unwrap_or("CLIENTS_CA_FILE");
    Some(format!("--tlscert {cert} --tlskey {key} --tlscacert {ca}"))
}
