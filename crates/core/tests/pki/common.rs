//! What the tests of certificates share.

use std::path::Path;
use std::process::Command;

use docker_api_core::pki::{CertDir, Keeper, Material, Names, PkiError, Source, SystemRandom};
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
