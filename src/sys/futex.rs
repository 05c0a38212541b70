//! Sleeping on a word of shared memory, and waking the sleepers.

use std::ptr;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use nix::libc;

/// Sleeps while `word` holds `expected`, until it is woken, a signal arrives or `timeout` has
/// passed. The caller must check the word again.
pub(crate) fn wait(word: &AtomicU32, expected: u32, timeout: Option<Duration>) {
    let limit = timeout.map(|timeout| libc::timespec {
        tv_sec: timeout.as_secs().try_into().unwrap_or(libc::time_t::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    });
    // SAFETY: the word is a live, aligned atomic, and the limit is null or lives through the call.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT,
            expected,
            limit.as_ref().map_or(ptr::null(), ptr::from_ref),
        )
    };
}

/// Wakes at most `count` sleepers, and returns how many it woke.
pub(crate) fn wake(word: &AtomicU32, count: u32) -> usize {
    let count = count.min(i32::MAX as u32);
    // SAFETY: the word is a live, aligned atomic; waking touches no memory of ours.
    let woken = unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, count) };
    woken.try_into().unwrap_or(0)
}
