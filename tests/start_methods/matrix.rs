//! Each start method, for processes and for pools, in programs of all kinds, with deaths in each.

use std::process::{abort, exit};

use multiprocessing::StartMethod::{self, Fork, ForkServer};
use multiprocessing::{Cause, Error, Pool, Signal};
use nix::sys::signal::{Signal as Known, raise};
use rayon::prelude::*;

use super::pools::{is_at_full_strength, pool};
use super::{METHODS, by};

fn end(how: u32) -> u32 {
    match how {
        3 => exit(3),
        5 => abort(),
        7 => panic!("seven"),
        9 => raise(Known::SIGKILL).map_or(0, |()| 0),
        other => other,
    }
}

fn is_right(how: u32, cause: &Cause) -> bool {
    match how {
        3 => *cause == Cause::Exit(3),
        5 => *cause == Cause::Signal(Signal(6)),
        7 => matches!(cause, Cause::Panic(panic) if panic.message == "seven"),
        _ => how == 9 && *cause == Cause::Signal(Signal(9)),
    }
}

fn works(method: StartMethod) {
    assert_eq!(by(method).spawn(|| 6 * 7).unwrap().join().unwrap(), 42);
    for how in 0..10 {
        match by(method).spawn_fn(end, how).unwrap().join() {
            Ok(answer) => assert_eq!(answer, how),
            Err(Error::Child(error)) => assert!(is_right(how, &error.cause), "{error}"),
            Err(error) => panic!("{error}"),
        }
    }
    let mut pool = pool(method).build().unwrap();
    for _ in 0..3 {
        for (how, result) in (0..10).zip(pool.map_results(end, 0..10).unwrap()) {
            match result {
                Ok(answer) => assert_eq!(answer, how),
                Err(error) => assert!(is_right(how, &error.worker.cause), "{error}"),
            }
        }
        assert!(is_at_full_strength(&mut pool));
    }
    pool.close().unwrap();
}

/// A fork is refused beside threads, and the error says what is not.
fn works_beside_threads() {
    METHODS.into_iter().for_each(works);
    for error in [
        by(Fork).spawn(|| ()).unwrap_err(),
        Pool::new(2).unwrap_err(),
    ] {
        assert!(matches!(error, Error::ThreadsRunning { .. }), "{error}");
        let text = error.to_string();
        assert!(
            text.ends_with("`start_method(StartMethod::ForkServer)`"),
            "{text}"
        );
    }
}

/// Runs `f` in a process that has one thread so far.
fn in_a_program(f: fn(()) -> ()) {
    by(ForkServer).spawn_fn(f, ()).unwrap().join().unwrap();
}

#[test]
fn in_a_plain_program() {
    in_a_program(|()| {
        works(Fork);
        METHODS.into_iter().for_each(works);
    });
}

#[test]
fn after_rayon_was_used() {
    in_a_program(|()| {
        works(Fork);
        assert_eq!((0..1000_u64).into_par_iter().sum::<u64>(), 499_500);
        works_beside_threads();
    });
}

#[test]
fn beside_tokio() {
    in_a_program(|()| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            works_beside_threads();
            tokio::task::spawn_blocking(works_beside_threads)
                .await
                .unwrap();
        });
    });
}

#[test]
fn in_a_test() {
    works_beside_threads();
}

#[test]
fn in_another_test_at_the_same_time() {
    works_beside_threads();
}
