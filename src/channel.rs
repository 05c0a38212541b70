//! Messages between processes, with as many senders and receivers as you like.
//!
//! ```
//! use multiprocessing::{channel, process};
//!
//! let (sender, receiver) = channel()?;
//! let mut children = Vec::new();
//! for number in 0..4 {
//!     let sender = sender.clone();
//!     children.push(process::spawn(move || sender.send(number * number))?);
//! }
//! drop(sender);
//! let mut squares: Vec<i32> = receiver.iter().collect();
//! squares.sort();
//! assert_eq!(squares, [0, 1, 4, 9]);
//! # Ok::<(), multiprocessing::Error>(())
//! ```
//!
//! The names are those of [`std::sync::mpsc`], and so is what they do: the loop over the receiver
//! ends when no sender is left, and a send fails when no receiver is. The differences:
//!
//! - Receivers can be cloned. Each message goes to one of them.
//! - A message is sent as bytes, so it must be a [`Portable`].
//! - A send never waits for a receiver. Messages lie in shared memory, which grows as needed, so a
//!   child that has sent any amount can end and be joined before anybody receives it. (In Python,
//!   to join a process before its queue was emptied is a deadlock.)
//!
//! # Whose handle is it?
//!
//! A fork copies the parent's memory to the child, its senders and receivers too. If all copies
//! counted, no loop over a receiver would ever end. So each handle belongs to one process:
//!
//! - to the one that made it, by [`channel`] or by `clone`;
//! - or, if it was moved into the closure of a child, to the child.
//!
//! It is gone when it is dropped, or when its process ends, however it ends. A copy that a child
//! merely sees works, as long as the handle itself lives: one that it borrows in
//! [`process::scope`](crate::process::scope), or has in a `static` or in an
//! [`Rc`](std::rc::Rc) that its parent still holds. But it does not keep the channel connected; a
//! clone of it does.
//!
//! A copy of the process that `fork` or `daemon` makes, without this library, owns none of the
//! handles that it inherits: when the original has ended, they count as gone. So a program first
//! becomes a daemon, and then makes its channels.
//!
//! # What is promised when processes are killed
//!
//! A process may be killed at any instruction, in a send or a receive too. Then:
//!
//! 1. *No message is torn, and no other one lost.* Everything happens under a robust lock, which
//!    the kernel releases when its holder dies, and by steps of one store each
//!    ([`ring`](self#layout)): a message is there whole or not at all, and is taken whole or not at
//!    all. Only what the killed process itself was sending, or had already received, goes with it.
//! 2. *Nobody waits for ever.* For the lock: the kernel passes it on. For a message, or for the
//!    last sender to go: a receiver sleeps until it is woken; and since whoever should have woken
//!    it may have been killed just before, it looks again every 20 ms. To look means: is there a
//!    message? If not, has any process that owns a sender not ended? Who is only *stopped*, as by
//!    SIGSTOP, is waited for if it happens to be at the queue, but by
//!    [`recv_timeout`](Receiver::recv_timeout) and [`try_recv`](Receiver::try_recv) only for their
//!    time.
//! 3. *A process is not taken for another one.* Owners are known by their pid together with the
//!    time when they started. (Not by open descriptors, as of a pipe: every child inherits those.)
//!    So all must see the same `/proc`; a child that gives itself a namespace of pids does not.
//! 4. *Nothing is left behind.* The memory is anonymous, and the kernel takes it back.
//!
//! # Layout
//!
//! `channel/ring.rs` keeps the messages, `channel/queue.rs` adds the lock and the waiting,
//! `holders.rs` and `sys/owner.rs` know who holds a handle. The rest is the public face.

mod connection;
mod errors;
mod queue;
mod receiver;
mod ring;
mod sender;

use std::cell::Cell;
use std::sync::Arc;

pub use connection::{Connection, pipe};
pub use errors::{RecvError, RecvTimeoutError, SendError, TryRecvError};
use queue::{End, Queue};
pub use receiver::{IntoIter, Iter, Receiver};
pub use sender::Sender;

use crate::error::Error;
use crate::holders::Hold;
use crate::wire::Portable;

/// Makes a channel, and returns a handle of each end.
///
/// # Errors
/// [`Error::System`] if there is not enough memory, or if the folder `/proc`, which tells which
/// processes live, can't be read.
pub fn channel<T: Portable>() -> Result<(Sender<T>, Receiver<T>), Error> {
    let queue = Queue::new().map_err(|error| Error::system("make a channel", error))?;
    let queue = Arc::new(queue);
    let sender = Handle::new(&queue, End::Sender);
    let receiver = Handle::new(&queue, End::Receiver);
    Ok((Sender::new(sender), Receiver::new(receiver)))
}

/// A counted handle of one end.
struct Handle {
    queue: Arc<Queue>,
    end: End,
    hold: Hold,
}

impl Handle {
    fn new(queue: &Arc<Queue>, end: End) -> Self {
        Self {
            queue: Arc::clone(queue),
            end,
            hold: queue.add(end),
        }
    }
}

impl Clone for Handle {
    fn clone(&self) -> Self {
        Self::new(&self.queue, self.end)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.queue.remove(self.end, &self.hold);
    }
}

/// Lends `f` an empty buffer that keeps its memory from message to message, unless it is much.
fn with_buffer<R>(f: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    const MOST_KEPT: usize = 1 << 16;
    thread_local!(static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) });
    // An encoding that itself sends finds the buffer taken, and gets a new one. So does a thread
    // that is ending.
    let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
    buffer.clear();
    let result = f(&mut buffer);
    if buffer.capacity() <= MOST_KEPT {
        let _ = BUFFER.try_with(|place| place.set(buffer));
    }
    result
}
