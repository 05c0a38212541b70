//! A record of what ran where and when, for every program that uses this library.
//!
//! Set the environment variable `MULTIPROCESSING_TRACE` to the name of a file:
//!
//! ```text
//! $ MULTIPROCESSING_TRACE=trace.json cargo run
//! ```
//!
//! and open the file at <https://ui.perfetto.dev> or in `chrome://tracing`. Each process is a lane
//! with its name and a bar for its lifetime; a pool's worker also has bars for the chunks it ran.
//! Each bar records the CPU on which it began. If the variable is not set, all this costs one
//! branch.
//!
//! # The file
//!
//! The file is in the [Trace Event Format], as an array of events, one per line. Times are in
//! microseconds of the monotonic clock, so they are comparable across processes.
//!
//! | `ph` | `cat` | what it says |
//! |---|---|---|
//! | `M` | | `args.name` is the name of process `pid` |
//! | `B` | `process` | the process begins; `args.parent` is the pid of its parent |
//! | `B` | `chunk` | it begins a chunk of `args.items` items of a pool's call, if none are taken back |
//! | `E` | the same | the last thing that process `pid` began, and has not ended, ends |
//!
//! `args.cpu` is the number of the CPU.
//!
//! The file stays valid even if a process is killed at any moment. The format needs no closing
//! bracket. Each event is appended by one system call and is 256 bytes long, so it lies in one page
//! of the file and is written whole or not at all. When a parent learns that a child was killed, it
//! writes the missing ends of whatever that child and its own children had begun. Bars stay open
//! only if the very first process is killed.
//!
//! The first process of a program overwrites the file, unless a program that is still running
//! writes to it; then both append.
//!
//! [Trace Event Format]: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU

mod file;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use crate::error::Error;
use crate::identity::current;
use crate::sys::fork::at_exit;
use crate::sys::generation::Generation;
use crate::sys::wait::Status;
use file::{Event, Phase, TraceFile};

/// The environment variable that names the file.
pub const ENV_VAR: &str = "MULTIPROCESSING_TRACE";

static IS_ON: AtomicBool = AtomicBool::new(false);

static FILE: OnceLock<TraceFile> = OnceLock::new();

/// The generation that has begun. A copy of its process has not, and writes nothing.
static BEGUN: AtomicU32 = AtomicU32::new(0);

/// How many things this process has begun and not ended.
static OPEN: AtomicU32 = AtomicU32::new(0);

/// In the first process, before it starts its first child: opens the file, if one is wanted.
pub(crate) fn open() -> Result<(), Error> {
    static WAS_ASKED_FOR: AtomicBool = AtomicBool::new(true);
    if IS_ON.load(Relaxed) {
        // A copy that the program has made, such as a daemon, begins when it starts a child.
        if file().is_none() {
            process_begins();
        }
        return Ok(());
    }
    if !WAS_ASKED_FOR.load(Relaxed) {
        return Ok(());
    }
    let Some(name) = std::env::var_os(ENV_VAR).filter(|name| !name.is_empty()) else {
        WAS_ASKED_FOR.store(false, Relaxed);
        return Ok(());
    };
    let file = TraceFile::open(name.as_ref()).map_err(|error| {
        Error::system(
            format!("write the file that {ENV_VAR} names ({})", name.display()),
            error,
        )
    })?;
    if FILE.set(file).is_ok() {
        IS_ON.store(true, Relaxed);
        process_begins();
        at_exit(process_ends);
    }
    Ok(())
}

/// Where the events go, if they are wanted.
#[inline]
fn file() -> Option<&'static TraceFile> {
    if IS_ON.load(Relaxed) && BEGUN.load(Relaxed) == Generation::current().number() {
        FILE.get()
    } else {
        None
    }
}

/// In a new process, which has its name already.
#[inline]
pub(crate) fn process_begins() {
    if IS_ON.load(Relaxed) {
        FILE.get().inspect(|file| write_begin(file));
    }
}

fn write_begin(file: &TraceFile) {
    let current = current();
    let name = current.name();
    BEGUN.store(Generation::current().number(), Relaxed);
    OPEN.store(1, Relaxed);
    file.write(&[
        Event::here(Phase::Metadata, "", "process_name").with(|args| args.name = Some(name.into())),
        Event::here(Phase::Begin, "process", name)
            .with(|args| args.parent = Some(current.parent_pid())),
    ]);
}

/// In a process that is about to end, however it ends.
#[inline]
pub(crate) fn process_ends() {
    if let Some(file) = file() {
        write_ends(file);
    }
}

fn write_ends(file: &TraceFile) {
    let open = OPEN.swap(0, Relaxed);
    let end = |depth| {
        let cat = if depth == 0 { "process" } else { "chunk" };
        Event::here(Phase::End, cat, "")
    };
    file.write(&(0..open).rev().map(end).collect::<Vec<_>>());
}

/// In the parent, when it has reaped a child: writes the ends that the child could not write.
#[inline]
pub(crate) fn process_ended(pid: i32, status: Status) {
    let Some(file) = file() else { return };
    if status == Status::Exited(0) {
        return;
    }
    // If the file can't be read, it can't be completed; only the drawing depends on it.
    let _ = file.end_all_of(pid as u32);
}

/// In a worker that begins a chunk of this many items.
#[inline]
pub(crate) fn chunk_begins(items: u64) {
    let Some(file) = file() else { return };
    let name = format!("{items} item{}", if items == 1 { "" } else { "s" });
    OPEN.fetch_add(1, Relaxed);
    file.write(&[Event::here(Phase::Begin, "chunk", &name).with(|args| args.items = Some(items))]);
}

/// In a worker that has finished its chunk.
#[inline]
pub(crate) fn chunk_ends() {
    let Some(file) = file() else { return };
    OPEN.fetch_sub(1, Relaxed);
    file.write(&[Event::here(Phase::End, "chunk", "")]);
}
