//! What `/proc` says about a process or thread.

use std::fs::File;
use std::io::{self, Read};

/// Some of the fields of `/proc/<pid>/stat`.
pub(super) struct Stat {
    state: u8,
    threads: u32,
    pub(super) start: u64,
}

impl Stat {
    pub(super) fn read(pid: i32) -> io::Result<Self> {
        let mut line = [0; 512];
        let len = File::open(format!("/proc/{pid}/stat"))?.read(&mut line)?;
        Self::parse(&line[..len]).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// The second field is the program's name in parentheses, which may contain anything. The state
    /// is field 3, the number of threads field 20, and the start time field 22.
    fn parse(line: &[u8]) -> Option<Self> {
        let name_end = line.iter().rposition(|&byte| byte == b')')?;
        let mut fields = str::from_utf8(&line[name_end + 1..])
            .ok()?
            .split_whitespace();
        Some(Self {
            state: *fields.next()?.as_bytes().first()?,
            threads: fields.nth(16)?.parse().ok()?,
            start: fields.nth(1)?.parse().ok()?,
        })
    }

    /// The state is that of the first thread, which may end before the others.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, b'Z' | b'X') && self.threads <= 1
    }
}

/// Whether a thread was stopped, by a signal or by a debugger.
pub(crate) fn is_stopped(thread: i32) -> bool {
    Stat::read(thread).is_ok_and(|stat| matches!(stat.state, b'T' | b't'))
}
