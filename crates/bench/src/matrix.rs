//! The order of things: each test on one target after the other, then the next test; then all of
//! it again. What changes on the machine with time meets all targets alike.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::bail;

use crate::case::{Case, Effort};
use crate::client::certificates::{Certificates, Key};
use crate::load::{self, Outcome, Subject};
use crate::machine::conntrack;
use crate::results::{Failure, Metric, Results, Sample};
use crate::target::{Running, Site, Target};
use crate::upstream::Upstream;

/// All that a run needs.
pub(crate) struct Matrix<'a> {
    /// The folder of our programs.
    pub(crate) ours: PathBuf,
    /// For files of programs.
    pub(crate) scratch: &'a Path,
    /// The synthetic Engine.
    pub(crate) upstream: &'a Upstream,
    /// By kind of key.
    pub(crate) certificates: BTreeMap<Key, Certificates>,
    /// How much each test does.
    pub(crate) effort: Effort,
    /// How often a run that failed or shared the machine is tried again.
    pub(crate) retries: u32,
    /// Set once someone asks to stop.
    pub(crate) stop: Arc<AtomicBool>,
    /// How many sites were made: each has a folder of its own.
    pub(crate) sites: std::cell::Cell<u32>,
}

/// A target that runs.
pub(crate) type Started = (Target, Running);

/// A target that isn't measured, and why.
pub(crate) type Skipped = (Target, String);

impl Matrix<'_> {
    /// Starts every target. Those that can't run are skipped, with a word.
    pub(crate) fn start(&self, targets: &[Target]) -> anyhow::Result<(Vec<Started>, Vec<Skipped>)> {
        let mut running = Vec::new();
        let mut skipped = Vec::new();
        for target in targets {
            let site = self.site(target)?;
            match Running::start(target, &self.ours, &site) {
                Ok(one) => running.push((*target, one)),
                Err(error) => {
                    eprintln!("skipped: {}: {error:#}", target.name);
                    skipped.push((*target, format!("{error:#}")));
                }
            }
        }
        Ok((running, skipped))
    }

    /// Runs all tests, so many rounds.
    pub(crate) fn run(
        &self,
        cases: &[Case],
        targets: &[Started],
        rounds: u32,
    ) -> anyhow::Result<Results> {
        let mut results = Results::default();
        for round in 1..=rounds {
            for &case in cases {
                for (target, running) in targets {
                    if self.stop.load(Ordering::Relaxed) {
                        bail!("stopped as asked");
                    }
                    let name = case.name();
                    if applies(case, target) && results.failure(&name, target.name).is_none() {
                        self.measure(round, case, (target, running), &mut results);
                    }
                }
            }
        }
        Ok(results)
    }

    /// Measures one; again while others are at work too, or it fails, so often and no more.
    fn measure(
        &self,
        round: u32,
        case: Case,
        (target, running): (&Target, &Running),
        results: &mut Results,
    ) {
        let label = format!("{round} {} {}", case.name(), target.name);
        for attempt in 0..=self.retries {
            if attempt > 0 {
                thread::sleep(PAUSE);
            }
            let (figures, usage) = match self.once(case, target, running) {
                Ok(outcome) => outcome,
                Err(error) if attempt < self.retries => {
                    eprintln!("{label}: fails, and is tried again: {error:#}");
                    continue;
                }
                Err(error) => {
                    eprintln!("{label}: fails: {error:#}");
                    results.failures.push(Failure {
                        case: case.name(),
                        target: target.name.to_owned(),
                        why: format!("{error:#}"),
                    });
                    return;
                }
            };
            let quiet = usage.is_quiet() || !case.wants_quiet();
            eprintln!("{label}: {}{}", show(&figures), if quiet { "" } else { " (shared)" });
            results.samples.push(Sample {
                round,
                case: case.name(),
                target: target.name.to_owned(),
                figures,
                foreign: usage.foreign,
                quiet,
            });
            if quiet {
                return;
            }
        }
    }

    fn once(&self, case: Case, target: &Target, running: &Running) -> anyhow::Result<Outcome> {
        if case.is_hard_on_conntrack() && !conntrack::wait_for_room() {
            bail!("the kernel's table of connections stays full");
        }
        let upstream = self.upstream.account();
        if case.wants_a_fresh_start() {
            let launch = || Running::start_at_once(target, &self.ours, &self.site(target)?);
            return load::run_fresh(case, &launch, upstream, &self.effort);
        }
        let subject = Subject { dialler: running.dialler(), account: running.account(), upstream };
        load::run(case, &subject, &self.effort)
    }

    fn site(&self, target: &Target) -> anyhow::Result<Site> {
        self.sites.set(self.sites.get() + 1);
        let name = format!("{}-{}", target.name, self.sites.get());
        let certificates = target.tls.and_then(|key| self.certificates.get(&key));
        Site::create(self.scratch, &name, self.upstream.addresses(), certificates)
    }
}

/// Whether a test says anything of a target.
pub(crate) fn applies(case: Case, target: &Target) -> bool {
    (target.is_program() || !case.wants_a_fresh_start())
        && (target.tls != Some(Key::Rsa4096) || case.is_about_handshakes())
}

fn show(figures: &BTreeMap<Metric, f64>) -> String {
    figures
        .iter()
        .map(|(metric, value)| format!("{metric:?} {}", crate::report::number(*value)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// What disturbs a run often goes on for a while.
const PAUSE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target;

    #[test]
    fn keys_matter_to_handshakes_alone_and_memory_to_programs() {
        let named = |name| target::ALL.iter().find(|target| target.name == name).unwrap();
        assert!(applies(Case::Connect(16), named("tls-rsa")));
        assert!(!applies(Case::Down(1), named("tls-rsa")));
        assert!(applies(Case::Down(1), named("tls")));
        assert!(!applies(Case::Idle(1000), named("direct-tcp")));
        assert!(applies(Case::Idle(1000), named("socat")));
    }
}
