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
//! The names and the behaviour are those of [`std::sync::mpsc`]: a loop over the receiver ends when
//! no sender is left, and a send fails when no receiver is left. The differences:
//!
//! - Receivers can be cloned. Each message goes to one of them.
//! - A message is sent as bytes, so it must be a [`Portable`].
//! - A send into a [`channel`] never waits for a receiver. Messages lie in shared memory, which
//!   grows as needed, so a child that has sent any amount can end and be joined before anybody
//!   receives it. (In Python, joining a process before its queue is emptied is a deadlock.) A
//!   [`sync_channel`] holds a limited number of messages, and its senders wait for room.
//!
//! # Whose handle is it?
//!
//! A fork copies the parent's memory to the child, senders and receivers included. If all copies
//! counted, no loop over a receiver would ever end. So each handle belongs to one process:
//!
//! - the process that made it, with [`channel`] or `clone`;
//! - or, if it was moved into the closure of a child, that child.
//!
//! It is gone when it is dropped, or when its process ends, however that happens. A copy that a
//! child only borrows in [`process::scope`](crate::process::scope), or sees in a `static` or in an
//! [`Rc`](std::rc::Rc) of its parent's, works as long as the original lives. It does not keep the
//! channel connected; a clone of it does.
//!
//! If `fork` or `daemon` copies the process without this library, the copy owns none of the handles
//! that it inherits: once the original has ended, they count as gone. So become a daemon first, and
//! then make channels.
//!
//! # Handles in messages
//!
//! An end of a channel can itself be sent in a message, and so can the other handles of shared
//! memory: mutexes, semaphores, events, barriers, conditions and shared atomics. So each request can
//! bring the sender for its answer:
//!
//! ```
//! use multiprocessing::{Sender, channel, process};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Request {
//!     number: u64,
//!     reply: Sender<u64>,
//! }
//!
//! let (server, requests) = channel::<Request>()?;
//! let serving = process::spawn(move || {
//!     for Request { number, reply } in requests {
//!         let _ = reply.send(number * number); // whoever asked may be gone
//!     }
//! })?;
//! let (reply, answer) = channel()?;
//! server.send(Request { number: 7, reply })?;
//! assert_eq!(answer.recv()?, 49);
//! drop(server);
//! serving.join()?;
//! # Ok::<(), multiprocessing::Error>(())
//! ```
//!
//! A handle in a message belongs to the process that sends it, and to the receiver once it has been
//! received. If the receivers are gone before that, so is the handle: in the example, `answer.recv()`
//! returns an error if the server is killed, before it receives the request or after.
//!
//! - The receiver opens the memory of the handle in the process that has sent it, so that process
//!   must still run. If it does not, [`RecvError::Decode`] says so, and the message is lost.
//! - Both must run as the same user, and have done so from their start: the kernel lets nobody but
//!   root look into a process that has changed its user or its group. This is a
//!   [`RecvError::Decode`], too.
//! - The sender gives up a handle that nobody can receive any more when it next waits for a
//!   message, drops an end or sends a handle. A third process that waits for the other end learns it
//!   only then.
//! - A handle keeps a descriptor of its memory. A quarter of those that a process may have
//!   (`ulimit -n`) are for handles; those that are made when all of these are in use can't be sent,
//!   which is a [`SendError::Encode`], and work as the others do otherwise.
//! - Sending and receiving a handle takes about a dozen system calls, and the receiver maps its
//!   memory. `cargo bench --bench communication` compares an answer through a channel of its own with
//!   one through a channel that is already there.
//!
//! # What is promised when processes are killed
//!
//! A process may be killed at any instruction, even in the middle of a send or a receive. Then:
//!
//! 1. *No message is torn, and no other message is lost.* Everything happens under a robust lock,
//!    which the kernel releases when its holder dies. Each step takes effect with a single store,
//!    so a message is sent or received whole or not at all. Only what the killed process was
//!    sending, or had already received, dies with it.
//! 2. *Nobody waits for ever.* The kernel passes the lock on. A receiver sleeps until it is woken.
//!    It also checks every 20 ms whether there is a message, and whether any process that owns a
//!    sender is alive, because the process that should have woken it may have been killed. If a
//!    process is *stopped*, as by SIGSTOP, while it holds the lock, others that send, receive or
//!    clone a handle have to wait: a clone must be on the list of handles before it can be used,
//!    and has no error to return. [`recv_timeout`](Receiver::recv_timeout) and
//!    [`try_recv`](Receiver::try_recv) still return in time. A process without other threads does
//!    not wait when it drops a handle or starts a child that owns one.
//! 3. *No process is mistaken for another.* Owners are known by their pid and the time they
//!    started, so all processes must see the same `/proc`. A child that enters a pid namespace of
//!    its own does not.
//! 4. *Nothing is left behind.* The memory is anonymous, and the kernel reclaims it.

mod connection;
mod crossing;
mod errors;
mod queue;
mod receiver;
mod ring;
mod sender;
mod sync_sender;

use std::cell::Cell;
use std::sync::Arc;

pub use connection::{Connection, pipe};
pub use errors::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
use queue::{End, NotPushed, Queue, UNBOUNDED};
pub use receiver::{IntoIter, Iter, Receiver};
pub use sender::Sender;
pub use sync_sender::SyncSender;

use crate::crossing::packing;
use crate::error::Error;
use crate::holders::Hold;
use crate::sys::monitor::Deadline;
use crate::wire::{self, Portable};

/// Makes a channel, and returns a handle to each end.
///
/// # Errors
/// [`Error::System`] if there is not enough memory, or if the folder `/proc`, which shows which
/// processes are alive, can't be read.
pub fn channel<T: Portable>() -> Result<(Sender<T>, Receiver<T>), Error> {
    let (sender, receiver) = ends(UNBOUNDED)?;
    Ok((Sender::new(sender), Receiver::new(receiver)))
}

/// Makes a channel that holds at most `bound` messages, and returns a handle to each end.
///
/// A send into a full channel waits until a message is received. So a fast sender gets at most
/// `bound` messages ahead of a slow receiver, and does not fill the memory.
///
/// ```
/// use multiprocessing::channel::{TrySendError, sync_channel};
/// use multiprocessing::process;
///
/// let (sender, receiver) = sync_channel(2)?;
/// sender.send(1)?;
/// sender.send(2)?;
/// assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
/// let child = process::spawn(move || sender.send(3))?; // waits
/// assert_eq!(receiver.iter().collect::<Vec<i32>>(), [1, 2, 3]);
/// child.join()??;
/// # Ok::<(), multiprocessing::Error>(())
/// ```
///
/// # Errors
/// As [`channel`].
///
/// # Panics
/// If `bound` is 0, which in `std` makes a channel where each send waits for its receive. For
/// processes that wait for each other, use a [`Barrier`](crate::Barrier).
pub fn sync_channel<T: Portable>(bound: usize) -> Result<(SyncSender<T>, Receiver<T>), Error> {
    assert!(bound > 0, "a channel needs room for at least one message");
    let (sender, receiver) = ends(bound)?;
    Ok((SyncSender::new(sender), Receiver::new(receiver)))
}

fn ends(bound: usize) -> Result<(Handle, Handle), Error> {
    let queue = Queue::new(bound).map_err(|error| Error::system("make a channel", error))?;
    let queue = Arc::new(queue);
    Ok((
        Handle::new(&queue, End::Sender),
        Handle::new(&queue, End::Receiver),
    ))
}

/// A counted handle to one end.
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

enum NotSent {
    /// There was no room until the deadline.
    Full,
    Disconnected,
    Encode(String),
}

/// The sender's side.
impl Handle {
    /// Sends a message, however long there is no room for it.
    fn send_at_last<T: Portable>(&self, message: T) -> Result<(), SendError<T>> {
        match self.send(&message, Deadline::NEVER) {
            Ok(()) => Ok(()),
            Err(NotSent::Full) => unreachable!("without a deadline, a wait never times out"),
            Err(NotSent::Disconnected) => Err(SendError::Disconnected(message)),
            Err(NotSent::Encode(reason)) => Err(SendError::Encode { message, reason }),
        }
    }

    fn send<T: Portable>(&self, message: &T, deadline: Deadline) -> Result<(), NotSent> {
        let push = |bytes: &[u8]| self.queue.push(bytes, deadline);
        let outcome = match wire::as_bytes(message) {
            Some(bytes) => Ok(push(bytes)),
            None => with_buffer(|bytes| {
                let (encoded, handles) = packing(|| wire::encode(message, bytes));
                encoded.map(|()| match handles.is_empty() {
                    true => push(bytes),
                    false => self.queue.push_with(bytes, handles, deadline),
                })
            }),
        };
        match outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err(NotPushed::Full)) => Err(NotSent::Full),
            Ok(Err(NotPushed::Disconnected)) => Err(NotSent::Disconnected),
            Ok(Err(NotPushed::NoMemory(error))) => {
                Err(NotSent::Encode(format!("no memory to hold it: {error}")))
            }
            Err(error) => Err(NotSent::Encode(error.to_string())),
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

/// Lends `f` an empty buffer that keeps its memory from message to message, unless it grew large.
fn with_buffer<R>(f: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    const MOST_KEPT: usize = 1 << 16;
    thread_local!(static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) });
    // A `Serialize` that itself sends finds the buffer in use and gets a new one, and so does a
    // thread that is ending.
    let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
    buffer.clear();
    let result = f(&mut buffer);
    if buffer.capacity() <= MOST_KEPT {
        let _ = BUFFER.try_with(|place| place.set(buffer));
    }
    result
}
