//! The shared memory that a pool keeps, and gives back.

use std::fs;
use std::os::unix::fs::MetadataExt;

use multiprocessing::pool::AsyncResult;
use multiprocessing::process;

use super::endings::pids;
use crate::support::circumstances::{is_asleep, wait_until};
use crate::support::methods::pool_of;

const MIB: usize = 1 << 20;

/// How much memory the arenas of this process's pools take up.
fn arenas() -> usize {
    let descriptors = fs::read_dir("/proc/self/fd").expect("a folder");
    let paths = descriptors.map(|entry| entry.expect("an entry").path());
    let is_arena = |path: &std::path::PathBuf| {
        fs::read_link(path).is_ok_and(|target| target.to_string_lossy().contains("memfd:arena"))
    };
    let blocks = paths
        .filter(is_arena)
        .map(|path| fs::metadata(path).expect("what is open").blocks() as usize);
    blocks.sum::<usize>() * 512
}

fn large(_: u32) -> Vec<u8> {
    vec![1; 4 * MIB]
}

/// What a large call has used goes with it, and what a small one has used is kept for the next.
pub(crate) fn a_large_call_leaves_nothing() {
    let mut pool = pool_of(2);
    for _ in 0..3 {
        let results = pool.map(large, 0..100).expect("results");
        assert!(results.iter().all(|result| *result == large(0)));
        assert!(arenas() < 2 * MIB, "{} bytes", arenas());
        let inputs = (0..30).map(|_| large(0));
        let lens = pool
            .map_chunked(|x: Vec<u8>| x.len(), inputs, 1)
            .expect("results");
        assert_eq!(lens, [4 * MIB; 30]);
        assert!(arenas() < 2 * MIB, "{} bytes", arenas());
    }
    let result = pool.apply(large, 0).expect("a result");
    assert_eq!(result.len(), 4 * MIB);
    assert!(arenas() > 4 * MIB, "{} bytes", arenas());
}

/// Results that nobody has asked for yet stay until somebody does, or drops them.
pub(crate) fn results_that_wait_are_kept() {
    let mut pool = pool_of(2);
    let mut waiting: Vec<_> = (0..100)
        .map(|x| pool.apply_async(large, x).expect("a task"))
        .collect();
    let last = waiting.pop().expect("one");
    for result in waiting {
        assert!(result.get().expect("a result") == large(0));
    }
    assert_eq!(pool.map(|x: u32| x, 0..100).expect("results").len(), 100);
    assert!(last.get().expect("a result") == large(0));
    assert!(arenas() < 2 * MIB, "{} bytes", arenas());
    // And a failure in between.
    let error = pool.map(
        |x: u32| if x == 60 { panic!("at 60") } else { large(x) },
        0..100,
    );
    assert!(error.is_err());
    pool.close().expect("closed");
    assert!(arenas() < 170 * MIB, "{} bytes", arenas());
}

/// It goes at once, and not with the next call.
pub(crate) fn results_that_are_dropped_unread() {
    fn very_large(_: u32) -> Vec<u8> {
        vec![1; 44 * MIB]
    }
    let mut pool = pool_of(4);
    let workers = pids(&mut pool);
    let have_arrived = |count: usize| {
        arenas() >= count * 44 * MIB && workers.iter().all(|worker| is_asleep(*worker))
    };
    let mut results = pool.imap(very_large, 0..5).expect("results");
    results.next().expect("one").expect("a result");
    wait_until("all are there", || have_arrived(4));
    drop(results);
    assert!(arenas() < 2 * MIB, "{} bytes", arenas());

    let results = (0..4).map(|x| pool.apply_async(very_large, x).expect("a task"));
    let results: Vec<_> = results.collect();
    wait_until("all are there", || have_arrived(4));
    drop(results);
    assert!(arenas() < 2 * MIB, "{} bytes", arenas());
}

/// The machine's shared memory.
fn shared() -> usize {
    let info = fs::read_to_string("/proc/meminfo").expect("a file");
    let line = info
        .lines()
        .find(|line| line.starts_with("Shmem:"))
        .expect("a line");
    let kib = line.split_whitespace().nth(1).expect("a number");
    kib.parse::<usize>().expect("a number") * 1024
}

/// A child that was forked since has mapped it, too.
pub(crate) fn a_pools_memory_goes_with_it_though_a_later_child_lives() {
    let mut pool = pool_of(1);
    let results: Vec<_> = (0..150)
        .map(|x| pool.apply_async(large, x).expect("a task"))
        .collect();
    wait_until("all are there", || {
        results.iter().all(AsyncResult::is_ready)
    });
    assert!(arenas() >= 600 * MIB);
    let child = process::spawn(|| {
        loop {
            std::thread::park();
        }
    });
    let mut child: process::Process<()> = child.expect("a process");
    let before = shared();
    drop(results);
    drop(pool);
    wait_until("it is given back", || shared() + 400 * MIB < before);
    child.kill().expect("killed");
}
