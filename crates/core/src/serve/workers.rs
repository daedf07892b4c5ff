//! Threads that serve connections.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::warn;

/// Threads, each with a runtime of its own that shares no work with the others: a connection stays
/// where it is, so that no request wakes a second thread.
///
/// Dropping it ends them, and what they still serve.
#[derive(Debug)]
pub(super) struct Workers {
    /// The thread that accepts.
    here: Worker,
    others: Vec<Worker>,
    _end: DropGuard,
}

#[derive(Debug)]
struct Worker {
    runtime: Handle,
    /// Connections.
    open: Arc<AtomicUsize>,
}

/// A connection's place on a thread, given back by dropping it.
#[derive(Debug)]
pub(super) struct Place(Arc<AtomicUsize>);

impl Workers {
    /// Has the runtime that calls serve, and threads beside it, `count` in all. Where the system has
    /// no more threads, it goes on with those that there are.
    pub(super) fn start(count: usize) -> Self {
        let end = CancellationToken::new();
        let mut others = Vec::new();
        while others.len() + 1 < count {
            match Worker::start(end.clone()) {
                Ok(worker) => others.push(worker),
                Err(error) => {
                    let fewer = others.len() + 1;
                    warn!(
                        "cannot start a thread: {error}; {fewer} of {count} serve (what limits them \
                         is pids.max of the cgroup, and ulimit -u)"
                    );
                    break;
                }
            }
        }
        Self { here: Worker::new(Handle::current()), others, _end: end.drop_guard() }
    }

    /// A place on the thread with the fewest connections, of equals on the one that accepts, and
    /// that thread's runtime.
    pub(super) fn place(&self) -> (Place, &Handle) {
        let worker = self.others.iter().fold(&self.here, |least, worker| {
            if worker.connections() < least.connections() { worker } else { least }
        });
        worker.open.fetch_add(1, Ordering::Relaxed);
        (Place(Arc::clone(&worker.open)), &worker.runtime)
    }
}

impl Worker {
    fn new(runtime: Handle) -> Self {
        Self { runtime, open: Arc::default() }
    }

    fn start(end: CancellationToken) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let worker = Self::new(runtime.handle().clone());
        let runtime = Ending(Some(runtime));
        thread::Builder::new().name("worker".to_owned()).spawn(move || {
            if let Some(runtime) = &runtime.0 {
                runtime.block_on(end.cancelled());
            }
        })?;
        Ok(worker)
    }

    fn connections(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}

/// A runtime whose end waits for nothing: another's panics where nobody may wait, as where a thread
/// couldn't be started for it.
struct Ending(Option<Runtime>);

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    async fn thread_of(runtime: &Handle) -> thread::ThreadId {
        runtime.spawn(async { thread::current().id() }).await.unwrap()
    }

    #[tokio::test]
    async fn connections_are_shared_out_evenly_and_the_first_stays_here() {
        let workers = Workers::start(3);
        let mut places = Vec::new();
        let mut threads = BTreeMap::new();
        for number in 0..9 {
            let (place, runtime) = workers.place();
            places.push(place);
            let thread = thread_of(runtime).await;
            assert_eq!(thread == thread::current().id(), number % 3 == 0, "{number}");
            *threads.entry(format!("{thread:?}")).or_insert(0) += 1;
        }
        assert_eq!(threads.into_values().collect::<Vec<_>>(), [3, 3, 3]);
    }

    #[tokio::test]
    async fn a_place_that_was_left_is_the_next_to_be_given() {
        let workers = Workers::start(2);
        let (here, _) = workers.place();
        let (there, runtime) = workers.place();
        let second = thread_of(runtime).await;
        drop(there);
        let (_there, runtime) = workers.place();
        assert_eq!(thread_of(runtime).await, second);
        drop(here);
        let (_here, runtime) = workers.place();
        assert_eq!(thread_of(runtime).await, thread::current().id());
    }

    #[tokio::test]
    async fn a_runtime_without_a_thread_ends_where_nobody_may_wait() {
        drop(Ending(Some(Builder::new_current_thread().enable_all().build().unwrap())));
    }

    #[tokio::test]
    async fn threads_end_with_what_they_serve() {
        let workers = Workers::start(2);
        let serving = workers.others[0].runtime.spawn(std::future::pending::<()>());
        drop(workers);
        assert!(serving.await.unwrap_err().is_cancelled());
    }
}
