//! Decisions about directories, with clocks of the tests' own.

mod crash;
mod keeper;
mod renewal;
mod users;

use std::path::Path;

use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::cert_dir::{CertDir, load};
use super::files::Files;
use super::leaf::Leaf;
use super::plan::{Moment, Plan};
use super::{Material, Names, PkiError, SystemRandom, pem};

const NOW: OffsetDateTime = datetime!(2026-06-01 12:00 UTC);

fn dir() -> CertDir {
    CertDir::new("/certs")
}

fn empty() -> Files {
    Files::new(Path::new("/certs"))
}

fn names(texts: &[&str]) -> Names {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn plan_at(files: Files, texts: &[&str], start: bool, now: OffsetDateTime) -> Plan {
    try_plan(files, &dir(), texts, start, now).unwrap()
}

fn try_plan(
    files: Files,
    dir: &CertDir,
    texts: &[&str],
    start: bool,
    now: OffsetDateTime,
) -> Result<Plan, PkiError> {
    let random = SystemRandom::default();
    Plan::for_server(files, dir, &names(texts), start, Moment { now, random: &random })
}

/// A directory as a first start leaves it.
fn made() -> Files {
    plan_at(empty(), &["a"], true, NOW).files
}

fn paths(plan: &Plan) -> Vec<&str> {
    plan.writes.iter().map(|write| write.path.as_str()).collect()
}

fn leaf(files: &Files, path: &str) -> Leaf {
    let chain = pem::certificates(Path::new(path), files.get(path).unwrap()).unwrap();
    Leaf::parse(&chain[0]).unwrap()
}

fn material(files: &Files, now: OffsetDateTime) -> Material {
    load(files, &dir(), now).unwrap()
}

fn days(count: i64) -> Duration {
    Duration::days(count)
}
