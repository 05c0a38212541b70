//! Parents, children and servers.

use std::fs;
use std::io::{Read, Write, pipe, stdout};
use std::os::fd::AsRawFd;
use std::process::Command;
use std::thread::park;

use multiprocessing::StartMethod::ForkServer;
use multiprocessing::process::{current, spawn};
use multiprocessing::{Error, StartMethod, process};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpgrp, setsid};

use super::{METHODS, by};

#[test]
fn a_child_knows_its_name_and_its_parent() {
    for method in METHODS {
        let child = by(method).name("Ada").spawn(|| {
            let grandchild = by(ForkServer).spawn(|| current().name().to_owned());
            let of_grandchild = grandchild.unwrap().join().unwrap();
            let of_itself = current().name().to_owned();
            (
                current().pid(),
                current().parent_pid(),
                of_itself,
                of_grandchild,
            )
        });
        let child = child.unwrap();
        assert_eq!(child.name(), "Ada");
        let pid = child.pid();
        let (own, parent, name, grandchild) = child.join().unwrap();
        assert_eq!((own, parent), (pid, std::process::id()));
        assert_eq!(name, "Ada");
        assert!(
            grandchild.starts_with("Process-") && grandchild.ends_with(":1"),
            "{grandchild}"
        );
    }
}

#[test]
fn a_scope_joins_children_of_every_method() {
    for method in METHODS {
        let joined = process::scope(|s| {
            let child = by(method).name("Ada");
            let child = child.spawn_scoped(s, || current().name().to_owned());
            let captured = 7;
            let refused = by(method).spawn_scoped(s, move || captured).join();
            assert!(matches!(refused, Err(Error::StartMethod { .. })));
            child.join()
        });
        assert_eq!(joined.unwrap().unwrap(), "Ada");
    }
}

#[test]
fn what_the_c_library_knows_of_the_thread_is_right() {
    for method in METHODS {
        let child = by(method).spawn(|| {
            // Robust locks know their holder by the thread's id, and are found by the kernel.
            let mutex = multiprocessing::Mutex::new(0).unwrap();
            let holder = spawn({
                let mutex = mutex.clone();
                move || {
                    std::mem::forget(mutex.lock().unwrap());
                    std::process::exit(1)
                }
            });
            let _: Result<(), _> = holder.unwrap().join();
            let is_poisoned = mutex.lock().is_err();
            let thread = std::thread::spawn(|| 1).join().unwrap();
            (is_poisoned, thread)
        });
        assert_eq!(child.unwrap().join().unwrap(), (true, 1));
    }
}

#[test]
fn a_lock_that_a_killed_grandchild_held_is_released() {
    let poisoned = by(ForkServer).spawn(|| {
        let mutex = multiprocessing::Mutex::new(0).unwrap();
        let in_child = mutex.clone();
        drop(mutex.lock().unwrap());
        let child = spawn(move || {
            let _guard = in_child.lock().unwrap();
            std::process::abort()
        });
        let _: Result<(), _> = child.unwrap().join();
        mutex.lock().is_err()
    });
    assert!(poisoned.unwrap().join().unwrap());
}

/// The children of a process, of which the server is one.
fn children() -> Vec<i32> {
    let pid = std::process::id();
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    children
        .split_whitespace()
        .map(|pid| pid.parse().unwrap())
        .collect()
}

fn own_pid() -> u32 {
    by(ForkServer)
        .spawn(std::process::id)
        .unwrap()
        .join()
        .unwrap()
}

#[test]
fn a_server_that_was_killed_is_replaced() {
    let child = by(ForkServer).spawn(|| {
        own_pid();
        let [server] = children()[..] else {
            panic!("{:?}", children())
        };
        let running = by(ForkServer).spawn(|| -> () {
            loop {
                park();
            }
        });
        let mut running = running.unwrap();
        kill(Pid::from_raw(server), Signal::SIGKILL).unwrap();
        own_pid();
        assert!(!children().contains(&server), "it was reaped");
        // What it had made lives on.
        assert!(running.is_running());
        running.kill().unwrap();
        running.join().unwrap_err();
        assert_eq!(children().len(), 1, "the server in its place alone");
    });
    child.unwrap().join().unwrap();
}

#[test]
fn a_server_that_was_stopped_is_replaced() {
    let child = by(ForkServer).spawn(|| {
        own_pid();
        let [server] = children()[..] else {
            panic!("{:?}", children())
        };
        kill(Pid::from_raw(server), Signal::SIGSTOP).unwrap();
        own_pid();
        assert!(!children().contains(&server), "it was reaped");
        assert_eq!(children().len(), 1, "the server in its place alone");
    });
    child.unwrap().join().unwrap();
}

#[test]
fn another_session_has_another_server() {
    let child = by(ForkServer).spawn(|| {
        let group = || {
            by(ForkServer)
                .spawn(|| getpgrp().as_raw())
                .unwrap()
                .join()
                .unwrap()
        };
        let before = group();
        setsid().unwrap();
        let own = getpgrp().as_raw();
        assert_ne!(before, own);
        assert_eq!(group(), own);
        assert_eq!(children().len(), 1, "the new server alone");
    });
    child.unwrap().join().unwrap();
}

/// A program and its child both print a byte when they run. When the program is killed, both are
/// gone: nobody has the pipe any more.
#[test]
fn nobody_outlives_a_parent_that_is_killed() {
    for method in 0..METHODS.len() {
        let (mut reader, writer) = pipe().unwrap();
        let mut program = Command::new("/proc/self/exe")
            .args([
                "--exact",
                "start_methods::family::as_a_parent",
                "--nocapture",
            ])
            .env(PARENT_BY, method.to_string())
            .stdout(writer)
            .spawn()
            .unwrap();
        let mut announced = 0;
        while announced < 2 {
            let mut byte = [0];
            reader.read_exact(&mut byte).unwrap();
            announced += u32::from(byte == ANNOUNCEMENT);
        }
        program.kill().unwrap();
        program.wait().unwrap();
        reader.read_to_end(&mut Vec::new()).unwrap();
    }
}

const PARENT_BY: &str = "PARENT_BY";
const ANNOUNCEMENT: [u8; 1] = *b"\x07";

fn announce() {
    stdout().write_all(&ANNOUNCEMENT).unwrap();
    stdout().flush().unwrap();
}

/// What the test above runs in a process of its own. By itself it does nothing.
#[test]
fn as_a_parent() {
    let Ok(method) = std::env::var(PARENT_BY) else {
        return;
    };
    announce();
    let child = by(METHODS[method.parse::<usize>().unwrap()]).spawn(|| -> () {
        announce();
        loop {
            park();
        }
    });
    child.unwrap().join().unwrap();
}

/// The program is another one on disk by the time that it starts its children.
#[test]
fn a_program_that_was_replaced_on_disk() {
    let own = std::env::current_exe().unwrap();
    let folder = tempfile::tempdir_in(own.parent().unwrap()).unwrap();
    let program = folder.path().join("program");
    // A copy could not be executed while some other test's child still has it open for writing.
    fs::hard_link(own, &program).unwrap();
    let status = Command::new(&program)
        .args(["--exact", "start_methods::family::as_a_replaced_program"])
        .env(REPLACED, &program)
        .status();
    assert!(status.unwrap().success());
}

const REPLACED: &str = "REPLACED";

/// What the test above runs in a process of its own. By itself it does nothing.
#[test]
fn as_a_replaced_program() {
    let Some(program) = std::env::var_os(REPLACED) else {
        return;
    };
    fs::remove_file(&program).unwrap();
    fs::copy("/bin/false", &program).unwrap();
    for method in METHODS {
        let child = by(method).spawn_fn(|x: i32| x + 1, 1);
        assert_eq!(child.unwrap().join().unwrap(), 2);
    }
}

#[test]
fn a_child_has_no_descriptors_but_the_standard_ones() {
    let (reader, writer) = pipe().unwrap();
    // This one would survive `exec`.
    let kept = nix::unistd::dup(&writer).unwrap();
    for method in METHODS {
        let child = by(method).spawn(|| {
            let files = fs::read_dir("/proc/self/fd").unwrap();
            let targets = files.flatten().map(|file| fs::read_link(file.path()));
            let targets = targets.flatten().map(|target| target.display().to_string());
            targets.collect::<Vec<_>>()
        });
        let targets = child.unwrap().join().unwrap();
        let name = fs::read_link(format!("/proc/self/fd/{}", kept.as_raw_fd())).unwrap();
        assert!(
            !targets.contains(&name.display().to_string()),
            "{targets:?}"
        );
        // stdin, stdout, stderr, what ends it with its parent, a long answer's file, and the folder.
        assert!(targets.len() <= 6, "{targets:?}");
        assert_eq!(targets[0], "/dev/null");
    }
    drop(reader);
}

#[test]
fn a_child_has_the_current_directory_the_name_and_no_blocked_signals() {
    for method in METHODS {
        let child = by(method).spawn(|| std::env::current_dir().unwrap());
        assert_eq!(
            child.unwrap().join().unwrap(),
            std::env::current_dir().unwrap()
        );
        let blocked = by(method).spawn(|| {
            let status = fs::read_to_string("/proc/self/status").unwrap();
            let line = |name: &str| {
                status
                    .lines()
                    .find(|line| line.starts_with(name))
                    .unwrap()
                    .to_owned()
            };
            (line("SigBlk:"), line("Name:"))
        });
        let (blocked, name) = blocked.unwrap().join().unwrap();
        assert_eq!(blocked, "SigBlk:\t0000000000000000");
        assert!(name.contains("start_methods"), "{name}");
    }
}

#[test]
fn arguments_and_environment_are_the_programs() {
    for method in METHODS {
        let child = by(method).spawn(|| {
            let arguments: Vec<_> = std::env::args().collect();
            (
                arguments,
                std::env::var_os("MULTIPROCESSING_START").is_some(),
            )
        });
        let (arguments, marked) = child.unwrap().join().unwrap();
        assert_eq!(arguments, std::env::args().collect::<Vec<_>>());
        assert!(!marked);
    }
}

#[test]
fn stdin_is_empty_unless_asked_for() {
    for method in METHODS {
        let stdin = |builder: process::Builder| {
            let child = builder.spawn(|| fs::read_link("/proc/self/fd/0").unwrap());
            child.unwrap().join().unwrap()
        };
        assert_eq!(stdin(by(method)).to_str(), Some("/dev/null"));
        let own = fs::read_link("/proc/self/fd/0").unwrap();
        assert_eq!(stdin(by(method).inherit_stdin()), own);
    }
}

#[test]
fn the_default_is_a_fork() {
    assert_eq!(StartMethod::default(), StartMethod::Fork);
    let error = spawn(|| ()).unwrap_err().to_string();
    assert!(error.contains("StartMethod::ForkServer"), "{error}");
}
