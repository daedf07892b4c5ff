//! The tests themselves: each takes something that runs, and returns figures.

mod bulk;
mod connects;
mod idle;
mod keep_alive;
mod round_trips;
mod start;

use std::time::Duration;

use crate::case::{Case, Effort};
use crate::client::Dialler;
use crate::machine::account::Account;
use crate::machine::noise::{Usage, Window};
use crate::results::{Figures, Metric};
use crate::target::Running;

/// Something that runs, and what its figures are read from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) dialler: &'a Dialler,
    /// None where there is no proxy.
    pub(crate) account: Option<&'a Account>,
    pub(crate) upstream: &'a Account,
}

impl<'a> Subject<'a> {
    fn open(&self) -> anyhow::Result<Window<'a>> {
        Window::open(self.account, self.upstream)
    }
}

/// Figures, and what was used for them.
pub(crate) type Outcome = (Figures, Usage);

/// Runs a test on what runs already.
pub(crate) fn run(case: Case, subject: &Subject<'_>, effort: &Effort) -> anyhow::Result<Outcome> {
    match case {
        Case::KeepAlive(connections) => keep_alive::run(subject, connections, effort.requests),
        Case::Connect(clients) => {
            connects::run(subject, clients, effort.connects(subject.dialler.tls.is_some()))
        }
        Case::PingPong => round_trips::ping_pong(subject, effort.requests / 2),
        Case::TwoWrites => round_trips::two_writes(subject, effort.two_writes),
        Case::Down(streams) => bulk::down(subject, streams, effort.bytes_a_stream(streams)),
        Case::Up(streams) => bulk::up(subject, streams, effort.bytes_a_stream(streams)),
        Case::UpChunked => bulk::up_chunked(subject, effort.bytes),
        Case::Idle(_) | Case::Start => anyhow::bail!("`{}` needs a fresh start", case.name()),
    }
}

/// Runs a test on a program that `launch` starts for it.
pub(crate) fn run_fresh(
    case: Case,
    launch: &dyn Fn() -> anyhow::Result<Running>,
    upstream: &Account,
    effort: &Effort,
) -> anyhow::Result<Outcome> {
    match case {
        Case::Idle(connections) => idle::run(launch()?, upstream, connections, effort.settle),
        Case::Start => start::run(launch, upstream),
        _ => anyhow::bail!("`{}` needs no fresh start", case.name()),
    }
}

/// The rate, and the target's processor time for `unit` of them.
fn rate_and_cpu(usage: &Usage, amount: f64, unit: f64) -> Figures {
    let mut figures = Figures::from([(Metric::Rate, amount / usage.elapsed.as_secs_f64())]);
    if let Some(cpu) = usage.cpu {
        figures.insert(Metric::Cpu, cpu.as_secs_f64() * unit / amount);
    }
    figures
}

/// Nanoseconds of a time; what takes centuries isn't measured here.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A percentile of nanoseconds in microseconds.
#[expect(clippy::cast_precision_loss, reason = "times are far below 2^52 ns")]
fn microseconds(latencies: &mut [u64], percent: usize) -> Option<f64> {
    crate::stats::percentile(latencies, percent).map(|ns| ns as f64 / 1e3)
}
