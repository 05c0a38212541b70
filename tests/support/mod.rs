//! A runner for tests that fork.
//!
//! The usual one runs each test in a thread, and there a fork is refused. This one runs each test
//! in a process of its own, on its main thread: the test's executable starts itself once more for
//! each. So a test may exit, die or hang without harm to the others; it has the descriptors, the
//! limits and the signals for itself; and what it leaves behind can be seen.

#[allow(dead_code, reason = "not every test needs all of it")]
pub(crate) mod circumstances;
pub(crate) mod methods;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

use circumstances::{stat, wait_until};
use methods::{METHODS, is_fork_server};
use multiprocessing::StartMethod;

/// A test that takes longer hangs. Where a test is told to take long, `TEST_SECONDS` is longer.
fn limit() -> Duration {
    let seconds = std::env::var("TEST_SECONDS").ok();
    let seconds = seconds.map(|text| text.parse().expect("a number of seconds"));
    Duration::from_secs(seconds.unwrap_or(60))
}

/// The argument by which the executable tells itself to run one test.
const RUN_ONE: &str = "--run-one";

/// The exit code of a test that reached its end. 0 would not tell it from one that left early.
const PASSED: u8 = 86;

/// The tests of a module, with their names.
pub(crate) struct Tests {
    pub(crate) module: &'static str,
    pub(crate) tests: &'static [(&'static str, fn())],
    /// Those that are run once by each start method; see [`methods`].
    pub(crate) by_each_method: &'static [(&'static str, fn())],
}

/// Lists the tests of a module. What follows `by each method:` is run by each start method.
macro_rules! tests {
    ($($test:path),* $(,)? $(; by each method: $($by_each:path),+ $(,)?)?) => {
        pub(crate) const TESTS: crate::support::Tests = crate::support::Tests {
            module: module_path!(),
            tests: &[$((stringify!($test), $test)),*],
            by_each_method: &[$($((stringify!($by_each), $by_each)),+)?],
        };
    };
}
pub(crate) use tests;

/// Runs the tests that the command line asks for.
pub(crate) fn run(modules: &[Tests]) -> ExitCode {
    let tests = modules.iter().flat_map(|tests| {
        let module = tests.module.rsplit("::").next().unwrap_or(tests.module);
        let once = tests.tests.iter().map(|test| (test, StartMethod::Fork));
        let by_each = tests.by_each_method.iter();
        let by_each = by_each.flat_map(|test| METHODS.map(|method| (test, method)));
        once.chain(by_each).map(move |(&(name, test), method)| {
            let by = match method {
                StartMethod::Fork => String::new(),
                _ => format!(" by {method:?}"),
            };
            (format!("{module}::{name}{by}"), test, method)
        })
    });
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(RUN_ONE) {
        let wanted = arguments.next();
        for (name, test, method) in tests {
            if Some(name) == wanted {
                methods::begin(method);
                run_here(test);
                return PASSED.into();
            }
        }
        return ExitCode::FAILURE;
    }
    let trials = tests
        .map(|(name, ..)| Trial::test(name.clone(), move || run_in_own_process(&name)))
        .collect();
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert_with(at_once);
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Most of the time, a test waits for the end of a process or of a limit.
fn at_once() -> usize {
    3 * thread::available_parallelism().map_or(1, usize::from)
}

/// In the process of one test: runs it, and looks for what it left.
fn run_here(test: fn()) {
    have_own_shared_memory_folder();
    let descriptors = descriptors();
    let files = names_in("/dev/shm");
    test();
    let any_child = waitid(Id::All, WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG);
    let is_well = match any_child {
        Ok(WaitStatus::StillAlive) => methods::by() == StartMethod::ForkServer,
        other => other == Err(Errno::ECHILD),
    };
    assert!(is_well, "a child or a zombie is left: {any_child:?}");
    wait_until("no descendant is left", || others_in_group().is_empty());
    assert_eq!(self::descriptors(), descriptors, "open descriptors");
    assert_eq!(names_in("/dev/shm"), files, "files in /dev/shm");
}

/// The other processes that descend from this test, without those that only wait to be reaped.
fn others_in_group() -> BTreeSet<String> {
    let own = std::process::id();
    let is_in_group = |pid: &String| {
        let stat = stat(pid).filter(|_| *pid != own.to_string());
        stat.is_some_and(|stat| {
            let is_own_server = stat.parent == own && is_fork_server(pid);
            stat.state != 'Z' && stat.group == own && !is_own_server
        })
    };
    let mut others = names_in("/proc");
    others.retain(|name| name.parse::<u32>().is_ok() && is_in_group(name));
    others
}

/// The open descriptors, without the files of mailboxes that wait for the next processes, and of
/// handles that are kept in statics.
fn descriptors() -> BTreeSet<String> {
    let mut numbers = names_in("/proc/self/fd");
    numbers.retain(|number| {
        let file = fs::read_link(format!("/proc/self/fd/{number}"));
        let may_stay = ["/memfd:mailboxes (deleted)", "/memfd:handle (deleted)"];
        file.is_ok_and(|file| !may_stay.iter().any(|name| file == Path::new(name)))
    });
    numbers
}

/// So that a file of another program's is not taken for the test's. Where that is not allowed,
/// the folder is everybody's.
fn have_own_shared_memory_folder() {
    let _ = have_own_mounts().and_then(|()| {
        mount(
            NOTHING,
            "/dev/shm",
            Some("tmpfs"),
            MsFlags::empty(),
            NOTHING,
        )
    });
}

const NOTHING: Option<&str> = None;

/// Whatever is mounted from now on, other processes do not see it.
fn have_own_mounts() -> nix::Result<()> {
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    unshare(CloneFlags::CLONE_NEWNS)?;
    mount(NOTHING, "/", NOTHING, private, NOTHING)
}

fn names_in(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder that every Linux has");
    entries
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.into_string().expect("a plain name"))
        .collect()
}

fn run_in_own_process(name: &str) -> Result<(), Failed> {
    let child = Command::new(std::env::current_exe()?)
        .args([RUN_ONE, name])
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let group = Pid::from_raw(child.id().try_into()?);
    let (done, outcome) = mpsc::channel();
    let waiter = thread::spawn(move || done.send(child.wait_with_output()));
    let limit = limit();
    let in_time = outcome.recv_timeout(limit);
    let _ = killpg(group, Signal::SIGKILL);
    let _ = waiter.join();
    let output = in_time.map_err(|_| format!("it hung, and was killed after {limit:?}"))??;
    if output.status.code() == Some(PASSED.into()) {
        return Ok(());
    }
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(format!("{}\n{stdout}{stderr}", output.status).into())
}
