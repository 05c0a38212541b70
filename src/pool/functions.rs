//! The functions that workers call, in memory that only their parent can write to.
//!
//! A slot of the table names a function by its number here, not by its address. So whatever a
//! broken worker writes into a slot, another worker calls a function that the parent registered,
//! which decodes its input as its own types: at worst, the results are wrong.

use std::collections::HashMap;
use std::io;
use std::mem::transmute;
use std::ptr::with_exposed_provenance;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::call::Call;
use super::chunk::Run;
use crate::sys::shared_part::SharedPart;

const MOST: usize = 1 << 16;

pub(super) struct Functions {
    memory: SharedPart,
    /// The numbers of those that are registered.
    numbers: HashMap<(usize, usize), usize>,
}

#[derive(Default)]
struct Entry {
    /// 0: no function has this number.
    run: AtomicUsize,
    call: AtomicUsize,
}

impl Functions {
    pub(super) fn new() -> io::Result<Self> {
        let memory = SharedPart::lazy(MOST * size_of::<Entry>())?;
        Ok(Self {
            memory,
            numbers: HashMap::new(),
        })
    }

    /// Whether children that are forked from now on have the functions.
    pub(super) fn lend(&self, lent: bool) {
        self.memory.lend(lent);
    }

    fn entry(&self, number: usize) -> Option<&Entry> {
        if number >= MOST {
            return None;
        }
        // SAFETY: `new` made room for this many entries.
        let entry = unsafe { self.memory.start().add(number * size_of::<Entry>()) };
        // SAFETY: as above, and they are made of atomics, for which all bits are values.
        Some(unsafe { entry.cast().as_ref() })
    }

    /// Parent: the number of a function, which it has from now on.
    ///
    /// # Errors
    /// If there are too many.
    pub(super) fn register(&mut self, call: Call) -> io::Result<usize> {
        let key = (call.run, call.call);
        if let Some(&number) = self.numbers.get(&key) {
            return Ok(number);
        }
        let number = self.numbers.len();
        let entry = self.entry(number).ok_or_else(|| {
            io::Error::other(format!(
                "a pool can call at most {MOST} different functions"
            ))
        })?;
        entry.call.store(call.call, Relaxed);
        entry.run.store(call.run, Relaxed);
        self.numbers.insert(key, number);
        Ok(number)
    }

    /// Worker: takes away its own right to write here, so that all that is ever here is what the
    /// parent registered.
    pub(super) fn protect(&self) -> io::Result<()> {
        self.memory.protect_from_writes()
    }

    /// Worker: the code that runs chunks of the function with this number, and the function's
    /// address. `None`: there is no such number.
    #[inline]
    pub(super) fn get(&self, number: usize) -> Option<(Run, usize)> {
        let entry = self.entry(number)?;
        let run = match entry.run.load(Relaxed) {
            0 => return None,
            run => with_exposed_provenance::<()>(run),
        };
        // SAFETY: only the parent can write here, and it wrote the address of a `Run`; a worker is
        // a fork of the parent, with the same code at the same addresses.
        let run = unsafe { transmute::<*const (), Run>(run) };
        Some((run, entry.call.load(Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_nobody_has_is_no_function() {
        let mut functions = Functions::new().expect("memory");
        let double: fn(u32) -> u32 = |x| 2 * x;
        let negate: fn(i32) -> i32 = |x| -x;
        let calls = [Call::new(double), Call::new(negate)];
        let numbers = calls.map(|call| functions.register(call).expect("room"));
        assert_eq!(functions.register(calls[0]).expect("room"), numbers[0]);
        for (call, number) in calls.into_iter().zip(numbers) {
            let (run, address) = functions.get(number).expect("a function");
            assert_eq!((run as usize, address), (call.run, call.call));
        }
        for number in [2, MOST - 1, MOST, usize::MAX / 16, usize::MAX] {
            assert!(functions.get(number).is_none());
        }
    }
}
