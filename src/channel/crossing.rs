//! The ends of a channel as handles that can be sent.

use std::io;
use std::sync::Arc;

use nix::errno::Errno;

use super::queue::{End, Queue};
use super::{Handle, Receiver, Sender, SyncSender};
use crate::crossing::{Crossing, Words, crosses};
use crate::holders::Hold;
use crate::sys::memory_file::{Kept, MemoryFile};
use crate::sys::owner::Owner;

impl Handle {
    fn another(&self) -> Option<Self> {
        Some(Self {
            queue: Arc::clone(&self.queue),
            end: self.end,
            hold: self.queue.try_add(self.end)?,
        })
    }

    fn words(&self) -> Words {
        let [record, serial] = self.hold.words();
        [record, serial, self.queue.bound() as u64]
    }

    fn give_to(&self, heir: Owner) {
        self.queue
            .pass_on(self.end, &self.hold, Owner::current(), heir);
    }

    /// # Safety
    /// The file must be that of a queue, which another process has made.
    unsafe fn arrive(
        end: End,
        file: MemoryFile,
        [record, serial, bound]: Words,
        from: Option<Owner>,
    ) -> io::Result<Self> {
        // SAFETY: the caller's promise.
        let queue = unsafe { Queue::joined(file, bound as usize) }?;
        let hold = Hold::from_words([record, serial]);
        if let Some(from) = from
            && !queue.pass_on(end, &hold, from, Owner::current())
        {
            return Err(Errno::EPIPE.into());
        }
        Ok(Self {
            queue: Arc::new(queue),
            end,
            hold,
        })
    }
}

macro_rules! ends {
    ($($handle:ident: $end:ident)*) => {$(
        impl<T: 'static> Crossing for $handle<T> {
            fn another(&self) -> Option<Self> {
                self.handle().another().map(Self::new)
            }

            fn memory(&self) -> &Kept {
                self.handle().queue.memory()
            }

            fn words(&self) -> Words {
                self.handle().words()
            }

            fn give_to(&self, heir: Owner) {
                self.handle().give_to(heir);
            }

            unsafe fn arrive(
                file: MemoryFile,
                words: Words,
                from: Option<Owner>,
            ) -> io::Result<Self> {
                // SAFETY: the caller's promise.
                unsafe { Handle::arrive(End::$end, file, words, from) }.map(Self::new)
            }
        }

        crosses!([T: 'static] $handle<T>);
    )*};
}

ends! { Sender: Sender SyncSender: Sender Receiver: Receiver }
