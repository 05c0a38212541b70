//! Never ends, and neither do its child and grandchild, each in a group of its own. All
//! three hold a line to the test, which so learns of their deaths.

use std::env;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;

fn main() {
    let generation: u32 = env::args().nth(1).map_or(0, |arg| arg.parse().unwrap());
    if generation < 2 {
        let mut child = Command::new(env::current_exe().unwrap());
        child.arg((generation + 1).to_string()).process_group(0);
        child.spawn().unwrap();
    }
    println!("generation {generation}");
    let _line = UnixStream::connect("alive").unwrap();
    loop {
        thread::park();
    }
}
