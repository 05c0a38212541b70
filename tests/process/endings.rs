//! How a child may end without an answer, and what its parent is told.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, exit};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use multiprocessing::process::{exit_on_broken_pipe, spawn};
use multiprocessing::{Cause, Error, Portable, Signal};
use nix::sys::ptrace;
use nix::sys::signal::{Signal as Known, raise};
use nix::unistd::{Pid, dup2_stdout};

use super::panics::panic_message;
use crate::support::circumstances::prepared_by;
use crate::support::circumstances::stat;

/// Why a child that runs `f` gives no answer.
pub(crate) fn cause<T: Portable + std::fmt::Debug>(f: impl FnOnce() -> T + 'static) -> Cause {
    let child = spawn(f).expect("a child");
    let pid = child.pid();
    match child.join() {
        Err(Error::Child(error)) => {
            assert_eq!(error.pid, pid);
            error.cause
        }
        other => panic!("not a child's error: {other:?}"),
    }
}

pub(crate) fn a_thread_that_keeps_stdout() {
    let child = spawn(|| {
        let (sender, locked) = mpsc::channel();
        thread::spawn(move || {
            let _stdout = io::stdout().lock();
            sender.send(()).expect("a receiver");
            thread::park();
        });
        locked.recv().expect("the lock is taken");
        7
    });
    assert_eq!(child.expect("a child").join().expect("an answer"), 7);
}

pub(crate) fn exit_codes() {
    for code in [0, 1, 3, 101, 255] {
        assert_eq!(cause::<()>(move || exit(code)), Cause::Exit(code));
    }
    let error = spawn(|| -> () { exit(0) }).expect("a child").join();
    let text = error.unwrap_err().to_string();
    assert!(
        text.ends_with("exited with code 0 before it gave its answer"),
        "{text}"
    );
}

pub(crate) fn signals_by_name() {
    // The last: two more than the first real-time signal, which has no fixed number.
    for signal in [
        "TERM",
        "KILL",
        "USR1",
        "SEGV",
        "ABRT",
        "PIPE",
        "$((34 + 2))",
    ] {
        let kill = format!("kill -{signal} $$");
        let child =
            spawn(move || -> () { panic!("{}", Command::new("sh").args(["-c", &kill]).exec()) });
        let text = child.expect("a child").join().unwrap_err().to_string();
        let name = match signal {
            "$((34 + 2))" => "SIGRTMIN+2".to_owned(),
            _ => format!("SIG{signal}"),
        };
        assert!(text.contains(&format!("was killed by {name}")), "{text}");
    }
}

pub(crate) fn overflow() -> u64 {
    fn deep(depth: u64) -> u64 {
        match depth {
            0 => 0,
            _ => std::hint::black_box(deep(depth - 1)) + 1,
        }
    }
    deep(u64::MAX)
}

pub(crate) fn a_stack_overflow() {
    assert_eq!(cause(overflow), Cause::Signal(Signal(6)));
}

pub(crate) fn another_program() {
    let replaced = || -> () { panic!("{}", Command::new("true").exec()) };
    assert_eq!(cause(replaced), Cause::Exit(0));
}

pub(crate) fn a_status_that_is_lost() {
    if !prepared_by("env", "--ignore-signal=CHLD") {
        return;
    }
    assert_eq!(spawn(|| 7).expect("a child").join().expect("an answer"), 7);
    assert_eq!(panic_message(|| -> () { panic!("heard") }), "heard");
    let unknown = cause::<()>(|| exit(3));
    assert_eq!(unknown, Cause::Unknown);
    let text = unknown.to_string();
    assert!(text.contains("this program ignores SIGCHLD"), "{text}");
    let mut child = spawn(thread::park).expect("a child");
    child.kill().expect("a signal");
    assert!(child.join().is_err());
    drop(spawn(thread::park).expect("a child"));
}

/// Gives this process a stdout that nobody reads, and prints.
fn print_into_nowhere() {
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    dup2_stdout(writer).expect("stdout is the pipe");
    println!("unheard");
    io::stdout().flush().expect("flushed");
}

pub(crate) fn a_broken_pipe() {
    let message = panic_message(print_into_nowhere);
    assert!(message.contains("Broken pipe"), "{message}");
}

pub(crate) fn a_broken_pipe_that_ends_the_program() {
    let program = || -> u32 {
        exit_on_broken_pipe();
        let _ = spawn(print_into_nowhere).expect("a child").join();
        7
    };
    assert_eq!(cause(program), Cause::Signal(Signal(13)));
}

/// Other code of the program waits for any child.
pub(crate) fn a_status_that_somebody_else_took() {
    let child = spawn(|| -> () { exit(3) }).expect("a child");
    let waited = nix::sys::wait::wait().expect("a status");
    assert_eq!(
        waited.pid().map(|pid| pid.as_raw() as u32),
        Some(child.pid())
    );
    let text = child.join().unwrap_err().to_string();
    assert!(
        text.contains("something else in this program has waited for it"),
        "{text}"
    );
    assert!(!text.contains("SIGCHLD"), "{text}");
    // An answer arrives all the same.
    let child = spawn(|| 7).expect("a child");
    nix::sys::wait::wait().expect("a status");
    assert_eq!(child.join().expect("an answer"), 7);
}

/// The kernel reports the stops of a traced child to whoever waits for its end.
pub(crate) fn a_traced_child_that_stops_has_not_ended() {
    let mut child = spawn(|| {
        ptrace::traceme().expect("a tracer");
        raise(Known::SIGWINCH).expect("a stop");
        7
    })
    .expect("a child");
    let pid = Pid::from_raw(child.pid() as i32);
    let is_stopped = || stat(pid).expect("a child").state == 't';
    while !is_stopped() {
        let answer = child.join_timeout(Duration::from_millis(1));
        assert_eq!(answer.expect("no end"), None);
    }
    assert_eq!(child.join_timeout(Duration::ZERO).expect("no end"), None);
    assert!(child.is_running());
    ptrace::cont(pid, None).expect("a stopped child");
    assert_eq!(child.join().expect("an answer"), 7);
}
