//! What the tests of certificates share.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use docker_api_core::pki::pem::read_certificates;
use docker_api_core::pki::{CertDir, Keeper, Material, Names, PkiError, Source, SystemRandom};
use docker_api_core::transport::tls::provider;
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use time::OffsetDateTime;

pub(crate) fn names(texts: &[&str]) -> Names {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

pub(crate) fn try_start(
    dir: &Path,
    names: &Names,
    now: OffsetDateTime,
) -> Result<(Keeper, Material), PkiError> {
    let source = Source::CertDir { dir: CertDir::new(dir), crl: None };
    Keeper::start(source, names, now, &SystemRandom::default())
}

pub(crate) fn start(dir: &Path) -> (Keeper, Material) {
    let names = names(&["localhost", "127.0.0.1", "2001:db8::1", "docker.example.com"]);
    try_start(dir, &names, OffsetDateTime::now_utc()).unwrap()
}

/// What openssl says, which must succeed.
pub(crate) fn openssl(dir: &Path, arguments: &str) -> String {
    let arguments = arguments.split_whitespace();
    let run = Command::new("openssl").args(arguments.clone()).current_dir(dir).output().unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let said = format!("{}{}", text(&run.stdout), text(&run.stderr));
    assert!(run.status.success(), "openssl {arguments:?}: {said}");
    said
}

/// Asserts that rustls takes the certificates in `client/` and, by `name`, in `server/`.
pub(crate) fn rustls_takes_both(dir: &Path, name: &str, at: OffsetDateTime) {
    let read = |path| read_certificates(&dir.join(path)).unwrap().swap_remove(0);
    let mut roots = RootCertStore::empty();
    roots.add(read("ca/cert.pem")).unwrap();
    let roots = Arc::new(roots);
    let seconds = u64::try_from(at.unix_timestamp()).unwrap();
    let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));

    let clients = WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), provider());
    let client = read("client/cert.pem");
    clients.build().unwrap().verify_client_cert(&client, &[], at).unwrap();

    let servers = WebPkiServerVerifier::builder_with_provider(roots, provider()).build().unwrap();
    let (server, name) = (read("server/cert.pem"), ServerName::try_from(name).unwrap());
    servers.verify_server_cert(&server, &[], &name, &[], at).unwrap();
}
