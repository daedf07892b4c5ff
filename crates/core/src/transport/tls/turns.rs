//! Handshakes compute in turns, so that a flood of them can't starve those who are in.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::Semaphore;
use tokio::task::yield_now;

thread_local! {
    /// So many steps of handshakes at most, of some 0.1 ms each, between two looks at everybody else.
    static TURNS: Arc<Semaphore> = Arc::new(Semaphore::new(AT_A_TIME));
}

/// Drives a handshake. It takes a turn of its thread for each of its steps, and none while it waits
/// for its peer: who stalls holds nobody up.
pub(super) async fn in_turns<F: Future>(handshake: F) -> F::Output {
    let mut handshake = pin!(handshake);
    let turns = TURNS.with(Arc::clone);
    loop {
        // A closed semaphore gives no permit; this one is never closed.
        let turn = turns.acquire().await;
        yield_now().await;
        let step = poll_fn(|cx| Poll::Ready(handshake.as_mut().poll(cx))).await;
        drop(turn);
        match step {
            Poll::Ready(output) => return output,
            // In the poll that left its waker with the handshake: no wake is lost.
            Poll::Pending => woken().await,
        }
    }
}

/// Completes when the task is woken next.
async fn woken() {
    let mut polled = false;
    poll_fn(|_| {
        if polled {
            return Poll::Ready(());
        }
        polled = true;
        Poll::Pending
    })
    .await;
}

const AT_A_TIME: usize = 4;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::{Notify, oneshot};
    use tokio::time::{sleep, timeout};

    use super::*;

    #[tokio::test]
    async fn a_wake_at_any_moment_is_seen() {
        for _ in 0..1000 {
            let (send, receive) = oneshot::channel();
            let (waited, sent) = tokio::join!(in_turns(receive), async {
                yield_now().await;
                send.send(7)
            });
            assert_eq!((waited, sent), (Ok(7), Ok(())));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_stalls_holds_nobody_up() {
        let never = Arc::new(Notify::new());
        let mut stalled = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let never = Arc::clone(&never);
            stalled.spawn(async move { in_turns(never.notified()).await });
        }
        sleep(Duration::from_secs(1)).await;
        assert_eq!(timeout(Duration::from_secs(1), in_turns(async { 7 })).await, Ok(7));
    }
}
