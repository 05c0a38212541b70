//! Running programs: as they are, as their Python twin, without a reader, without processes.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::rest::wait_until_at_rest;

const SIGPIPE: i32 = 13;
const NOBODY: u32 = 65534;

/// A program that hangs is ended, its children with it, and its test fails.
pub fn within_a_minute(program: &str) -> Command {
    let mut command = Command::new("timeout");
    command.args(["60", program]);
    command
}

/// What the program prints. It must succeed, end its last line and leave stderr empty.
pub fn printed_by(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    assert_eq!(stderr_of(&output), "");
    assert!(output.status.success(), "{}", output.status);
    let printed = String::from_utf8(output.stdout).expect("the program prints UTF-8");
    assert!(printed.ends_with('\n'), "torn last line: {printed:?}");
    printed
}

/// The program's twin, or nothing on a machine without Python.
///
/// Its processes start by Python's default, or by the method that the variable `START_METHOD` names.
pub fn python_twin(name: &str) -> Option<Command> {
    // A twin called `array.py` would hide Python's own module `array`.
    let twin = [format!("python/{name}.py"), format!("python/{name}_.py")]
        .into_iter()
        .find(|twin| Path::new(twin).exists())
        .unwrap_or_else(|| panic!("python/{name}.py is missing"));
    python(180, env::var("START_METHOD").ok().as_deref(), &twin)
}

/// What a twin that hangs prints, and the exit code of `timeout`, whose time is over as soon as none
/// of the twin's processes goes on.
pub fn printed_until_it_hangs(name: &str) -> Option<String> {
    let twin = python_twin(name)?
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("timeout starts");
    let timeout = Pid::from_raw(twin.id().try_into().expect("a pid"));
    wait_until_at_rest(timeout);
    // Its own timer sends the same.
    kill(timeout, Signal::SIGALRM).expect("timeout is not yet reaped");
    let output = twin.wait_with_output().expect("timeout ends");
    let printed = String::from_utf8_lossy(&output.stdout);
    Some(format!("{printed}{}", output.status.code()?))
}

/// A Python program that is ended after `seconds`, and whose processes start by `start_method`, or by
/// Python's default. `None` on a machine without Python.
pub fn python(seconds: u32, start_method: Option<&str>, program: &str) -> Option<Command> {
    let version = Command::new("python3").arg("--version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        // Unlike `eprintln!`, this is seen although the test passes.
        let _ = writeln!(io::stderr(), "no python3: {program} is skipped");
        return None;
    }
    let mut command = Command::new("timeout");
    command.args([&seconds.to_string(), "python3"]);
    if let Some(method) = start_method {
        command.args(["-c", include_str!("start_method.py"), method]);
    }
    command.arg(program);
    command.env_remove("PYTHONUNBUFFERED"); // it makes `print` write text and newline separately
    Some(command)
}

/// At first nobody reads at all; then somebody who leaves after one line, as `head -1` does.
pub fn assert_ends_quietly_when_nobody_reads(program: &str, options: &[&str]) {
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    let output = within_a_minute(program)
        .args(options)
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .expect("the program starts");
    assert_eq!(stderr_of(&output), "");
    assert_eq!(output.status.signal(), Some(SIGPIPE), "{}", output.status);

    let mut child = within_a_minute(program)
        .args(options)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut reader = BufReader::new(child.stdout.take().expect("stdout is piped"));
    reader.read_line(&mut String::new()).expect("a line");
    drop(reader);
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!(stderr_of(&output), "");
    let quiet = output.status.success() || output.status.signal() == Some(SIGPIPE);
    assert!(quiet, "{}", output.status);
}

/// `--help` explains the program; nonsense is refused.
pub fn assert_takes_options(program: &str, nonsense: &[&str]) {
    let help = within_a_minute(program).arg("--help").output();
    let help = help.expect("the program starts");
    assert!(help.status.success(), "{program}: {}", help.status);
    let text = String::from_utf8_lossy(&help.stdout);
    assert!(text.contains("Usage: "), "{program}: {text}");

    for option in nonsense {
        assert_refuses(program, option);
    }
}

/// Exit code 2, and a word about it.
pub fn assert_refuses(program: &str, option: &str) {
    let refusal = within_a_minute(program).arg(option).output();
    let refusal = refusal.expect("the program starts");
    assert_eq!(refusal.status.code(), Some(2), "{program} {option}");
    assert_eq!(refusal.stdout, b"", "{program} {option}");
    let text = stderr_of(&refusal);
    let name = option.split('=').next().unwrap_or(option);
    assert!(
        text.starts_with("error: ") && text.contains(name),
        "{program}: {text}"
    );
    // As in English, not as a range in Rust.
    assert!(!text.contains(".."), "{program}: {text}");
}

/// One line on stderr, and a failure.
pub fn assert_says_that_it_may_not_start_processes(program: &str) {
    let output = without_processes(program)
        .output()
        .expect("the program starts");
    let stderr = stderr_of(&output);
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with("Error: cannot start "), "{stderr}");
    assert_eq!(output.status.code(), Some(1), "{stderr}");
}

/// The program, run where the system starts no more processes for its user.
pub fn without_processes(program: &str) -> Command {
    // Another user may not reach the program's path, but may run it as an open file.
    let mut command = within_a_minute("prlimit");
    command.args(["--nproc=0", "/proc/self/fd/0"]);
    command.stdin(File::open(program).expect("the program is there"));
    if fs::metadata("/proc/self").expect("/proc is there").uid() == 0 {
        command.uid(NOBODY); // the limit does not bind root
    }
    command
}

fn stderr_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
