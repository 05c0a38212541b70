//! The identity of a process.

use std::io::{self, Read, Write};
use std::thread;

use multiprocessing::Pool;
use multiprocessing::process::{Builder, current, scope, spawn};
use nix::unistd::{Gid, Uid, setgid, setresuid, setuid};

fn name_of_child() -> String {
    let child = spawn(|| current().name().to_owned()).expect("a child");
    let name = child.name().to_owned();
    assert_eq!(child.join().expect("an answer"), name);
    name
}

pub(crate) fn names_and_numbers() {
    assert_eq!(current().name(), "MainProcess");
    assert_eq!(name_of_child(), "Process-1");
    assert_eq!(name_of_child(), "Process-2");
    // As in Python, one that has a name of its own counts too.
    let named = Builder::new()
        .name("Ada")
        .spawn(|| (current().name().to_owned(), name_of_child()));
    let named = named.expect("a child");
    assert_eq!(named.name(), "Ada");
    assert_eq!(
        named.join().expect("an answer"),
        ("Ada".into(), "Process-3:1".into())
    );
    let child = spawn(|| {
        let grandchild = spawn(|| [name_of_child(), name_of_child()]);
        let [first, second] = grandchild.expect("a child").join().expect("an answer");
        [first, second, name_of_child()]
    });
    let names = child.expect("a child").join().expect("an answer");
    assert_eq!(names, ["Process-4:1:1", "Process-4:1:2", "Process-4:2"]);
    let scoped = scope(|s| s.spawn(|| current().name().to_owned()).join());
    assert_eq!(scoped.expect("a scope").expect("an answer"), "Process-5");
    assert_eq!(current().name(), "MainProcess");
}

pub(crate) fn current_is_the_child() {
    assert_eq!(current().pid(), std::process::id());
    let child = spawn(|| (current().pid(), current().parent_pid())).expect("a child");
    let expected = (child.pid(), std::process::id());
    assert_eq!(child.join().expect("an answer"), expected);
}

/// The last process that has the pipe's writing end is the grandchild.
pub(crate) fn a_child_ends_with_its_parent() {
    let (mut reader, mut writer) = io::pipe().expect("a pipe");
    let mut child = spawn(move || {
        let grandchild = spawn(move || {
            writer.write_all(b"!").expect("written");
            thread::park();
        });
        grandchild.expect("a grandchild").join().expect("an answer");
    })
    .expect("a child");
    reader.read_exact(&mut [0]).expect("the grandchild runs");
    child.kill().expect("a signal");
    assert_eq!(reader.read(&mut [0]).expect("the end"), 0);
    child.join().unwrap_err();
}

/// Starts a program that leaves descendants, each of which has the writing end of a pipe; kills it
/// once it has written as many bytes as there are descendants; and waits until none is left.
fn nobody_outlives(program: impl FnOnce(io::PipeWriter) + 'static, descendants: usize) {
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let mut program = spawn(move || program(writer)).expect("a program");
    let mut ready = vec![0; descendants];
    reader.read_exact(&mut ready).expect("all are ready");
    program.kill().expect("a signal");
    assert_eq!(reader.read(&mut [0]).expect("the end"), 0);
    program.join().unwrap_err();
}

/// Says that it is ready, and never returns.
fn stay(mut writer: &io::PipeWriter) -> ! {
    writer.write_all(b"!").expect("written");
    loop {
        thread::park();
    }
}

const NOBODY: u32 = 54_321;

/// The kernel clears the parent-death signal of such a child. (Without the right to change its
/// user it does not have to be tied.)
pub(crate) fn a_child_that_changed_its_user_ends_with_its_parent() {
    if !Uid::effective().is_root() {
        return;
    }
    let changes: [fn(); 4] = [
        || setuid(Uid::from_raw(NOBODY)).expect("another user"),
        || setgid(Gid::from_raw(NOBODY)).expect("another group"),
        || {
            let nobody = Uid::from_raw(NOBODY);
            setresuid(nobody, nobody, Uid::from_raw(0)).expect("for a time");
        },
        || {
            setgid(Gid::from_raw(NOBODY)).expect("another group");
            setuid(Uid::from_raw(NOBODY)).expect("another user");
        },
    ];
    for change in changes {
        let child = move |writer: io::PipeWriter| {
            let children = [(); 2].map(|()| {
                let writer = writer.try_clone().expect("another end");
                let child = spawn(move || -> () {
                    change();
                    stay(&writer)
                });
                child.expect("a child")
            });
            for child in children {
                child.join().expect("not reached");
            }
        };
        nobody_outlives(child, 2);
        // The one in the middle still has its signal; what ends the last one is its death.
        let grandchild = move |writer| {
            let child = spawn(move || {
                change();
                let grandchild = spawn(move || -> () { stay(&writer) });
                grandchild
                    .expect("a grandchild")
                    .join()
                    .expect("not reached");
            });
            child.expect("a child").join().expect("not reached");
        };
        nobody_outlives(grandchild, 1);
    }
}

pub(crate) fn workers_that_changed_their_user_end_with_the_program() {
    if !Uid::effective().is_root() {
        return;
    }
    let idle_and_busy = |writer: io::PipeWriter| {
        let pool = Pool::builder().workers(3).initializer(move || {
            setgid(Gid::from_raw(NOBODY))?;
            setuid(Uid::from_raw(NOBODY))?;
            (&writer).write_all(b"!").expect("written");
            let writer = writer.try_clone().expect("another end");
            Ok::<_, nix::Error>(writer)
        });
        let mut pool = pool.build().expect("a pool");
        let stays = |writer: &mut io::PipeWriter, _: u32| -> () { stay(writer) };
        pool.map_with(stays, [1]).expect("not reached");
    };
    nobody_outlives(idle_and_busy, 4);
}

/// A copy of the parent, as `daemon` leaves one, must not keep the children of the original alive.
pub(crate) fn a_copy_of_the_parent_keeps_no_child_alive() {
    if !Uid::effective().is_root() {
        return;
    }
    let (gate, mut opener) = io::pipe().expect("a pipe");
    let program = move |writer: io::PipeWriter| {
        let childs = writer.try_clone().expect("another end");
        let child = spawn(move || -> () {
            setuid(Uid::from_raw(NOBODY)).expect("another user");
            stay(&childs)
        });
        let child = child.expect("a child");
        if let fork::Fork::Child = fork::fork().expect("a copy") {
            drop(writer);
            let _ = (&gate).read(&mut [0]);
            std::process::exit(0);
        }
        drop(writer);
        child.join().expect("not reached");
    };
    nobody_outlives(program, 1);
    opener.write_all(b"!").expect("the copy ends");
}
