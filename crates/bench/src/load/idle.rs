//! Memory for idle connections, each of which asked once.

use std::thread;
use std::time::Duration;

use anyhow::Context as _;

use super::Outcome;
use crate::client::http;
use crate::machine::account::Account;
use crate::machine::memory;
use crate::machine::noise::Window;
use crate::results::{Figures, Metric};
use crate::target::Running;

pub(super) fn run(
    mut running: Running,
    upstream: &Account,
    connections: usize,
    settle: Duration,
) -> anyhow::Result<Outcome> {
    let id = running.id().context("no proxy, no memory")?;
    // The first request makes what is made once.
    running.wait_until_it_answers()?;
    thread::sleep(Duration::from_millis(100));
    let window = Window::open(running.account(), upstream)?;
    let base = memory::of(id)?;

    let mut open = Vec::with_capacity(connections);
    for number in 1..=connections {
        let mut stream =
            running.dialler().dial().with_context(|| format!("cannot open number {number}"))?;
        http::ask(&mut stream).with_context(|| format!("no answer on number {number}"))?;
        open.push(stream);
    }
    let full = memory::of(id)?;
    drop(open);
    thread::sleep(settle);
    let after = memory::of(id)?;
    let usage = window.close()?;

    let growth = kib(full.proportional.saturating_sub(base.proportional));
    let figures = Figures::from([
        (Metric::Base, kib(base.resident) / 1024.0),
        (Metric::PerConnection, growth / f64::from(u32::try_from(connections)?)),
        (Metric::AfterClose, kib(after.resident) / 1024.0),
    ]);
    Ok((figures, usage))
}

#[expect(clippy::cast_precision_loss, reason = "no machine has 2^52 KiB")]
fn kib(pages: u64) -> f64 {
    pages as f64
}
