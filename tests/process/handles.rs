//! What a parent can do with a child by its handle.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use multiprocessing::process::{Process, spawn};
use multiprocessing::{Cause, Error, Signal};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::support::circumstances::wait_until;

/// A child that answers 7 once it is sent a byte.
pub(crate) fn waiting_child() -> (Process<u32>, io::PipeWriter) {
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let child = spawn(move || {
        reader.read_exact(&mut [0]).expect("a byte");
        7
    });
    (child.expect("a child"), writer)
}

pub(crate) fn join_timeout() {
    let (mut child, mut writer) = waiting_child();
    for limit in [Duration::ZERO, Duration::from_millis(20)] {
        assert_eq!(child.join_timeout(limit).expect("no error"), None);
    }
    writer.write_all(b"!").expect("written");
    let answer = child.join_timeout(Duration::from_secs(30));
    assert_eq!(answer.expect("no error"), Some(7));
    // It stays answered.
    assert_eq!(
        child.join_timeout(Duration::ZERO).expect("no error"),
        Some(7)
    );
    assert_eq!(child.join().expect("an answer"), 7);
}

/// It must sleep, not spin.
pub(crate) fn join_timeout_without_end() {
    let used = || {
        let usage = getrusage(UsageWho::RUSAGE_SELF).expect("usage");
        (usage.user_time() + usage.system_time()).num_milliseconds()
    };
    let before = used();
    let mut child = spawn(|| thread::sleep(Duration::from_millis(500))).expect("a child");
    let answer = child.join_timeout(Duration::MAX);
    assert_eq!(answer.expect("no error"), Some(()));
    let spent = used() - before;
    assert!(spent < 100, "{spent} ms of work to wait for 500 ms");
}

pub(crate) fn is_running() {
    let (mut child, mut writer) = waiting_child();
    assert!(child.is_running());
    writer.write_all(b"!").expect("written");
    wait_until("the child has ended", || !child.is_running());
    assert_eq!(child.join().expect("an answer"), 7);
}

fn signal_that_ended(child: Process<u32>) -> i32 {
    match child.join() {
        Err(Error::Child(error)) => match error.cause {
            Cause::Signal(Signal(number)) => number,
            other => panic!("{other}"),
        },
        other => panic!("{other:?}"),
    }
}

pub(crate) fn terminate_and_kill() {
    let (mut child, _writer) = waiting_child();
    child.terminate().expect("a signal");
    assert_eq!(signal_that_ended(child), 15);
    let (mut child, _writer) = waiting_child();
    child.kill().expect("a signal");
    assert_eq!(signal_that_ended(child), 9);
    // The same where the child is watched through a descriptor.
    let (mut child, _writer) = waiting_child();
    assert_eq!(child.join_timeout(Duration::ZERO).expect("no error"), None);
    let _ = child.join_timeout(Duration::from_millis(1));
    child.terminate().expect("a signal");
    assert_eq!(signal_that_ended(child), 15);
}

pub(crate) fn an_ended_child_is_not_signalled() {
    let mut child = spawn(|| 7).expect("a child");
    wait_until("the child has ended", || !child.is_running());
    // It is reaped, and its number may be another's by now.
    child.terminate().expect("nothing to do");
    child.kill().expect("nothing to do");
    assert_eq!(child.join().expect("an answer"), 7);
}

pub(crate) fn a_dropped_one_ends_the_child() {
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let child = spawn(move || {
        let _writer = writer;
        thread::park();
    });
    drop(child.expect("a child"));
    assert_eq!(reader.read(&mut [0]).expect("the end"), 0);
    // Ended, but not joined.
    let mut child = spawn(|| 7).expect("a child");
    wait_until("the child has ended", || !child.is_running());
    drop(child);
    drop(spawn(|| "x".repeat(100_000)).expect("a child"));
}

pub(crate) fn an_inherited_one_is_refused() {
    let (elder, mut writer) = waiting_child();
    let elder = Rc::new(RefCell::new(Some(elder)));
    let copy = Rc::clone(&elder);
    let younger = spawn(move || {
        let mut inherited = copy.take().expect("a handle");
        let refusals = [
            inherited.terminate().unwrap_err(),
            inherited.kill().unwrap_err(),
            inherited.join_timeout(Duration::ZERO).unwrap_err(),
        ];
        assert!(
            refusals
                .iter()
                .all(|error| matches!(error, Error::Inherited { .. }))
        );
        assert!(!inherited.is_running());
        inherited.join().unwrap_err().to_string()
    });
    let error = younger.expect("a child").join().expect("an answer");
    assert_eq!(
        error,
        "this process belongs to the parent process; make one of your own in the child"
    );
    let mut elder = elder.take().expect("a handle");
    assert!(elder.is_running());
    writer.write_all(b"!").expect("written");
    assert_eq!(elder.join().expect("an answer"), 7);
}
