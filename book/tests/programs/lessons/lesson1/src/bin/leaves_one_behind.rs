//! Ends, but its child does not.

use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

fn main() {
    // It has a line to the test as its standard input.
    let line = UnixStream::connect("alive").unwrap();
    let mut child = Command::new("sleep");
    child.arg("infinity").process_group(0);
    child.stdin(Stdio::from(std::os::fd::OwnedFd::from(line)));
    child.spawn().unwrap();
    println!("I leave.");
}
