//! The library's tests. Each runs on the main thread of a process of its own; see [`support`].

mod array;
mod barrier;
mod channel;
mod chaos;
mod condition;
mod event;
mod faults;
mod mutex;
mod process;
mod scope;
mod semaphore;
mod shared;
mod support;
mod sync_channel;
mod trace;
mod waiting;

use std::process::ExitCode;

fn main() -> ExitCode {
    support::run(&[
        array::TESTS,
        barrier::TESTS,
        channel::TESTS,
        chaos::TESTS,
        condition::TESTS,
        event::TESTS,
        faults::TESTS,
        mutex::TESTS,
        process::TESTS,
        scope::TESTS,
        semaphore::TESTS,
        shared::TESTS,
        sync_channel::TESTS,
        trace::TESTS,
        waiting::TESTS,
    ])
}
