//! What pools leave behind, and what workers hold.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::thread::park;

use multiprocessing::process::spawn;
use multiprocessing::{Array, Pool};
use nix::unistd::dup2_stderr;

use super::endings::pids;
use super::signals::hang;
use crate::support::methods::pool_of;

fn descriptors() -> BTreeSet<String> {
    let all = fs::read_dir("/proc/self/fd").expect("a folder");
    let all = all.map(|fd| fs::read_link(fd.expect("a descriptor").path()).unwrap_or_default());
    all.map(|target| target.to_string_lossy().into_owned())
        .filter(|target| !target.starts_with("/proc"))
        .collect()
}

/// The runner counts what is left.
pub(crate) fn open_and_close_1000_pools() {
    for i in 0..1000 {
        let mut pool = pool_of(2);
        if i % 3 > 0 {
            assert_eq!(pool.apply(|x: u32| x + 1, i).expect("a result"), i + 1);
        }
        if i % 2 == 0 {
            pool.close().expect("closed");
        }
    }
}

/// Of the library's descriptors, a worker has those that it needs: its pool's input and bell, and
/// its own output. None of another pool, of another worker or of a process.
pub(crate) fn a_pipe_of_the_parent_is_held_open() {
    let before = descriptors();
    let child = spawn(|| -> Vec<u8> {
        loop {
            park();
        }
    });
    let array = Array::from_slice(&[1_u8; 100_000]).expect("an array");
    let mut other = pool_of(3);
    assert_eq!(pids(&mut other).len(), 3);
    let mut pool = pool_of(2);
    let seen = pool.apply(|(): ()| descriptors(), ()).expect("a result");
    let own: Vec<&String> = seen.difference(&before).collect();
    assert!(own.len() <= 3, "{own:?}");
    drop((array, child));
}

pub(crate) fn a_pool_inside_a_worker() {
    let mut pool = pool_of(2);
    let task = |x: u64| {
        let mut inner = Pool::new(2).expect("a pool in a worker");
        let squares = inner.map(|x: u64| x * x, 0..x).expect("results");
        squares.into_iter().sum::<u64>()
    };
    let sums = pool.map_chunked(task, 0..20, 1).expect("results");
    let expected = (0..20).map(|x: u64| (0..x).map(|x| x * x).sum());
    assert!(sums.into_iter().eq::<Vec<u64>>(expected.collect()));
}

/// The runner looks for them.
pub(crate) fn workers_of_workers_end_with_the_pool() {
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let program = spawn(move || {
        dup2_stderr(writer).expect("stderr is the pipe");
        let mut pool = pool_of(2);
        drop(pool.apply_async(hang, 2).expect("a task"));
        reader.read_exact(&mut [0; 2]).expect("both are busy");
        drop(pool);
    });
    program.expect("a program").join().expect("no error");
}

pub(crate) fn files_are_left_in_dev_shm_after_everyone_is_killed() {
    let program = spawn(|| {
        let mut pool = pool_of(2);
        let array = Array::from_slice(&[1_u8; 100_000]).expect("an array");
        pool.map(|x: u8| vec![x; 1 << 20], [1, 2]).expect("results");
        drop(array);
        nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL).expect("not reached");
    });
    program.expect("a program").join().expect_err("killed");
}
