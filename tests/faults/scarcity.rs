//! Too little of what a pool needs.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::process::exit;
use std::time::{Duration, Instant};

use multiprocessing::process::spawn;
use multiprocessing::{Cause, Error, Pool};
use nix::errno::Errno;
use nix::sys::resource::Resource;

use super::endings::pids;
use crate::support::circumstances::{stop_being_root, with_limit};
use crate::support::methods::{builder, pool_of};

/// The number of descriptors that are open.
fn descriptors() -> u64 {
    File::open("/dev/null").expect("a file").as_raw_fd() as u64
}

#[track_caller]
fn is_refused(pool: Result<Pool, Error>, errno: Errno) {
    is_errno(&pool.unwrap_err(), errno);
}

#[track_caller]
fn is_errno(error: &Error, errno: Errno) {
    match error {
        Error::System { source, .. } => {
            assert_eq!(source.raw_os_error(), Some(errno as i32), "{source}");
        }
        other => panic!("{other}"),
    }
}

/// The runner sees to it that no child is left. Every number of descriptors is tried with which
/// one or the other can't be opened.
pub(crate) fn no_descriptors_left_at_creation() {
    let before = descriptors();
    let mut refusals = 0;
    loop {
        let limit = before + refusals;
        let pool = with_limit(Resource::RLIMIT_NOFILE, limit, || {
            builder().workers(3).build()
        });
        if let Ok(mut pool) = pool {
            assert_eq!(pool.apply(|x: u32| x, 1).expect("a result"), 1);
            break;
        }
        // Other tests of this user's may be sending descriptors to a server: they count, too.
        match pool.unwrap_err() {
            Error::System { source, .. }
                if source.raw_os_error() == Some(Errno::ETOOMANYREFS as i32) => {}
            error => is_errno(&error, Errno::EMFILE),
        }
        assert_eq!(descriptors(), before);
        refusals += 1;
    }
    assert!(refusals > 3, "{refusals} refusals");
}

/// So a thousand workers do with the usual limit of 1024.
pub(crate) fn a_worker_takes_one_descriptor() {
    let taken_by = |workers| {
        let count = || {
            std::fs::read_dir("/proc/self/fd")
                .expect("a folder")
                .count()
        };
        let before = count();
        let _pool = pool_of(workers);
        count() - before
    };
    assert_eq!(taken_by(12), taken_by(2) + 10);
}

pub(crate) fn no_processes_left_at_creation() {
    // In a child, as there is no way back from not being root.
    let child = spawn(|| {
        stop_being_root();
        let before = descriptors();
        // One may be started, and then no other.
        for limit in [0, 2, 3] {
            let pool = with_limit(Resource::RLIMIT_NPROC, limit, || {
                builder().workers(4).build()
            });
            is_refused(pool, Errno::EAGAIN);
            assert_eq!(descriptors(), before);
            let children = nix::sys::wait::wait();
            assert_eq!(children, Err(Errno::ECHILD), "a worker is left");
        }
        let mut pool = pool_of(4);
        assert_eq!(pids(&mut pool).len(), 4);
    });
    child.expect("a child").join().expect("as expected");
}

/// The pool goes on with those that it has, and has all again when it can.
pub(crate) fn nothing_is_left_for_a_worker_that_replaces_another() {
    let mut pool = pool_of(3);
    let before = pids(&mut pool);
    let full = descriptors();
    let task = |x: u32| if x == 3 { exit(5) } else { x };
    with_limit(Resource::RLIMIT_NOFILE, full - 3, || {
        let results = pool.map_results(task, 0..20).expect("results");
        let error = results[3].as_ref().unwrap_err();
        assert_eq!(error.worker.cause, Cause::Exit(5));
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 19);
        let results = pool.map(task, [1, 2]).expect("results");
        assert_eq!(results, [1, 2]);
    });
    let after = pids(&mut pool);
    assert_eq!((after.len(), before.intersection(&after).count()), (3, 2));
}

/// A worker dies, and all that is missing for another is the descriptor by which it is watched. The
/// results of the dead keep the place of theirs.
pub(crate) fn no_descriptor_to_watch_a_worker_by() {
    let task = |x: u32| {
        if x == 5 {
            exit(5);
        }
        // Long enough for a new worker to come into being.
        let start = Instant::now();
        while start.elapsed() < Duration::from_micros(200) {}
        format!("{x:0>40}")
    };
    let mut pool = pool_of(2);
    let full = descriptors();
    for _ in 0..400 {
        // The worker that is missing is started by the next call that can.
        assert_eq!(pool.apply(|x: u32| x, 1).expect("a result"), 1);
        with_limit(Resource::RLIMIT_NOFILE, full, || {
            let results = pool.map_results(task, 0..40).expect("results");
            for (x, result) in results.into_iter().enumerate() {
                match result {
                    Ok(text) => assert_eq!(text, format!("{x:0>40}")),
                    Err(error) => {
                        assert!(x == 5 && error.worker.cause == Cause::Exit(5), "{error}");
                    }
                }
            }
        });
    }
}

/// There is room for some results, but not for those of a whole chunk.
pub(crate) fn shared_memory_is_too_small_for_a_chunk() {
    const LIMIT: u64 = 1 << 20;
    // The workers keep the limit, beyond which no file is made longer.
    let mut pool = with_limit(Resource::RLIMIT_FSIZE, LIMIT, || pool_of(2));
    let results = pool
        .map_results(|()| 7_u64, std::iter::repeat_n((), 900_000))
        .expect("results");
    assert_eq!(results.len(), 900_000);
    let (done, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert!(done.into_iter().all(|result| result == Ok(7)));
    // One for each chunk that was too large, until its halves were not.
    assert!(lost.len() < 100, "{} are lost", lost.len());
    for error in lost {
        let error = error.unwrap_err().to_string();
        assert!(error.contains("no memory"), "{error}");
    }
}

/// It would end the caller, if it were tried.
pub(crate) fn an_argument_beyond_the_limit_of_files() {
    let mut pool = pool_of(1);
    with_limit(Resource::RLIMIT_FSIZE, 1 << 20, || {
        let refused = pool.apply(|bytes: Vec<u8>| bytes.len(), vec![1; 10 << 20]);
        let refused = refused.unwrap_err();
        is_errno(&refused, Errno::EFBIG);
        assert!(refused.to_string().contains("ulimit -f"), "{refused}");
    });
    let len = pool.apply(|bytes: Vec<u8>| bytes.len(), vec![1; 10 << 20]);
    assert_eq!(len.expect("a result"), 10 << 20);
}

/// Neither a SIGBUS nor a crash: the caller, or the task, is told.
pub(crate) fn shared_memory_is_exhausted() {
    const LIMIT: u64 = 1 << 30;
    let mut pool = with_limit(Resource::RLIMIT_AS, LIMIT, || pool_of(2));
    // The workers keep the limit, the caller does not have it any more.
    let task = |len: usize| vec![1_u8; len];
    let results = pool
        .map_results(task, [1000, 600 << 20, 2000])
        .expect("results");
    assert_eq!(results[0].as_ref().expect("a result").len(), 1000);
    assert_eq!(results[2].as_ref().expect("a result").len(), 2000);
    let error = results[1].as_ref().unwrap_err();
    assert!(
        matches!(&error.worker.cause, Cause::Encode(reason) if reason.contains("memory")),
        "{error}"
    );
    for len in (0..8).map(|i| 1_usize << (3 * i)) {
        let result = pool.apply(task, len).expect("a result");
        assert_eq!(result.len(), len);
    }
    // An argument that the caller finds no room for.
    let item = vec![1_u8; 600 << 20];
    let error = with_limit(Resource::RLIMIT_AS, LIMIT, || {
        pool.apply(|x: Vec<u8>| x.len(), item).unwrap_err()
    });
    assert!(
        matches!(&error, Error::System { source, .. } if source.raw_os_error() == Some(Errno::ENOMEM as i32)),
        "{error}"
    );
    assert_eq!(
        pool.apply(|x: Vec<u8>| x.len(), vec![1; 1 << 20])
            .expect("a result"),
        1 << 20
    );
}
