//! What hyper would have spawned, run in the connection's own task: with the connection it ends.

use std::pin::Pin;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use hyper::rt::Executor;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Takes tasks.
#[derive(Clone, Debug)]
pub(super) struct Crew(UnboundedSender<Task>);

/// Runs them.
#[derive(Debug)]
pub(super) struct Work {
    newcomers: UnboundedReceiver<Task>,
    running: FuturesUnordered<Task>,
}

impl Crew {
    pub(super) fn new() -> (Self, Work) {
        let (sender, newcomers) = unbounded_channel();
        (Self(sender), Work { newcomers, running: FuturesUnordered::new() })
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Crew {
    fn execute(&self, task: F) {
        // Nobody is left to run it: the connection is over.
        let _over: Result<(), _> = self.0.send(Box::pin(task));
    }
}

impl Work {
    /// Never completes: there may be more.
    pub(super) async fn run(&mut self) {
        loop {
            tokio::select! {
                biased;
                Some(task) = self.newcomers.recv() => self.running.push(task),
                Some(()) = self.running.next() => {}
                else => std::future::pending().await,
            }
        }
    }
}
