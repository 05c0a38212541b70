//! Signals to the program, and the end of the parent.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{park, sleep};
use std::time::{Duration, Instant};

use multiprocessing::process::{Process, spawn};
use multiprocessing::{Cause, Error, Pool, Signal};
use nix::sys::signal::{SigEvent, SigevNotify, Signal as Known, killpg, raise};
use nix::sys::timer::{Expiration, Timer, TimerSetTimeFlags};
use nix::time::ClockId;
use nix::unistd::{Pid, dup2_stderr, setpgid};
use signal_hook::flag;

use super::endings::{pids, send};
use crate::support::methods::{builder, pool_of};

/// What the tasks of a program do when the program ends.
#[derive(Clone, Copy)]
enum Workers {
    Idle,
    Busy,
    /// Each has a pool of its own, whose workers are busy.
    HavePools,
}

/// Says that it is ready, and never returns. If `workers` is not 0, they do it in its stead.
pub(crate) fn hang(workers: u32) {
    if workers > 0 {
        let mut pool = pool_of(workers as usize);
        pool.map_chunked(hang, vec![0; workers as usize], 1)
            .expect("not reached");
    }
    io::stderr().write_all(b"!").expect("a reader");
    loop {
        park();
    }
}

/// Starts a program with a pool of two workers, in a process group of its own. The pipe is its
/// stderr and its workers'; whoever is ready has written a byte.
fn program(workers: Workers) -> (Process<()>, PipeReader) {
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let program = move |writer: PipeWriter| {
        setpgid(Pid::from_raw(0), Pid::from_raw(0)).expect("a process group");
        dup2_stderr(writer).expect("stderr is the pipe");
        // Whoever runs the tests in the background may have had SIGINT ignored.
        let always = Arc::new(AtomicBool::new(true));
        flag::register_conditional_default(Known::SIGINT as i32, always).expect("a handler");
        let mut pool = pool_of(2);
        match workers {
            Workers::Idle => {
                pids(&mut pool);
                io::stderr().write_all(b"!!").expect("a reader");
                loop {
                    park();
                }
            }
            Workers::Busy => pool.map_chunked(hang, [0, 0], 1),
            Workers::HavePools => pool.map_chunked(hang, [1, 1], 1),
        }
        .expect("not reached");
    };
    let program = spawn(move || program(writer)).expect("a program");
    reader.read_exact(&mut [0; 2]).expect("two workers");
    (program, reader)
}

/// The program is ended by what `end` does to it, nobody is left, and nobody said a word.
fn ends_with_all_its_workers(end: impl Fn(&mut Process<()>), by: Known) {
    for workers in [Workers::Idle, Workers::Busy, Workers::HavePools] {
        let (mut program, mut reader) = program(workers);
        let start = Instant::now();
        end(&mut program);
        let mut noise = String::new();
        // The pipe ends when the last one is gone that has it.
        reader.read_to_string(&mut noise).expect("text");
        assert!(start.elapsed() < Duration::from_secs(10));
        assert_eq!(noise, "");
        match program.join() {
            Err(Error::Child(error)) => {
                assert_eq!(error.cause, Cause::Signal(Signal(by as i32)));
            }
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn the_parent_is_killed_by_sigkill() {
    ends_with_all_its_workers(|program| program.kill().expect("sent"), Known::SIGKILL);
}

pub(crate) fn the_parent_is_ended_by_sigterm() {
    ends_with_all_its_workers(|program| program.terminate().expect("sent"), Known::SIGTERM);
}

/// Ctrl-C on a terminal is a SIGINT to all processes of the group.
pub(crate) fn ctrl_c() {
    let ctrl_c = |program: &mut Process<()>| {
        let group = Pid::from_raw(program.pid() as i32);
        killpg(group, Known::SIGINT).expect("sent");
    };
    ends_with_all_its_workers(ctrl_c, Known::SIGINT);
}

/// A program that handles Ctrl-C itself finds its workers at work.
pub(crate) fn ctrl_c_that_the_program_handles() {
    let pressed = Arc::new(AtomicBool::new(false));
    flag::register(Known::SIGINT as i32, Arc::clone(&pressed)).expect("a handler");
    let mut pool = pool_of(2);
    for pid in pids(&mut pool) {
        send(Known::SIGINT, pid);
    }
    raise(Known::SIGINT).expect("sent");
    assert!(pressed.load(Ordering::Relaxed));
    let results = pool.map(|x: u32| x, 0..100).expect("results");
    assert!(results.into_iter().eq(0..100));
}

/// A worker leaves Ctrl-C to its parent. A command that it runs does not.
pub(crate) fn ctrl_c_reaches_the_programs_that_tasks_run() {
    // Whoever runs the tests in the background may have had SIGINT ignored.
    flag::register(Known::SIGINT as i32, Arc::default()).expect("a handler");
    let mut pool = pool_of(1);
    let task = |()| {
        let mut command = Command::new("sh");
        let status = command.args(["-c", "kill -INT $$; exit 7"]).status();
        status.expect("it runs").signal()
    };
    let signal = pool.apply(task, ()).expect("a result");
    assert_eq!(signal, Some(Known::SIGINT as i32));
}

pub(crate) fn a_signal_arrives_every_2_ms() {
    let seen = Arc::new(AtomicUsize::new(0));
    flag::register_usize(Known::SIGALRM as i32, Arc::clone(&seen), 1).expect("a handler");
    let alarm = SigEvent::new(SigevNotify::SigevSignal {
        signal: Known::SIGALRM,
        si_value: 0,
    });
    let mut timer = Timer::new(ClockId::CLOCK_MONOTONIC, alarm).expect("a timer");
    let every = Expiration::Interval(Duration::from_millis(2).into());
    timer.set(every, TimerSetTimeFlags::empty()).expect("set");
    for _ in 0..10 {
        let mut pool = pool_of(2);
        let slow = |x: u32| {
            sleep(Duration::from_millis(5));
            x
        };
        let results = pool.map_chunked(slow, 0..20, 1).expect("results");
        assert!(results.into_iter().eq(0..20));
        let long = pool.map(|x: u8| vec![x; 8 << 20], 0..3).expect("results");
        assert!(
            long.into_iter()
                .zip(0..)
                .all(|(long, x)| long == vec![x; 8 << 20])
        );
        let mut later = pool.apply_async(slow, 7).expect("a task");
        let limit = Duration::from_secs(30);
        assert_eq!(later.get_timeout(limit).expect("no error"), Some(7));
        pool.close().expect("closed");
    }
    assert_eq!(seen.load(Ordering::Relaxed), 1);
}

/// A pool whose workers do not listen to SIGTERM, and are busy.
fn deaf_pool() -> Pool<()> {
    let deafen = || {
        let heard = Arc::new(AtomicBool::new(false));
        flag::register(Known::SIGTERM as i32, heard).map(drop)
    };
    let pool = builder().workers(2).initializer(deafen);
    let mut pool = pool.build().expect("a pool");
    for _ in 0..2 {
        drop(pool.apply_async(hang, 0).expect("a task"));
    }
    pool
}

pub(crate) fn tasks_ignore_sigterm_when_the_pool_is_dropped() {
    let start = Instant::now();
    drop(deaf_pool());
    assert!(start.elapsed() < Duration::from_secs(10));
}

pub(crate) fn tasks_ignore_sigterm_when_the_pool_is_terminated() {
    let mut pool = deaf_pool();
    let start = Instant::now();
    pool.terminate(Duration::from_millis(50));
    assert!(start.elapsed() < Duration::from_secs(10));
    assert!(matches!(pool.apply(|x: u32| x, 1), Err(Error::Closed)));
}

/// The workers have the program's handler, so the signal does not end them.
pub(crate) fn a_program_that_handles_sigterm_ends_its_pools() {
    flag::register(Known::SIGTERM as i32, Arc::default()).expect("a handler");
    let start = Instant::now();
    // Idle ones leave, and need no grace.
    let mut pool = pool_of(2);
    pids(&mut pool);
    pool.terminate(Duration::from_secs(1000));
    // One that is busy finishes what it is at, and begins nothing else.
    let mut pool = pool_of(1);
    let slow = |x: u32| {
        sleep(Duration::from_millis(100));
        x
    };
    let results: Vec<_> = (0..100_u32)
        .map(|x| pool.apply_async(slow, x).expect("a task"))
        .collect();
    while !results[0].is_ready() {
        sleep(Duration::from_millis(1));
    }
    pool.terminate(Duration::from_secs(1000));
    let there = results.into_iter().map_while(|result| result.get().ok());
    assert!((1..10).contains(&there.count()));
    // One that never finishes is killed.
    let mut pool = pool_of(2);
    drop(pool.apply_async(hang, 0).expect("a task"));
    drop(pool);
    assert!(start.elapsed() < Duration::from_secs(10));
}

/// Those that end by SIGTERM need no grace.
pub(crate) fn terminate_does_not_use_up_its_grace() {
    let mut pool = pool_of(2);
    drop(pool.apply_async(hang, 0).expect("a task"));
    let start = Instant::now();
    pool.terminate(Duration::from_secs(1000));
    assert!(start.elapsed() < Duration::from_secs(10));
}
