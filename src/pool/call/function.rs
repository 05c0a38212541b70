//! A task's function on its way to the workers.
//!
//! All workers run the same program. Two addresses are sent, relative to where it was loaded: that
//! of the function, and that of the code that knows its types and can call it.

use crate::pool::shared::functions::Function;
use crate::pool::worker::{function, function_with_state};
use crate::wire::{self, Portable};

/// A function whose types are erased.
#[derive(Clone, Copy)]
pub(in crate::pool) struct TaskFunction {
    pub(super) function: Function,
    /// The size of each encoded item, if all have the same.
    pub(super) item_size: Option<usize>,
}

impl TaskFunction {
    pub(in crate::pool) fn new<T: Portable, R: Portable>(f: fn(T) -> R) -> Self {
        Self {
            function: function(f),
            item_size: wire::fixed_size::<T>(),
        }
    }

    pub(in crate::pool) fn with_state<S: 'static, T: Portable, R: Portable>(
        f: fn(&mut S, T) -> R,
    ) -> Self {
        Self {
            function: function_with_state(f),
            item_size: wire::fixed_size::<T>(),
        }
    }
}
