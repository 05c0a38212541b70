//! How children end.

use std::process::{abort, exit};
use std::thread::park;
use std::time::Duration;

use multiprocessing::{Cause, Error, Signal};
use nix::libc::{SIGABRT, SIGKILL, SIGSEGV, SIGTERM};
use nix::sys::signal::{Signal as Known, raise};

use super::{METHODS, by};

fn wait_for_ever() -> u8 {
    loop {
        park();
    }
}

fn cause(result: Result<u8, Error>) -> Cause {
    match result {
        Err(Error::Child(error)) => error.cause,
        other => panic!("{other:?}"),
    }
}

#[test]
fn by_themselves() {
    for method in METHODS {
        let end = |f: fn(()) -> u8| cause(by(method).spawn_fn(f, ()).unwrap().join());
        assert_eq!(end(|()| exit(3)), Cause::Exit(3));
        assert_eq!(end(|()| abort()), Cause::Signal(Signal(SIGABRT)));
        let segfault = |()| {
            raise(Known::SIGSEGV).unwrap();
            0
        };
        assert_eq!(end(segfault), Cause::Signal(Signal(SIGSEGV)));
        let line = line!() + 1;
        let Cause::Panic(panic) = end(|()| panic!("oh {}", 1)) else {
            panic!()
        };
        assert_eq!(panic.message, "oh 1");
        assert!(
            panic.location.starts_with(&format!("{}:{line}:", file!())),
            "{panic}"
        );
    }
}

#[test]
fn by_their_parent() {
    for method in METHODS {
        let mut child = by(method).spawn(wait_for_ever).unwrap();
        assert!(child.is_running());
        assert_eq!(child.join_timeout(Duration::from_millis(1)).unwrap(), None);
        child.terminate().unwrap();
        assert_eq!(cause(child.join()), Cause::Signal(Signal(SIGTERM)));
        let mut child = by(method).spawn(wait_for_ever).unwrap();
        child.kill().unwrap();
        let result = child.join_timeout(Duration::from_secs(60));
        assert_eq!(
            cause(result.map(Option::unwrap)),
            Cause::Signal(Signal(SIGKILL))
        );
        assert!(!child.is_running());
    }
}

#[test]
fn with_their_handle() {
    for method in METHODS {
        let child = by(method).spawn(wait_for_ever).unwrap();
        let pid = child.pid();
        drop(child);
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    }
}

#[test]
fn a_program_in_its_place() {
    use std::os::unix::process::CommandExt;
    for method in METHODS {
        let child = by(method).spawn_fn(
            |()| -> u8 { panic!("{}", std::process::Command::new("false").exec()) },
            (),
        );
        assert_eq!(cause(child.unwrap().join()), Cause::Exit(1));
    }
}
