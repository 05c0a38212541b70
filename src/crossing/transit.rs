//! Handles in messages that were sent and not received yet. This process keeps them meanwhile.
//!
//! No thread waits for the receiver. This looks at what was received where the process has to wait
//! anyway, where it drops an end, and where it sends more.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Parcel;
use crate::sys::clock::{TICK, now};
use crate::sys::generation::Generation;

struct Transit {
    _handles: Vec<Parcel>,
    is_over: Box<dyn Fn() -> bool + Send>,
}

struct Table {
    entries: Vec<Transit>,
    swept: Duration,
    /// A copy of the process has copies of the entries, which are not its own.
    generation: Generation,
}

static TABLE: Mutex<Table> = Mutex::new(Table {
    entries: Vec::new(),
    swept: Duration::ZERO,
    generation: Generation::NONE,
});

/// How many entries there are.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Up to so many are looked at whenever there is an occasion; more, once a tick.
const FEW: usize = 64;

/// Keeps the handles until `is_over`, which is called with a lock held, says so.
pub(crate) fn keep(handles: Vec<Parcel>, is_over: impl Fn() -> bool + Send + 'static) {
    sweep();
    let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    table.generation = Generation::current();
    table.entries.push(Transit {
        _handles: handles,
        is_over: Box::new(is_over),
    });
    COUNT.store(table.entries.len(), Relaxed);
}

/// Drops what has been received, or never will be. It must not be called inside a monitor.
#[inline]
pub(crate) fn tidy() {
    if COUNT.load(Relaxed) > 0 {
        sweep();
    }
}

#[cold]
fn sweep() {
    /// Held all the time, since what is dropped here comes by here again.
    static SWEEPING: Mutex<()> = Mutex::new(());
    let Ok(_sweeping) = SWEEPING.try_lock() else {
        return;
    };
    let Ok(mut table) = TABLE.try_lock() else {
        return;
    };
    let is_copied = !table.generation.is_current();
    let since = now().saturating_sub(table.swept);
    if !is_copied && table.entries.len() > FEW && since < TICK {
        return;
    }
    let over = |transit: &mut Transit| is_copied || (transit.is_over)();
    let over: Vec<Transit> = table.entries.extract_if(.., over).collect();
    table.swept = now();
    COUNT.store(table.entries.len(), Relaxed);
    drop(table);
    drop(over);
}
