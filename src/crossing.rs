//! Handles on their way to another process: the ends of channels, mutexes and so on.
//!
//! A handle stands for memory, and another process gets that by a descriptor, which is no value. So
//! while the library sends something, the handles in it are put aside ([`packing`]) and encoded as
//! their place among these. Where the value is decoded, they are taken from what arrived
//! ([`unpacking`]). What is put aside is never encoded by the type's own code, which could make up a
//! handle: neither the kind of a handle nor its memory can be forged.
//!
//! The argument of a process is sent through a socket, and the descriptors with it. A message lies in
//! shared memory, where no descriptor can; it says which process has them, and the receiver opens
//! them there ([`message`]). Until then the sender keeps them ([`transit`]).
//!
//! A handle that counts, such as a sender, is counted on its way. One that is put aside belongs to
//! the sender until it is given to a child, or until the receiver of a message takes it over.

pub(crate) mod message;
pub(crate) mod transit;

use std::any::TypeId;
use std::cell::RefCell;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::io;
use std::os::fd::OwnedFd;
use std::thread::LocalKey;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use crate::sys::memory_file::{Kept, MemoryFile};
use crate::sys::owner::Owner;

/// A handle that another process can be given.
pub(crate) trait Crossing: Send + Sized + 'static {
    /// Another handle of the same thing. `None`: there are too many.
    fn another(&self) -> Option<Self>;

    /// The file that all of its memory lies in.
    fn memory(&self) -> &Kept;

    /// What the other process needs beside the memory.
    fn words(&self) -> Words {
        Words::default()
    }

    /// Makes it the other process's, if it counts.
    fn give_to(&self, _heir: Owner) {}

    /// The handle in the other process, which takes it over from `from`, or was given it.
    ///
    /// # Safety
    /// The file and the words must be those of a handle of this type.
    unsafe fn arrive(file: MemoryFile, words: Words, from: Option<Owner>) -> io::Result<Self>;
}

pub(crate) type Words = [u64; 3];

/// A handle that was put aside.
pub(crate) type Parcel = Box<dyn PutAside>;

/// A [`Crossing`] whose type is not known.
pub(crate) trait PutAside: Send {
    fn ticket(&self) -> Ticket;
    fn memory(&self) -> &Kept;
    fn give_to(&self, heir: Owner);
}

impl<H: Crossing> PutAside for H {
    fn ticket(&self) -> Ticket {
        Ticket {
            kind: kind::<H>(),
            words: self.words(),
        }
    }

    fn memory(&self) -> &Kept {
        Crossing::memory(self)
    }

    fn give_to(&self, heir: Owner) {
        Crossing::give_to(self, heir);
    }
}

/// What goes with a handle's descriptor.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ticket {
    kind: u64,
    words: Words,
}

/// The same in every process that runs the program.
fn kind<H: 'static>() -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(TypeId::of::<H>())
}

/// A handle that came from another process, which nobody has taken yet.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) ticket: Ticket,
    pub(crate) file: OwnedFd,
    /// Whose it is. `None`: this process's.
    pub(crate) from: Option<Owner>,
}

/// The most handles that can be sent at once; the kernel takes 253 descriptors at a time.
const MOST: usize = 240;

type Slot<T> = RefCell<Option<T>>;

thread_local! {
    static PACKED: Slot<Vec<Parcel>> = const { RefCell::new(None) };
    static ARRIVED: Slot<Vec<Option<Arrival>>> = const { RefCell::new(None) };
}

/// Encodes something by `encode`, and returns the handles in it as well.
pub(crate) fn packing<R>(encode: impl FnOnce() -> R) -> (R, Vec<Parcel>) {
    within(&PACKED, Vec::new(), encode)
}

/// Decodes something by `decode`, in which are handles that arrived.
pub(crate) fn unpacking<R>(arrived: Vec<Arrival>, decode: impl FnOnce() -> R) -> R {
    within(&ARRIVED, arrived.into_iter().map(Some).collect(), decode).0
}

/// Runs `f` with `value` in the slot, and returns what is there afterwards.
#[inline]
fn within<T: Default, R>(
    slot: &'static LocalKey<Slot<T>>,
    value: T,
    f: impl FnOnce() -> R,
) -> (R, T) {
    /// Puts back what was there, even if `f` panics.
    struct Restore<T: 'static>(&'static LocalKey<Slot<T>>, Option<T>);
    impl<T> Drop for Restore<T> {
        fn drop(&mut self) {
            let before = self.1.take();
            // A thread that is ending has no slot.
            let _ = self.0.try_with(|slot| slot.replace(before));
        }
    }
    let before = slot.try_with(|slot| slot.replace(Some(value)));
    let _restore = Restore(slot, before.ok().flatten());
    let result = f();
    let after = slot.try_with(RefCell::take).ok().flatten();
    (result, after.unwrap_or_default())
}

pub(crate) fn serialize<H: Crossing, S: Serializer>(
    handle: &H,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let place = put_aside(handle).map_err(ser::Error::custom)?;
    serializer.serialize_u32(place)
}

fn put_aside<H: Crossing>(handle: &H) -> Result<u32, String> {
    let packed = |use_of_it: &mut dyn FnMut(&mut Vec<Parcel>) -> u32| {
        let place = PACKED.try_with(|slot| slot.borrow_mut().as_mut().map(use_of_it));
        place.ok().flatten().ok_or_else(|| {
            "a handle of shared memory is no value: it can be sent as the argument of `spawn_fn` \
             or in a message of a channel, or be captured by a child that is forked"
                .to_owned()
        })
    };
    if packed(&mut |packed| packed.len() as u32)? as usize >= MOST {
        return Err(format!("at most {MOST} handles can be sent at once"));
    }
    let cannot = |reason: &dyn std::fmt::Display| format!("a handle in it can't be sent: {reason}");
    let kept = Crossing::memory(handle).file();
    kept.map_err(|error| cannot(&error))?;
    let mut another = handle.another();
    if another.is_none() {
        return Err(cannot(&"there are as many of its kind as can be"));
    }
    packed(&mut |packed| {
        packed.extend(another.take().map(|another| Box::new(another) as Parcel));
        packed.len() as u32 - 1
    })
}

pub(crate) fn deserialize<'de, H: Crossing, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<H, D::Error> {
    let place = u32::deserialize(deserializer)?;
    take_out(place).map_err(de::Error::custom)
}

fn take_out<H: Crossing>(place: u32) -> Result<H, String> {
    let arrival = ARRIVED.try_with(|slot| {
        let mut arrived = slot.borrow_mut();
        let place = arrived.as_mut()?.get_mut(place as usize)?;
        place.take_if(|arrival| arrival.ticket.kind == kind::<H>())
    });
    let Some(Arrival { ticket, file, from }) = arrival.ok().flatten() else {
        return Err("here should be a handle, and none was sent".to_owned());
    };
    let handle = MemoryFile::received(file).and_then(|file| {
        // SAFETY: it was a handle of this kind that the library has sent.
        unsafe { H::arrive(file, ticket.words, from) }
    });
    handle.map_err(|error| format!("a handle in it did not arrive: {error}"))
}

/// Implements serde's traits for a handle.
macro_rules! crosses {
    ([$($generics:tt)*] $handle:ty) => {
        /// Works while the library sends the handle: in the argument of a process
        /// ([`spawn_fn`](crate::process::Builder::spawn_fn)), or in a message of a
        /// [channel](mod@crate::channel#handles-in-messages). Anywhere else, it is an error.
        impl<$($generics)*> serde::Serialize for $handle {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::crossing::serialize(self, serializer)
            }
        }

        /// As for `Serialize`.
        impl<'de, $($generics)*> serde::Deserialize<'de> for $handle {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::crossing::deserialize(deserializer)
            }
        }
    };
}
pub(crate) use crosses;
