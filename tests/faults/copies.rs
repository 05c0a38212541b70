//! Copies of a process that the library did not fork: by `fork` in a task, or by `daemon`.

use std::cell::Cell;
use std::io::{Read, Write, pipe};
use std::os::unix::process::CommandExt;
use std::process::{Command, exit, id};
use std::thread::{park, sleep, yield_now};
use std::time::Duration;

use fork::{Fork, fork};
use multiprocessing::process::{scope, spawn};
use multiprocessing::{Array, Barrier, Error, Event, Mutex, Semaphore, channel};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Pid, daemon, dup2_stderr, geteuid, getpid, getppid};

use crate::support::methods::{builder, pool_of};

/// Runs `f` in a copy of this process, and returns how the copy ended.
fn in_a_copy(f: impl FnOnce()) -> WaitStatus {
    match fork().expect("a copy") {
        Fork::Child => {
            f();
            exit(0)
        }
        Fork::Parent(copy) => waitpid(Pid::from_raw(copy), None).expect("its end"),
    }
}

#[track_caller]
fn ends_well(f: impl FnOnce()) {
    let end = in_a_copy(f);
    assert!(matches!(end, WaitStatus::Exited(_, 0)), "{end:?}");
}

/// What a process and its copies print on stderr, until the last of them has ended.
fn errors_of(f: impl FnOnce() + 'static) -> String {
    let (mut reader, writer) = pipe().expect("a pipe");
    let process = spawn(move || {
        dup2_stderr(&writer).expect("stderr is the pipe");
        drop(writer);
        f();
    });
    let _ = process.expect("a process").join();
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("text");
    text
}

fn all_are_right(f: fn(u64) -> u64) {
    let mut pool = pool_of(2);
    for _ in 0..20 {
        let results = pool.map_chunked(f, 0..50, 5).expect("results");
        assert!(results.into_iter().eq((0..50).map(|x| x * x)));
    }
}

/// Makes a copy, and waits until it has been stopped. `None` in the copy.
fn copy_of_the_worker() -> Option<()> {
    match fork().expect("a copy") {
        Fork::Child => None,
        Fork::Parent(copy) => {
            let end = waitpid(Pid::from_raw(copy), None).expect("its end");
            assert!(matches!(end, WaitStatus::Exited(_, 1)), "{end:?}");
            Some(())
        }
    }
}

pub(crate) fn that_panic_in_a_task() {
    all_are_right(|x| {
        if x == 3 {
            copy_of_the_worker().expect("the copy panics");
        }
        x * x
    });
}

pub(crate) fn that_return_from_a_task() {
    all_are_right(|x| {
        if x == 3 {
            copy_of_the_worker();
        }
        x * x
    });
}

/// The copy goes on alone, and the worker's end is that of the item.
pub(crate) fn that_become_daemons_in_a_task() {
    let mut pool = pool_of(2);
    let task = |x: u64| {
        if x == 3 {
            daemon(true, false).expect("a daemon");
        }
        x
    };
    for _ in 0..5 {
        let results = pool.map_results(task, 0..20).expect("results");
        for (x, result) in (0..20).zip(results) {
            assert_eq!(result.ok(), (x != 3).then_some(x));
        }
    }
}

pub(crate) fn that_come_out_of_an_initializer() {
    let initializer = || {
        copy_of_the_worker();
        Ok::<_, String>(7)
    };
    let pool = builder().workers(2).initializer(initializer);
    let mut pool = pool.build().expect("a pool");
    let sums = pool.map_with(|seven: &mut u64, x: u64| *seven + x, 0..50);
    assert!(sums.expect("results").into_iter().eq(7..57));
}

pub(crate) fn that_come_out_of_a_child() {
    let child = spawn(|| {
        let copy = copy_of_the_worker();
        copy.map_or_else(|| vec![0; 5000], |_| vec![7; 5000])
    });
    let answer = child.expect("a child").join().expect("an answer");
    assert_eq!(answer, vec![7; 5000]);
    let text = errors_of(|| {
        copy_of_the_worker();
    });
    assert!(text.contains("returned from the code of a task"), "{text}");
}

/// Neither the end of the borrow nor that of the child stops the copy: its next touch does.
pub(crate) fn with_a_loan() {
    let text = errors_of(|| {
        let mut array = Array::from_slice(&[0_u64; 100]).expect("an array");
        let ended = scope(|s| {
            s.spawn_with(array.lend_mut(), |lent| -> () {
                daemon(true, true).expect("a daemon");
                loop {
                    lent[50] += 1;
                }
            });
        });
        assert!(ended.is_err());
        assert_eq!(array[50], 0);
    });
    assert!(text.contains("it touched shared memory"), "{text}");
}

/// The references that the original has are of no use to a copy, its handle is inert, and the
/// original keeps what it has.
pub(crate) fn of_the_owner_of_an_array() {
    let mut array = Array::from_slice(&[1_u64, 2]).expect("an array");
    let part = &mut array[..1];
    let end = in_a_copy(|| part[0] = 9);
    assert!(
        matches!(end, WaitStatus::Signaled(_, Signal::SIGSEGV, _)),
        "{end:?}"
    );
    part[0] = 5;
    let end = in_a_copy(|| exit(array[1] as i32));
    assert!(matches!(end, WaitStatus::Exited(_, 101)), "{end:?}");
    let array = Cell::new(Some(array));
    ends_well(|| drop(array.take()));
    assert_eq!(array.take().expect("still there")[..], [5, 2]);
}

pub(crate) fn with_a_guard() {
    let mutex = Mutex::new([0_u64; 2]).expect("a mutex");
    let own = mutex.clone();
    let child = spawn(move || -> () {
        let mut guard = own.lock().expect("the lock");
        guard[0] = 1;
        let reference = &mut *guard;
        daemon(true, false).expect("a daemon");
        loop {
            reference[1] += 1;
        }
    });
    child.expect("a child").join().unwrap_err();
    let guard = mutex.lock().unwrap_err().into_inner();
    assert_eq!(*guard, [1, 0]);
    // The same, if the original goes on: the lock stays its own, whatever the copy does.
    let end = in_a_copy(|| exit(guard[0] as i32));
    assert!(matches!(end, WaitStatus::Exited(_, 101)), "{end:?}");
    let copied = Cell::new(Some(guard));
    ends_well(|| drop(copied.take()));
    let end = in_a_copy(|| exit(mutex.try_lock().is_err().into()));
    assert!(matches!(end, WaitStatus::Exited(_, 101)), "{end:?}");
    let other = mutex.clone();
    let busy = spawn(move || other.try_lock().is_err());
    assert!(matches!(busy, Err(Error::LockHeld { .. })));
    assert_eq!(*copied.take().expect("still held"), [1, 0]);
}

/// Programs that a process runs while it holds a lock are copies for a moment.
pub(crate) fn that_execute_a_program() {
    let mutex = Mutex::new(1).expect("a mutex");
    let _array = Array::from_slice(&[1]).expect("an array");
    let guard = mutex.lock().expect("the lock");
    // With a user, it is started by `fork`, and not by `posix_spawn`.
    let output = Command::new("echo")
        .arg("7")
        .uid(geteuid().as_raw())
        .output();
    assert_eq!(output.expect("output").stdout, b"7\n");
    assert_eq!(*guard, 1);
}

/// A copy that was there before is a process like others: it takes the lock, and its death is seen.
pub(crate) fn that_die_with_a_lock_of_their_own() {
    let mutex = Mutex::new(1).expect("a mutex");
    drop(mutex.lock());
    let end = in_a_copy(|| {
        let _guard = mutex.lock().expect("the lock");
        kill(getpid(), Signal::SIGKILL).expect("not reached");
    });
    assert!(matches!(end, WaitStatus::Signaled(..)), "{end:?}");
    let died = mutex.lock_timeout(Duration::from_secs(10)).unwrap_err();
    assert_eq!(Error::from(died).to_string(), Error::Poisoned.to_string());
}

/// It calls, drops, and ends, and the original does not notice.
/// As after `daemon`: the original has ended, and the copy goes on.
pub(crate) fn that_use_a_channel_of_an_original_that_ended() {
    let (mut reader, mut writer) = pipe().expect("a pipe");
    let process = spawn(move || {
        let (sender, receiver) = channel::<u32>().expect("a channel");
        let original = getpid();
        if let Fork::Child = fork().expect("a copy") {
            while getppid() == original {
                yield_now();
            }
            let unsent = sender.send(1).expect_err("no receiver").to_string();
            let unreceived = receiver.recv().expect_err("no sender").to_string();
            write!(writer, "{unsent}\n{unreceived}\n").expect("a reader");
            exit(0);
        }
    });
    process.expect("a process").join().expect("the original");
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("text");
    assert_eq!(text.lines().count(), 2, "{text}");
    for line in text.lines() {
        assert!(line.ends_with("make it afterwards"), "{line}");
    }
}

pub(crate) fn of_the_parent() {
    let mut pool = pool_of(2);
    let mut child = spawn(park_for_ever).expect("a child");
    let slow = |x: u64| {
        sleep(Duration::from_millis(1));
        x
    };
    let mut results = pool.imap(slow, 0..50).expect("results");
    assert_eq!(results.next().expect("one").expect("a value"), 0);
    let copied = Cell::new(Some(results));
    ends_well(|| {
        let mut results = copied.take().expect("a copy");
        assert!(matches!(results.next(), Some(Err(Error::Inherited { .. }))));
        assert!(matches!(child.kill(), Err(Error::Inherited { .. })));
        drop(results);
    });
    let rest: Result<Vec<u64>, Error> = copied.into_inner().expect("the results").collect();
    assert!(rest.expect("values").into_iter().eq(1..50));
    let pool = Cell::new(Some((pool, child)));
    ends_well(|| {
        let (mut pool, child) = pool.take().expect("a copy");
        assert!(matches!(
            pool.apply(|x: u32| x, 1),
            Err(Error::Inherited { .. })
        ));
        assert!(matches!(child.join(), Err(Error::Inherited { .. })));
        pool.terminate(Duration::ZERO);
        drop(pool);
        // What it makes itself is its own.
        let mut own = pool_of(1);
        assert_eq!(own.apply(|x: u32| x, 1).expect("a result"), 1);
    });
    let (mut pool, mut child) = pool.take().expect("still there");
    assert_eq!(pool.apply(|x: u32| x, 1).expect("a result"), 1);
    assert!(child.is_running());
}

fn park_for_ever() {
    loop {
        park();
    }
}

pub(crate) fn of_a_busy_parent() {
    let mut pool = pool_of(2);
    let items = (0..500).inspect(|x| {
        if x % 100 == 50 {
            // The copy is in the middle of the call, and leaves it with an error.
            match fork().expect("a copy") {
                Fork::Child => {}
                Fork::Parent(copy) => {
                    let end = waitpid(Pid::from_raw(copy), None).expect("its end");
                    assert!(matches!(end, WaitStatus::Exited(_, 3)), "{end:?}");
                }
            }
        }
    });
    let original = id();
    let results = pool.map_chunked(|x: u64| x * x, items, 1);
    if id() != original {
        exit(if matches!(results, Err(Error::Inherited { .. })) {
            3
        } else {
            4
        });
    }
    assert!(
        results
            .expect("results")
            .into_iter()
            .eq((0..500).map(|x| x * x))
    );
}

/// A copy does not own the handle that it inherited: neither its end nor its panic is that of a
/// participant.
pub(crate) fn with_a_barrier_and_an_event() {
    let barrier = Cell::new(Some(Barrier::new(2).expect("a barrier")));
    let event = Cell::new(Some(Event::new().expect("an event")));
    ends_well(|| drop((barrier.take(), event.take())));
    let panicked = in_a_copy(|| {
        let _barrier = barrier.take();
        panic!("as it should");
    });
    assert!(!matches!(panicked, WaitStatus::Exited(_, 0)));
    let (barrier, event) = (barrier.take().unwrap(), event.take().unwrap());
    assert!(!barrier.is_broken());
    let theirs = (barrier.clone(), event.clone());
    let child = spawn(move || {
        theirs.1.wait();
        theirs.0.wait().map(drop)
    });
    event.set();
    barrier.wait().expect("both come");
    child
        .expect("a child")
        .join()
        .expect("an answer")
        .expect("both came");
}

pub(crate) fn with_a_permit() {
    let semaphore = Semaphore::new(1).expect("a semaphore");
    let permit = Cell::new(Some(semaphore.acquire()));
    ends_well(|| {
        drop(permit.take());
        assert!(semaphore.try_acquire().is_none());
    });
    assert!(semaphore.try_acquire().is_none());
    drop(permit.take());
    assert!(semaphore.try_acquire().is_some());
}
