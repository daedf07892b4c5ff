//! From the start of a program to its first answer.

use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::Outcome;
use crate::client::{PATIENCE, http};
use crate::machine::account::Account;
use crate::machine::noise::Window;
use crate::results::{Figures, Metric};
use crate::target::Running;

/// The client comes at once: it tries to connect until it is let in, and then asks.
pub(super) fn run(
    launch: &dyn Fn() -> anyhow::Result<Running>,
    upstream: &Account,
) -> anyhow::Result<Outcome> {
    let running = launch()?;
    let begin = running.started();
    let window = Window::open(running.account(), upstream)?;
    let mut stream = loop {
        match running.dialler().dial() {
            Ok(stream) => break stream,
            Err(error) if begin.elapsed() > PATIENCE => {
                bail!("nobody listens after {} s: {error}", PATIENCE.as_secs())
            }
            Err(_) => thread::sleep(Duration::from_micros(20)),
        }
    };
    let accepting = begin.elapsed();
    let answer = http::ask(&mut stream).context("cannot ask")?;
    let first_byte = answer.first_byte - begin;
    let usage = window.close()?;
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let figures = Figures::from([
        (Metric::Accepting, milliseconds(accepting)),
        (Metric::FirstByte, milliseconds(first_byte)),
    ]);
    drop(running);
    Ok((figures, usage))
}
