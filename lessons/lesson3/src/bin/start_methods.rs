//! What a child has of its parent, by each start method.

use std::fs::{self, File};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::process::parent_id;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::{env, sync::mpsc, thread};

use multiprocessing::StartMethod::{Fork, ForkServer, Spawn};
use multiprocessing::{Error, process};

static NUMBER: AtomicU32 = AtomicU32::new(1);
const FILE: &str = "/proc/version";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    NUMBER.store(2, Relaxed);
    let file = File::open(FILE)?;
    env::set_current_dir("/proc")?;
    let parent = (file.as_raw_fd(), process::current().pid());

    print_row("", ["fork", "fork server", "spawn"]);
    compare("the number is", number, parent)?;
    compare("the file is", open_file, parent)?;
    compare("the directory is", directory, parent)?;
    compare("its parent is", parent_of, parent)?;

    let (stop, stopped) = mpsc::channel::<()>();
    let second = thread::spawn(move || stopped.recv());
    compare("beside a thread", threads, parent)?;
    drop(stop);
    let _ = second.join();
    Ok(())
}

/// An open file, and the process that has it.
type Parent = (RawFd, u32);

/// Starts a child by each method, and prints what it answers.
fn compare(what: &str, look: fn(Parent) -> String, parent: Parent) -> Result<(), Error> {
    let mut answers = Vec::new();
    for method in [Fork, ForkServer, Spawn] {
        let builder = process::Builder::new().start_method(method);
        answers.push(match builder.spawn_fn(look, parent) {
            Err(Error::ThreadsRunning { .. }) => "refused".to_owned(),
            child => child?.join()?,
        });
    }
    print_row(what, [&answers[0], &answers[1], &answers[2]]);
    Ok(())
}

fn print_row(what: &str, [fork, server, spawn]: [&str; 3]) {
    println!("{what:<17} {fork:<13} {server:<13} {spawn}");
}

fn number(_: Parent) -> String {
    NUMBER.load(Relaxed).to_string()
}

fn open_file((file, _): Parent) -> String {
    match fs::read_link(format!("/proc/self/fd/{file}")) {
        Ok(path) if path == Path::new(FILE) => "open".to_owned(),
        _ => "not there".to_owned(),
    }
}

fn directory(_: Parent) -> String {
    env::current_dir().map_or("none".to_owned(), |path| path.display().to_string())
}

fn parent_of((_, parent): Parent) -> String {
    match parent_id() == parent {
        true => "this program".to_owned(),
        false => "another".to_owned(),
    }
}

fn threads(_: Parent) -> String {
    let threads = fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    format!("{threads} thread")
}
