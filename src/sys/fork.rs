//! Making a process, and what a process must know about its relatives and threads.

use super::call::Named;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::unistd::{ForkResult, fork as nix_fork, getppid, gettid};

/// How many guards of locks in shared memory this process holds.
///
/// A child would inherit a copy of each guard, and two processes would be inside one lock.
pub(crate) static LOCKS_HELD: AtomicUsize = AtomicUsize::new(0);

/// Which side of the fork the caller is on.
pub(crate) enum Side {
    Parent { child: i32 },
    Child,
}

// ANCHOR: fork
/// Forks.
///
/// # Safety
/// No other thread may run: the child would lack it, and the locks it held
/// (of stdout, of the environment) would stay locked there.
#[inline]
pub(crate) unsafe fn fork() -> io::Result<Side> {
    // SAFETY: the caller promises that this is the only thread.
    match unsafe { nix_fork() }.by("clone")? {
        ForkResult::Parent { child } => Ok(Side::Parent {
            child: child.as_raw(),
        }),
        ForkResult::Child => Ok(Side::Child),
    }
}
// ANCHOR_END: fork

// ANCHOR: die_with
/// Asks the kernel to kill this process when `parent` ends, and leaves at
/// once if it already has.
#[inline]
pub(crate) fn die_with(parent: i32) {
    // SAFETY: the call takes a signal and touches no memory of ours.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    let now = getppid().as_raw();
    // 0 means the parent is outside this process's namespace, and can't be
    // named here.
    if now != parent && now != 0 {
        exit_now(1);
    }
}
// ANCHOR_END: die_with

/// Ends the process without running destructors or `atexit` handlers: those are the parent's.
#[inline]
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: `_exit` takes any code and does not return.
    unsafe { libc::_exit(code) }
}

/// Runs `last` when this process, or a child of it, returns from `main` or calls `exit`. A child
/// that leaves by [`exit_now`] does not run it. Only the first call counts.
pub(crate) fn at_exit(last: fn()) {
    static LAST: OnceLock<fn()> = OnceLock::new();
    extern "C" fn run() {
        LAST.get().inspect(|last| last());
    }
    if LAST.set(last).is_ok() {
        // SAFETY: `run` takes nothing and returns nothing, and a program's code stays in place.
        unsafe { libc::atexit(run) };
    }
}

/// The number of other threads in this process, or 0.
///
/// The kernel may need a little longer to clear away a thread that was just joined (microseconds,
/// or milliseconds on a busy machine), so a non-zero answer is only given once it has persisted.
pub(crate) fn other_threads() -> usize {
    const PATIENCE: Duration = Duration::from_millis(100);
    if is_single_threaded() {
        return 0;
    }
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        thread::sleep(Duration::from_micros(50));
        if is_single_threaded() {
            return 0;
        }
    }
    count_threads().saturating_sub(1).max(1)
}

/// `unshare(CLONE_VM)` fails exactly when the memory is shared with another thread, and does
/// nothing otherwise. It costs a fraction of reading `/proc`. Where it is forbidden, as in some
/// containers, `/proc` is read.
#[inline]
pub(crate) fn is_single_threaded() -> bool {
    // SAFETY: the call touches no memory of ours.
    match Errno::result(unsafe { libc::unshare(libc::CLONE_VM) }) {
        Ok(_) => true,
        Err(Errno::EINVAL) => false,
        Err(_) => count_threads() == 1,
    }
}

/// `/proc/self/task` has one folder per thread, so its link count is 2 more than the number of
/// threads.
fn count_threads() -> usize {
    fs::metadata("/proc/self/task").map_or(2, |task| task.nlink().saturating_sub(2) as usize)
}

/// The names of the other threads in this process, as far as they can be seen.
pub(crate) fn names_of_other_threads() -> Vec<String> {
    let own = gettid().to_string();
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten();
    tasks
        .flatten()
        .filter(|task| task.file_name() != *own)
        .filter_map(|task| fs::read_to_string(task.path().join("comm")).ok())
        .map(|name| name.trim_end().to_owned())
        .collect()
}
