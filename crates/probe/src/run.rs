//! Once, until all are healthy, or for ever.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use docker_api_engine::State;
use docker_api_settings::Failure;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep};

use crate::conditions::Verdict;
use crate::output::Output;
use crate::prober::Prober;
use crate::progress::Progress;
use crate::report::{self, Limits, Row};
use crate::settings::{Pace, Plan};

/// Runs to the end, which with `--watch` is a signal.
pub(crate) fn run(plan: Plan) -> Result<ExitCode, Failure> {
    // One thread: the work is waiting.
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| system("the runtime", &error))?;
    let done = runtime.block_on(until_stopped(plan));
    // A name that is still being looked up, on a thread, isn't waited for.
    runtime.shutdown_background();
    done
}

async fn until_stopped(plan: Plan) -> Result<ExitCode, Failure> {
    let watches = plan.pace == Pace::Watch;
    let mut run = Run::new(plan);
    let signal = tokio::select! {
        // Signals first, so that they are heard before anything is asked.
        biased;
        signal = stopped() => signal.map_err(|error| system("signals", &error))?,
        ended = run.finish() => {
            ended?;
            return Ok(run.code());
        }
    };
    // To end a watch this way is right; all else was cut short, as shells say it.
    Ok(if watches { run.code() } else { ExitCode::from(128 + signal) })
}

/// The number of the signal that came, SIGINT or SIGTERM. As process 1 of a container nothing
/// would end it without this.
pub(crate) async fn stopped() -> io::Result<u8> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => Ok(2),
        _ = terminate.recv() => Ok(15),
    }
}

pub(crate) fn system(what: &str, error: &io::Error) -> Failure {
    Failure::other(format!("cannot start: {what}: {error}"))
}

struct Run {
    plan: Plan,
    prober: Prober,
    output: Output,
    progress: Progress,
    /// By target; `None`: not asked yet.
    verdicts: Vec<Option<Verdict>>,
}

impl Run {
    fn new(plan: Plan) -> Self {
        Self {
            prober: Prober::new(&plan.targets, plan.conditions, plan.concurrency),
            output: Output::new(plan.format, plan.output.clone(), plan.quiet, plan.may_color),
            progress: Progress::new(plan.targets.len(), plan.quiet),
            verdicts: vec![None; plan.targets.len()],
            plan,
        }
    }

    async fn finish(&mut self) -> Result<(), Failure> {
        match self.plan.pace {
            Pace::Once => {
                let timeout = self.plan.timeout;
                self.round(|| timeout).await;
            }
            Pace::Wait(limit) => self.wait(limit).await,
            Pace::Watch => return self.watch().await,
        }
        self.output.whole(&self.rows(), self.limits())
    }

    /// Asks all that aren't settled, once.
    async fn round(&mut self, limit: impl Fn() -> Duration) {
        let open = |verdict: &Option<Verdict>| !verdict.as_ref().is_some_and(is_settled);
        let indices = self.verdicts.iter().enumerate();
        let indices = indices.filter(|(_, verdict)| open(verdict)).map(|(index, _)| index);
        let indices: Vec<_> = indices.collect();
        self.ask(&indices, limit).await;
    }

    async fn ask(&mut self, indices: &[usize], limit: impl Fn() -> Duration) {
        let Self { prober, verdicts, progress, .. } = self;
        progress.begin(indices.len());
        let done = |index: usize, verdict: Verdict| {
            progress.step();
            verdicts[index] = Some(verdict);
        };
        prober.ask(indices, limit, done).await;
        progress.clear();
    }

    async fn wait(&mut self, limit: Duration) {
        let end = Instant::now() + limit;
        let left = || end.saturating_duration_since(Instant::now());
        let timeout = self.plan.timeout;
        loop {
            self.round(|| left().max(LAST_TRY).min(timeout)).await;
            let left = left();
            if left.is_zero() || self.verdicts.iter().flatten().all(is_settled) {
                return;
            }
            sleep(self.plan.interval.min(left)).await;
        }
    }

    /// Ends only when its reader has gone.
    async fn watch(&mut self) -> Result<(), Failure> {
        let all: Vec<_> = (0..self.verdicts.len()).collect();
        let timeout = self.plan.timeout;
        loop {
            let before = self.verdicts.clone();
            self.ask(&all, || timeout).await;
            let pairs = before.iter().zip(&self.verdicts);
            let changed = pairs.map(|(before, now)| match (before, now) {
                (Some(before), Some(now)) => now.differs_from(before),
                _ => true,
            });
            let changed: Vec<_> = changed.collect();
            if !self.output.changes(&self.rows(), &changed, self.limits())? {
                return Ok(());
            }
            sleep(self.plan.interval).await;
        }
    }

    /// In the order of the targets.
    fn rows(&self) -> Vec<Row<'_>> {
        let pairs = self.plan.targets.iter().zip(&self.verdicts);
        pairs
            .filter_map(|(target, verdict)| Some(Row { target, verdict: verdict.as_ref()? }))
            .collect()
    }

    fn limits(&self) -> Limits {
        Limits { timeout: self.plan.timeout, warn: self.plan.conditions.max_latency }
    }

    fn code(&self) -> ExitCode {
        let all_known = self.verdicts.iter().all(Option::is_some);
        ExitCode::from(report::exit_code(self.plan.format, &self.rows(), all_known))
    }
}

/// Whether no further try can help.
fn is_settled(verdict: &Verdict) -> bool {
    matches!(verdict.state, State::Healthy | State::Unsupported)
}

/// What the last try of `--wait` gets at least.
const LAST_TRY: Duration = Duration::from_millis(100);
