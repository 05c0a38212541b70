//! Too little of everything, and too many signals.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use multiprocessing::process::spawn;
use multiprocessing::{Array, Error};
use nix::errno::Errno;
use nix::sys::resource::Resource;
use nix::sys::signal::{SigEvent, SigevNotify, Signal};
use nix::sys::timer::{Expiration, Timer, TimerSetTimeFlags};
use nix::time::ClockId;
use signal_hook::flag;

use crate::support::circumstances::{stop_being_root, with_limit};

/// The descriptor that would be opened next.
fn next_descriptor() -> i32 {
    File::open("/dev/null").expect("a file").as_raw_fd()
}

#[track_caller]
fn is_refused<T>(result: Result<T, Error>, errno: Errno) -> String {
    match result.map(drop) {
        Err(Error::System { action, source }) => {
            assert_eq!(source.raw_os_error(), Some(errno as i32));
            action
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) fn no_processes_left() {
    // Tried by a child, as there is no way back from not being root.
    let child = spawn(|| {
        stop_being_root();
        let next = next_descriptor();
        with_limit(Resource::RLIMIT_NPROC, 0, || {
            let action = is_refused(spawn(|| 7), Errno::EAGAIN);
            assert_eq!(action, "start Process-1:1 (by `clone`)");
            is_refused(spawn(String::new), Errno::EAGAIN);
        });
        assert_eq!(next_descriptor(), next);
        spawn(|| 7).expect("a child").join().expect("an answer")
    });
    assert_eq!(child.expect("a child").join().expect("an answer"), 7);
}

pub(crate) fn no_descriptors_left() {
    with_limit(Resource::RLIMIT_NOFILE, 0, || {
        // A short answer needs none.
        assert_eq!(spawn(|| 7).expect("a child").join().expect("an answer"), 7);
        let action = is_refused(spawn(String::new), Errno::EMFILE);
        assert_eq!(
            action,
            "make room for the answer of Process-2 (by `memfd_create`)"
        );
        let mut child = spawn(thread::park).expect("a child");
        let watched = child.join_timeout(Duration::from_millis(1));
        is_refused(watched, Errno::EMFILE);
    });
    assert_eq!(
        spawn(String::new)
            .expect("a child")
            .join()
            .expect("an answer"),
        ""
    );
}

pub(crate) fn no_descriptors_left_to_read_an_answer() {
    let child = spawn(|| "x".repeat(100_000)).expect("a child");
    let answer = with_limit(Resource::RLIMIT_NOFILE, 0, || child.join());
    assert_eq!(answer.expect("an answer"), "x".repeat(100_000));
}

pub(crate) fn signals_all_the_time() {
    let seen = Arc::new(AtomicUsize::new(0));
    flag::register_usize(Signal::SIGALRM as i32, Arc::clone(&seen), 1).expect("a handler");
    let alarm = SigEvent::new(SigevNotify::SigevSignal {
        signal: Signal::SIGALRM,
        si_value: 0,
    });
    let mut timer = Timer::new(ClockId::CLOCK_MONOTONIC, alarm).expect("a timer");
    let every = Expiration::Interval(Duration::from_millis(2).into());
    timer.set(every, TimerSetTimeFlags::empty()).expect("set");

    let mut array = Array::from_slice(&vec![1u64; 1 << 20]).expect("an array");
    for _ in 0..10 {
        let slow = || thread::sleep(Duration::from_millis(10));
        spawn(slow).expect("a child").join().expect("an answer");
        let mut child = spawn(slow).expect("a child");
        let answer = child.join_timeout(Duration::from_secs(30));
        assert_eq!(answer.expect("no error"), Some(()));
        drop(spawn(thread::park).expect("a child"));
        let long = spawn(|| vec![7u8; 8 << 20]).expect("a child");
        assert_eq!(long.join().expect("an answer").len(), 8 << 20);
        multiprocessing::process::scope(|s| {
            for part in array.lend_mut().chunks(1 << 19) {
                s.spawn_with(part, |part| part.iter_mut().for_each(|x| *x += 1));
            }
        })
        .expect("no error");
    }
    assert!(array.iter().all(|&x| x == 11));
    assert_eq!(seen.load(Ordering::Relaxed), 1);
}
