//! The functions that workers call, in memory that only the parent can write.
//!
//! A slot names a function by its number here, not by its address. So whatever a corrupt worker
//! writes into a slot, another worker calls a function that the parent registered, which decodes
//! its input as its own type: at worst, the results are wrong.
//!
//! Addresses are relative to where the program was loaded, which differs in a worker that is not a
//! fork.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::sys::code::Code;
use crate::sys::shared_part::SharedPart;

const CAPACITY: usize = 1 << 16;

/// A task's function as addresses in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::pool) struct Function {
    /// The code that runs a chunk, compiled for the types of its items.
    pub(in crate::pool) runner: usize,
    /// The caller's function, which the runner calls with each item.
    pub(in crate::pool) task: usize,
}

pub(in crate::pool) struct Functions {
    memory: SharedPart,
    base: usize,
    /// The numbers of those that are registered.
    numbers: HashMap<Function, usize>,
}

#[derive(Default)]
struct Entry {
    /// 0 if no function has this number.
    runner: AtomicUsize,
    task: AtomicUsize,
}

impl Functions {
    /// In memory made by `part`.
    pub(in crate::pool) fn new(part: fn(usize) -> io::Result<SharedPart>) -> io::Result<Self> {
        Ok(Self::from_part(part(Self::LEN)?))
    }

    /// The size of the memory, in bytes.
    pub(in crate::pool) const LEN: usize = CAPACITY * size_of::<Entry>();

    /// Worker: the functions it was sent, in [`LEN`](Self::LEN) bytes.
    pub(in crate::pool) fn from_part(memory: SharedPart) -> Self {
        Self {
            memory,
            base: Code::base(),
            numbers: HashMap::new(),
        }
    }

    /// What children must be lent or sent.
    pub(in crate::pool) fn memory(&self) -> &SharedPart {
        &self.memory
    }

    fn entry(&self, number: usize) -> Option<&Entry> {
        if number >= CAPACITY {
            return None;
        }
        // SAFETY: `new` made room for this many entries, here or in the parent.
        let entry = unsafe { self.memory.start().add(number * size_of::<Entry>()) };
        // SAFETY: as above, and entries consist of atomics, for which every bit pattern is valid.
        Some(unsafe { entry.cast().as_ref() })
    }

    /// Parent: returns the number of a function, which it keeps from now on.
    ///
    /// # Errors
    /// If there are too many functions.
    pub(in crate::pool) fn register(&mut self, function: Function) -> io::Result<usize> {
        if let Some(&number) = self.numbers.get(&function) {
            return Ok(number);
        }
        let number = self.numbers.len();
        let entry = self.entry(number).ok_or_else(|| {
            io::Error::other(format!(
                "a pool can call at most {CAPACITY} different functions"
            ))
        })?;
        let from_base = |address: usize| address.wrapping_sub(self.base);
        entry.task.store(from_base(function.task), Relaxed);
        entry.runner.store(from_base(function.runner), Relaxed);
        self.numbers.insert(function, number);
        Ok(number)
    }

    /// Worker: gives up its own right to write here, so that every entry is one that the parent
    /// registered.
    ///
    /// # Errors
    /// If the system refuses.
    pub(in crate::pool) fn protect(&self) -> io::Result<()> {
        self.memory.protect_from_writes()
    }

    /// Worker: the function with this number, or `None` if there is none.
    #[inline]
    pub(in crate::pool) fn get(&self, number: usize) -> Option<Function> {
        let entry = self.entry(number)?;
        let runner = entry.runner.load(Relaxed);
        let task = entry.task.load(Relaxed);
        (runner != 0).then_some(Function {
            runner: self.base.wrapping_add(runner),
            task: self.base.wrapping_add(task),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unused_number_is_no_function() {
        let mut functions = Functions::new(SharedPart::lazy).expect("memory");
        let known = [(1, 2), (1, 3)].map(|(runner, task)| Function { runner, task });
        let numbers = known.map(|function| functions.register(function).expect("room"));
        assert_eq!(functions.register(known[0]).expect("room"), numbers[0]);
        for (function, number) in known.into_iter().zip(numbers) {
            assert_eq!(functions.get(number), Some(function));
        }
        for number in [2, CAPACITY - 1, CAPACITY, usize::MAX / 16, usize::MAX] {
            assert_eq!(functions.get(number), None);
        }
    }
}
