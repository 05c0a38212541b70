//! Prints a gigabyte.

use std::io::Write;
use std::os::unix::net::UnixStream;

fn main() {
    let _line = UnixStream::connect("alive").unwrap();
    let line = [b"x".repeat(1023), b"\n".to_vec()].concat();
    for _ in 0..1 << 20 {
        std::io::stdout().write_all(&line).unwrap();
    }
}
