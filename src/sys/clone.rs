//! Makes a child of this process's parent: a copy that is its sibling.
//!
//! `fork` can only make a child of the caller. `clone` can make one of the caller's parent
//! (`CLONE_PARENT`), but the C library does not offer that, and a bare `clone` leaves it with stale
//! information about the thread in the copy. So what else `fork` does is done here, as far as it
//! matters in a process with one thread:
//!
//! - The C library keeps the thread's id in memory, where `pthread_mutex_lock`, among others, reads
//!   it. The kernel knows the address and writes the new id there (`CLONE_CHILD_SETTID`).
//! - The new thread's list of robust locks is registered again, since the kernel does not copy the
//!   registration.
//! - No other thread can hold a lock of the allocator, stdio or the loader, so none has to be
//!   released in the copy.
//! - Handlers set by `pthread_atfork` do not run. This library's own is called. Any others could
//!   only come from static constructors, since no other code of the program has run.

use std::io;
use std::ptr;

use nix::errno::Errno;
use nix::libc;
use nix::unistd::gettid;

use super::fork::is_single_threaded;
use super::generation::{self, Generation};

/// What the kernel must be told about the thread of each copy.
pub(crate) struct Cloner {
    /// Where the C library keeps the thread's id.
    tid: *mut libc::pid_t,
    robust_list: *mut libc::c_void,
    robust_list_len: usize,
}

impl Cloner {
    /// Returns `None` if this process has other threads, or the kernel does not provide what is
    /// needed.
    pub(crate) fn new() -> Option<Self> {
        let mut cloner = Self {
            tid: ptr::null_mut(),
            robust_list: ptr::null_mut(),
            robust_list_len: 0,
        };
        // SAFETY: the kernel writes one address, for which there is room.
        Errno::result(unsafe { libc::prctl(libc::PR_GET_TID_ADDRESS, &raw mut cloner.tid) })
            .ok()?;
        // SAFETY: it is null, or the C library told the kernel that its thread id is there.
        let known = unsafe { cloner.tid.as_ref() }.copied();
        // SAFETY: the kernel writes one address and one length, for which there is room.
        let asked = unsafe {
            libc::syscall(
                libc::SYS_get_robust_list,
                0,
                &raw mut cloner.robust_list,
                &raw mut cloner.robust_list_len,
            )
        };
        Errno::result(asked).ok()?;
        Generation::current(); // so that there is one to leave
        (known == Some(gettid().as_raw()) && is_single_threaded()).then_some(cloner)
    }

    /// Makes the copy. Returns `None` in the copy, and its pid in this process.
    ///
    /// # Safety
    /// This must be the only thread, and the copy must not use what this process holds exclusively.
    pub(crate) unsafe fn make_sibling(&self) -> io::Result<Option<i32>> {
        let flags = libc::CLONE_PARENT | libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID;
        // `clone3` is hidden by the sandboxes of many containers, so it is `clone`. Architectures
        // differ in which of the last two arguments is the address of the id; the other is only
        // read if a flag says so. The copy has the same exit signal as this process. SAFETY:
        // without a stack or shared memory, this is a fork. The caller promises that it is sound,
        // and `new` found out that the thread's id is at the address.
        let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, self.tid, self.tid) };
        let pid = Errno::result(pid)?;
        if pid > 0 {
            return Ok(Some(pid as i32));
        }
        // SAFETY: the list is that of this thread, which the C library registered in the original.
        unsafe {
            libc::syscall(
                libc::SYS_set_robust_list,
                self.robust_list,
                self.robust_list_len,
            )
        };
        generation::begin_in_clone();
        Ok(None)
    }
}
