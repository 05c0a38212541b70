//! What a test needs around it.

use std::fmt::Display;
use std::fs;
use std::io::{self, Read, Write};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use nix::mount::{MsFlags, mount};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{Gid, Uid, dup, dup2_stdout, setgid, setgroups, setuid};

use super::{PASSED, have_own_mounts};

/// Waits for something that another process, or the kernel, is about to do.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "gave up waiting until {what}"
        );
        thread::sleep(Duration::from_millis(1));
    }
}

/// What `/proc` says of a process.
pub(crate) struct Stat {
    pub(crate) state: char,
    pub(crate) parent: u32,
    pub(crate) group: u32,
}

/// `None`: there is no such process.
pub(crate) fn stat(pid: impl Display) -> Option<Stat> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command in parentheses comes first, and may hold anything.
    let mut fields = stat.rsplit(')').next()?.split_whitespace();
    Some(Stat {
        state: fields.next()?.parse().ok()?,
        parent: fields.next()?.parse().ok()?,
        group: fields.next()?.parse().ok()?,
    })
}

/// Whether a process waits for something.
pub(crate) fn is_asleep(pid: u32) -> bool {
    stat(pid).is_some_and(|stat| stat.state == 'S')
}

/// What is printed on stdout while `f` runs, by this process and by its children.
pub(crate) fn printed_by(f: impl FnOnce()) -> String {
    let flush = || io::stdout().flush().expect("flushed");
    flush();
    let before = dup(io::stdout()).expect("a second descriptor of stdout");
    let (mut reader, writer) = io::pipe().expect("a pipe");
    dup2_stdout(writer).expect("stdout is the pipe");
    f();
    flush();
    dup2_stdout(before).expect("stdout is what it was");
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("text");
    text
}

/// Runs the current test once more, by the program that prepares it. True in the process so made.
pub(crate) fn prepared_by(program: &str, setting: &str) -> bool {
    const PREPARED: &str = "TEST_IS_PREPARED";
    if std::env::var_os(PREPARED).is_some() {
        return true;
    }
    let mut prepared = Command::new(program);
    prepared.arg(setting).args(std::env::args());
    let status = prepared.env(PREPARED, "").status().expect("a program");
    assert_eq!(status.code(), Some(PASSED.into()), "when prepared");
    false
}

/// Runs `f` while `limit` is in force.
pub(crate) fn with_limit<R>(resource: Resource, limit: u64, f: impl FnOnce() -> R) -> R {
    let (soft, hard) = getrlimit(resource).expect("a limit");
    setrlimit(resource, limit, hard).expect("a lower limit");
    let result = f();
    setrlimit(resource, soft, hard).expect("the limit as it was");
    result
}

/// Makes the limit on processes hold for this one, and others be hidden from it: root is exempt.
pub(crate) fn stop_being_root() {
    if Uid::effective().is_root() {
        setgroups(&[]).expect("no groups");
        setgid(Gid::from_raw(54_321)).expect("another group");
        setuid(Uid::from_raw(54_321)).expect("another user");
    }
}

/// Lets this process, and its children, no more see the processes of other users. False: only
/// root may do that.
pub(crate) fn hide_other_users() -> bool {
    have_own_mounts()
        .and_then(|()| {
            let options = Some("hidepid=2");
            mount(
                Some("proc"),
                "/proc",
                Some("proc"),
                MsFlags::empty(),
                options,
            )
        })
        .is_ok()
}
