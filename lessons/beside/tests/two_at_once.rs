//! Tests that start processes, as `cargo test` runs them: each on a thread
//! of its own, several at once.

use multiprocessing::process::Builder;
use multiprocessing::{Cause, Error, Pool, Signal, StartMethod};

/// As a C function might that is given a wrong address.
fn segfault() {
    let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGSEGV);
}

#[test]
fn a_segfault_is_an_error_of_one_test() {
    let child = Builder::new().start_method(StartMethod::ForkServer);
    let error = child.spawn(segfault).unwrap().join().unwrap_err();
    let Error::Child(error) = error else {
        panic!("{error}");
    };
    assert_eq!(error.cause, Cause::Signal(Signal(11)));
}

#[test]
fn a_pool_computes_meanwhile() {
    let pool = Pool::builder().workers(2);
    let mut pool = pool.start_method(StartMethod::ForkServer).build().unwrap();
    let squares = pool.map(|x: u64| x * x, 1..=1000).unwrap();
    assert_eq!(squares.into_iter().sum::<u64>(), 333_833_500);
}
