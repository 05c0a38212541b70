//! Programs that tasks start, in a pool that was asked to end them with their workers.

use std::fs;
use std::process::{Command, abort};
use std::thread::park;
use std::time::Duration;

use multiprocessing::pool::Builder;
use multiprocessing::{Pool, Receiver, Sender, channel, process};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Pid, Uid, setuid};

use crate::support::circumstances::{stat, wait_until};
use crate::support::methods::builder;

/// In a task, before it has started a program: what the worker has started to watch over programs.
fn guard() -> Pid {
    let worker = std::process::id();
    let processes = fs::read_dir("/proc").expect("a folder").flatten();
    let names = processes.map(|process| process.file_name().to_string_lossy().into_owned());
    let mut guards =
        names.filter(|pid| stat(pid).is_some_and(|it| [it.parent, it.group] == [worker, worker]));
    let guard = guards.next().expect("a guard").parse().expect("a pid");
    Pid::from_raw(guard)
}

/// How the task ends that starts a program.
const RETURNS: u32 = 0;
const ABORTS: u32 = 1;
const HANGS: u32 = 2;
const CHANGES_USER: u32 = 3;

type Pids = Sender<u32>;

/// Starts a shell that starts another program, and tells the pids of both.
#[expect(
    clippy::zombie_processes,
    reason = "what becomes of them is the question"
)]
fn start_programs(pids: &mut Pids, end: u32) {
    if end == CHANGES_USER && Uid::effective().is_root() {
        setuid(Uid::from_raw(54_321)).expect("another user");
    }
    let mut shell = Command::new("sh");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    shell.args(["-c", "sleep 1000 & echo $!; wait"]);
    let shell = shell.stdout(writer).spawn().expect("a shell");
    let mut line = String::new();
    let mut reader = std::io::BufReader::new(reader);
    std::io::BufRead::read_line(&mut reader, &mut line).expect("a line");
    pids.send(shell.id()).expect("sent");
    pids.send(line.trim().parse().expect("a pid"))
        .expect("sent");
    match end {
        RETURNS => {}
        ABORTS => abort(),
        _ => loop {
            park();
        },
    }
}

fn pool(settings: impl FnOnce(Builder) -> Builder) -> (Pool<Pids>, Receiver<u32>) {
    let (sender, receiver) = channel().expect("a channel");
    let pool = settings(builder().workers(1).kill_programs())
        .initializer(move || Ok::<_, String>(sender.clone()))
        .build();
    (pool.expect("a pool"), receiver)
}

/// One that nobody has reaped has ended.
fn runs(pid: u32) -> bool {
    stat(pid).is_some_and(|stat| !['Z', 'X'].contains(&stat.state))
}

fn both_end(pids: &Receiver<u32>) {
    for _ in 0..2 {
        let pid = pids.recv().expect("a pid");
        wait_until("a program has ended", || !runs(pid));
    }
}

pub(crate) fn end_with_a_worker_that_dies() {
    let (mut pool, pids) = pool(|builder| builder);
    assert!(pool.map_with(start_programs, [ABORTS]).is_err());
    both_end(&pids);
}

pub(crate) fn end_with_a_worker_that_is_killed_for_its_timeout() {
    let (mut pool, pids) = pool(|builder| builder.task_timeout(Duration::from_millis(200)));
    assert!(pool.map_with(start_programs, [HANGS]).is_err());
    both_end(&pids);
}

pub(crate) fn end_with_a_worker_that_is_recycled() {
    let (mut pool, pids) = pool(|builder| builder.max_chunks_per_worker(1));
    pool.map_with(start_programs, [RETURNS]).expect("started");
    pool.map_with(start_programs, [RETURNS]).expect("started");
    both_end(&pids);
}

pub(crate) fn end_with_a_pool_that_is_closed() {
    let (mut pool, pids) = pool(|builder| builder);
    pool.map_with(start_programs, [RETURNS]).expect("started");
    pool.close().expect("closed");
    both_end(&pids);
}

/// As the kernel does when it lacks memory.
pub(crate) fn end_though_their_guard_was_killed() {
    for (end, limit) in [(ABORTS, 60_000), (HANGS, 200)] {
        let (mut pool, pids) = pool(|builder| builder.task_timeout(Duration::from_millis(limit)));
        pool.map_with(|_, ()| kill(guard(), Signal::SIGKILL).expect("sent"), [()])
            .expect("results");
        assert!(pool.map_with(start_programs, [end]).is_err());
        both_end(&pids);
    }
}

pub(crate) fn run_on_until_then() {
    let (mut pool, pids) = pool(|builder| builder);
    pool.map_with(start_programs, [RETURNS]).expect("started");
    pool.map_with(|_, ()| (), [()]).expect("results");
    let both = [pids.recv().expect("a pid"), pids.recv().expect("a pid")];
    assert!(both.into_iter().all(runs));
}

/// Even if the worker is another user's by then.
pub(crate) fn end_with_a_parent_that_is_killed() {
    for end in [HANGS, CHANGES_USER] {
        let (sender, receiver) = channel().expect("a channel");
        let program = process::spawn(move || {
            let mut pool = builder()
                .workers(1)
                .kill_programs()
                .initializer(move || Ok::<_, String>(sender.clone()))
                .build()
                .expect("a pool");
            let _ = pool.map_with(start_programs, [end]);
        });
        let mut program = program.expect("a program");
        let both = [
            receiver.recv().expect("a pid"),
            receiver.recv().expect("a pid"),
        ];
        program.kill().expect("sent");
        wait_until("the programs have ended", || !both.into_iter().any(runs));
        assert!(program.join().is_err());
    }
}

/// What watches over the programs is no child that a task could wait for.
#[expect(clippy::zombie_processes, reason = "`waitpid` waits for it")]
pub(crate) fn are_all_that_a_task_waits_for() {
    let (mut pool, _pids) = pool(|builder| builder);
    let wait_for_all = |_: &mut Pids, ()| {
        Command::new("true").spawn().expect("a program");
        let status = waitpid(None, None).expect("its end");
        assert!(matches!(status, WaitStatus::Exited(_, 0)), "{status:?}");
        assert_eq!(waitpid(None, None), Err(Errno::ECHILD));
    };
    pool.map_with(wait_for_all, [()]).expect("results");
}
