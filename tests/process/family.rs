//! Who a process is.

use std::io::{self, Read, Write};
use std::thread;

use multiprocessing::process::{Builder, current, scope, spawn};

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
