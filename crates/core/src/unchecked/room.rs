//! Rooms for futures that come and go: blocks of memory that a thread keeps for the next ones.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

/// A future in a room, which its thread gets back with the future's end.
///
/// Who waits for it holds a pointer, as of a box, and nothing is allocated for it once a thread has
/// had as many under way: what a request needs is there while it is under way alone.
#[must_use]
pub struct Lodged<F> {
    at: NonNull<F>,
    owned: PhantomData<F>,
}

/// As large as the largest that is lodged: one that is larger doesn't compile.
const SIZE: usize = 3072;

/// Rooms that a thread keeps while nobody is in them.
const SPARES: usize = 32;

type Room = MaybeUninit<[u64; SIZE / 8]>;

/// Each in a place of its own, where it stays while it is lent.
type Spare = RefCell<Vec<Box<Room>>>;

impl<F: Future> Lodged<F> {
    /// Moves a future into a room.
    pub fn new(future: F) -> Self {
        const {
            assert!(size_of::<F>() <= size_of::<Room>() && align_of::<F>() <= align_of::<Room>());
        }
        let spare = SPARE.try_with(|spare| spare.borrow_mut().pop()).ok().flatten();
        let room = Box::leak(spare.unwrap_or_else(|| Box::new(Room::uninit())));
        let at = NonNull::from(room).cast();
        // SAFETY: the room has the size and the alignment, and is nobody else's since it was leaked.
        unsafe { at.write(future) };
        Self { at, owned: PhantomData }
    }
}

impl<F: Future> Future for Lodged<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: the future is there until `self` is dropped, moves no more, and is reached through
        // `self` alone, which is borrowed here.
        let future = unsafe { Pin::new_unchecked(self.at.as_mut()) };
        future.poll(cx)
    }
}

impl<F> Drop for Lodged<F> {
    fn drop(&mut self) {
        // SAFETY: the future is dropped once, here, and its room is the box that was leaked for it.
        let room: Box<Room> = unsafe {
            self.at.drop_in_place();
            Box::from_raw(self.at.cast().as_ptr())
        };
        // A thread that ends keeps none.
        let _ended = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.len() < SPARES {
                spare.push(room);
            }
        });
    }
}

// Where it is moved, the future stays.
impl<F> Unpin for Lodged<F> {}

// SAFETY: it owns the future as a box does, and a room is memory like any other.
unsafe impl<F: Send> Send for Lodged<F> {}

impl<F> fmt::Debug for Lodged<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lodged")
    }
}

thread_local! {
    static SPARE: Spare = const { RefCell::new(Vec::new()) };
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use tokio::task::yield_now;

    use super::*;

    fn spares() -> usize {
        SPARE.with_borrow(Vec::len)
    }

    #[tokio::test]
    async fn a_future_that_holds_on_to_itself_runs_to_its_end_wherever_its_lodger_is_moved() {
        let work = |begin: u64| async move {
            let numbers = [begin; 100];
            let first = &numbers[0];
            yield_now().await;
            *first + numbers[99]
        };
        let mut lodged = vec![Lodged::new(work(1)), Lodged::new(work(2))];
        std::future::poll_fn(|cx| {
            assert!(lodged.iter_mut().all(|one| Pin::new(one).poll(cx).is_pending()));
            Poll::Ready(())
        })
        .await;
        lodged.reserve(100);
        for (one, sum) in lodged.into_iter().zip([2, 4]) {
            assert_eq!(one.await, sum);
        }
    }

    #[tokio::test]
    async fn a_room_is_given_back_with_what_was_in_it() {
        let held = Rc::new(());
        let wait = |held: Rc<()>| async move {
            std::future::pending::<()>().await;
            drop(held);
        };
        assert_eq!(spares(), 0);
        let many: Vec<_> = (0..SPARES + 8).map(|_| Lodged::new(wait(Rc::clone(&held)))).collect();
        assert_eq!(Rc::strong_count(&held), SPARES + 9);
        drop(many);
        assert_eq!((Rc::strong_count(&held), spares()), (1, SPARES));
        let one = Lodged::new(async { 7 });
        assert_eq!(spares(), SPARES - 1);
        assert_eq!(one.await, 7);
        assert_eq!(spares(), SPARES);
    }

    #[test]
    fn a_room_may_be_given_back_to_another_thread() {
        let one = Lodged::new(async {});
        std::thread::spawn(move || {
            drop(one);
            assert_eq!(spares(), 1);
        })
        .join()
        .unwrap();
        assert_eq!(spares(), 0);
    }
}
