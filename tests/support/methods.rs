//! The start method that the current test is run by.

use std::fs;
use std::sync::OnceLock;

use multiprocessing::process::Builder as ProcessBuilder;
use multiprocessing::{Pool, StartMethod, pool};

pub(crate) const METHODS: [StartMethod; 3] = [
    StartMethod::Fork,
    StartMethod::ForkServer,
    StartMethod::Spawn,
];

static BY: OnceLock<StartMethod> = OnceLock::new();

pub(super) fn begin(method: StartMethod) {
    BY.set(method).expect("a process runs one test");
    if method == StartMethod::Fork {
        return;
    }
    // So that the server, and what the library keeps for the next process, is there before.
    let child = process().spawn(|| ()).expect("a process");
    child.join().expect("it returns");
}

pub(crate) fn by() -> StartMethod {
    BY.get().copied().unwrap_or_default()
}

/// A pool of this many workers, by the method of this test.
pub(crate) fn pool_of(workers: usize) -> Pool {
    builder().workers(workers).build().expect("a pool")
}

pub(crate) fn builder() -> pool::Builder {
    Pool::builder().start_method(by())
}

pub(crate) fn process() -> ProcessBuilder {
    ProcessBuilder::new().start_method(by())
}

/// Whether a process was started as a fork server.
pub(super) fn is_fork_server(pid: &str) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let mut variables = environment.split(|byte| *byte == 0);
    variables.any(|variable| variable.starts_with(b"MULTIPROCESSING_START=server"))
}
