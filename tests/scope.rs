//! Tests of `process::scope`.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use multiprocessing::process::{Builder, current, scope, spawn};
use multiprocessing::{Array, Cause, Error, Event, StartMethod};
use nix::sys::resource::Resource;
use serde::{Deserialize, Deserializer, Serialize};

use crate::support::circumstances::{stop_being_root, with_limit};

crate::support::tests!(
    children_borrow_copies,
    it_returns_what_the_closure_does,
    it_waits_for_all_children,
    it_tells_of_the_first_child_that_failed,
    a_failure_that_was_seen_is_not_told_again,
    a_child_that_was_not_started_is_told_of,
    a_panic_ends_the_children,
    a_panic_while_reading_an_answer,
    a_panic_in_the_destructor_of_a_capture,
    it_can_be_nested,
    a_child_can_have_one_of_its_own,
    an_inherited_one_is_refused,
    threads_are_refused,
    hundreds_of_children,
    a_handle_can_what_that_of_a_process_can,
    a_child_has_the_settings_of_its_builder,
    the_first_failure_ends_the_others_if_asked,
    a_failure_while_another_is_joined_ends_that,
    a_child_that_was_not_started_ends_the_others_if_asked,
    children_end_though_no_descriptor_is_left,
);

fn children_borrow_copies() {
    let mut text = String::from("parent");
    let seen = scope(|s| {
        let child = s.spawn(|| {
            text.push_str(" and child");
            text.clone()
        });
        child.join()
    });
    assert_eq!(
        seen.expect("no error").expect("an answer"),
        "parent and child"
    );
    assert_eq!(text, "parent");
}

fn it_returns_what_the_closure_does() {
    assert_eq!(scope(|_| 7).expect("no error"), 7);
    let text = String::from("borrowed");
    let borrowed = scope(|s| {
        s.spawn(|| ());
        text.as_str()
    });
    assert_eq!(borrowed.expect("no error"), "borrowed");
}

/// Even for one whose handle is lost.
fn it_waits_for_all_children() {
    let mut array: Array<u8> = Array::new(2).expect("an array");
    let (mut reader, mut writer) = io::pipe().expect("a pipe");
    scope(|s| {
        let mut parts = array.lend_mut().into_iter();
        let slow = s.spawn_with(parts.next().expect("a part"), |x| {
            reader.read_exact(&mut [0]).expect("a byte");
            *x = 1;
        });
        mem::forget(slow);
        s.spawn_with(parts.next().expect("a part"), |x| *x = 2);
        writer.write_all(b"!").expect("written");
    })
    .expect("no error");
    assert_eq!(*array, [1, 2]);
}

fn it_tells_of_the_first_child_that_failed() {
    let error = scope(|s| {
        s.spawn(|| 1);
        s.spawn(|| -> () { panic!("the first") });
        s.spawn(|| -> () { panic!("the second") });
    })
    .unwrap_err();
    assert!(error.to_string().starts_with("Process-2 (pid "), "{error}");
    assert!(error.to_string().ends_with("the first"), "{error}");
}

fn a_failure_that_was_seen_is_not_told_again() {
    let seen = scope(|s| s.spawn(|| -> () { panic!() }).join());
    assert!(seen.expect("no error of the scope").is_err());
}

fn a_child_that_was_not_started_is_told_of() {
    let child = spawn(|| {
        stop_being_root();
        let mut array: Array<u8> = Array::new(2).expect("an array");
        let result = scope(|s| {
            let (first, second) = array.lend_mut().split_at(1);
            s.spawn_with(first, |first| first[0] = 1);
            with_limit(Resource::RLIMIT_NPROC, 0, || {
                s.spawn_with(second, |second| second[0] = 2);
                let by_hand = s.spawn(|| ()).join();
                assert!(matches!(by_hand, Err(Error::System { .. })));
            });
        });
        (result.unwrap_err().to_string(), array.to_vec())
    });
    let (error, array) = child.expect("a child").join().expect("an answer");
    assert!(
        error.starts_with("cannot start Process-1:2 (by `clone`): "),
        "{error}"
    );
    // The one that was started was waited for.
    assert_eq!(array, [1, 0]);
}

/// That no child is left is seen by the runner.
fn a_panic_ends_the_children() {
    let panic = catch_unwind(|| {
        scope(|s| {
            mem::forget(s.spawn(thread::park));
            s.spawn(thread::park);
            panic!("of the parent")
        })
    });
    let message = *panic
        .map(drop)
        .unwrap_err()
        .downcast::<&str>()
        .expect("a message");
    assert_eq!(message, "of the parent");
}

#[derive(Serialize)]
struct Unreadable;

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("while reading")
    }
}

fn a_panic_while_reading_an_answer() {
    let panic = catch_unwind(|| {
        scope(|s| {
            s.spawn(thread::park);
            drop(s.spawn(|| Unreadable).join());
        })
    });
    assert!(panic.is_err());
}

/// A child that was lent memory, and that nobody waits for, would write to it for ever.
fn a_panic_in_the_destructor_of_a_capture() {
    struct Bomb(u32);
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert_ne!(self.0, std::process::id(), "dropped where it was made");
        }
    }
    let mut array: Array<u64> = Array::new(1).expect("an array");
    let bomb = Bomb(std::process::id());
    let panic = catch_unwind(AssertUnwindSafe(|| {
        scope(|s| {
            s.spawn_with(array.lend_mut(), move |array| -> () {
                let _bomb = &bomb;
                loop {
                    array[0] = std::hint::black_box(array[0]) + 1;
                }
            });
        })
    }));
    assert!(panic.is_err());
    let now = array[0];
    spawn(|| ()).expect("a child").join().expect("an answer");
    assert_eq!(array[0], now);
}

fn it_can_be_nested() {
    let mut array: Array<u32> = Array::new(2).expect("an array");
    let total = scope(|outer| {
        let (first, second) = array.lend_mut().split_at(1);
        outer.spawn_with(first, |first| first[0] = 1);
        let inner = scope(|inner| {
            outer.spawn_with(second, |second| second[0] = 2);
            inner.spawn(|| 40).join()
        });
        inner.expect("no error").expect("an answer")
    });
    assert_eq!(total.expect("no error") + array[0] + array[1], 43);
}

fn a_child_can_have_one_of_its_own() {
    let sum = scope(|s| {
        let child = s.spawn(|| {
            let mut own = Array::from_slice(&[1, 2, 3]).expect("an array");
            scope(|s| {
                for x in own.lend_mut() {
                    s.spawn_with(x, |x| *x *= 10);
                }
            })
            .expect("no error");
            own.iter().sum::<i32>()
        });
        child.join()
    });
    assert_eq!(sum.expect("no error").expect("an answer"), 60);
}

fn an_inherited_one_is_refused() {
    let (mut reader, mut writer) = io::pipe().expect("a pipe");
    let refusals = scope(|s| {
        let elder = s.spawn(move || {
            reader.read_exact(&mut [0]).expect("a byte");
            7
        });
        let elder = Rc::new(RefCell::new(Some(elder)));
        let copy = Rc::clone(&elder);
        let younger = s.spawn(move || {
            let elder = copy.take().expect("a handle").join().map(drop);
            let own = s.spawn(|| ()).join();
            [elder, own].map(|refused| matches!(refused, Err(Error::Inherited { .. })))
        });
        let refusals = younger.join();
        writer.write_all(b"!").expect("written");
        let answer = elder.take().expect("a handle").join();
        assert_eq!(answer.expect("the elder lives"), 7);
        refusals
    });
    assert_eq!(
        refusals.expect("no error").expect("an answer"),
        [true, true]
    );
}

fn threads_are_refused() {
    let refused = scope(|s| {
        thread::scope(|threads| {
            let (sender, receiver) = std::sync::mpsc::channel::<()>();
            threads.spawn(move || receiver.recv());
            let refused = s.spawn(|| ()).join();
            drop(sender);
            refused
        })
    });
    let refused = refused.expect("no error of the scope");
    assert!(matches!(refused, Err(Error::ThreadsRunning { .. })));
}

fn hundreds_of_children() {
    let mut array: Array<u32> = Array::new(300).expect("an array");
    scope(|s| {
        for (number, x) in array.lend_mut().into_iter().enumerate() {
            s.spawn_with(x, move |x| *x = number as u32);
        }
    })
    .expect("no error");
    assert!(array.iter().copied().eq(0..300));
}

fn a_handle_can_what_that_of_a_process_can() {
    let go = Event::new().expect("an event");
    let result = scope(|s| {
        let mut waiting = s.spawn(|| {
            go.wait();
            std::process::id()
        });
        assert_eq!(waiting.name(), "Process-1");
        assert!(waiting.is_running());
        for timeout in [Duration::ZERO, Duration::from_millis(20)] {
            assert_eq!(waiting.join_timeout(timeout).expect("no error"), None);
        }
        go.set();
        let answer = waiting.join_timeout(Duration::MAX).expect("no error");
        assert_eq!(answer, waiting.pid());
        assert!(!waiting.is_running());
        assert_eq!(
            waiting.join_timeout(Duration::ZERO).expect("an answer"),
            answer
        );

        for (signal, end) in [("SIGTERM", true), ("SIGKILL", false)] {
            let mut child = s.spawn(|| -> () { thread::park() });
            if end { child.terminate() } else { child.kill() }.expect("it may");
            let error = child.join().unwrap_err().to_string();
            assert!(
                error.ends_with(&format!("was killed by {signal}")),
                "{error}"
            );
        }
    });
    result.expect("what was seen is not told again");
}

fn a_child_has_the_settings_of_its_builder() {
    let mut numbers = Array::from_slice(&[1, 2]).expect("an array");
    scope(|s| {
        let named = Builder::new().name("first");
        let named = named.spawn_scoped(s, || current().name().to_owned());
        assert_eq!(named.name(), "first");
        assert_eq!(named.join().expect("an answer"), "first");

        let (first, second) = numbers.lend_mut().split_at(1);
        let lent = Builder::new().name("lent");
        lent.spawn_scoped_with(s, first, |first| first[0] = 10);
        let anew = Builder::new().start_method(StartMethod::Spawn);
        let refused = anew.spawn_scoped_with(s, second, |second| second[0] = 20);
        let refused = refused.join().expect_err("nothing can be lent");
        assert!(
            refused.to_string().contains("it borrows from an array"),
            "{refused}"
        );
    })
    .expect("no error");
    assert_eq!(*numbers, [10, 2]);
}

fn the_first_failure_ends_the_others_if_asked() {
    let error = scope(|s| {
        s.kill_on_failure();
        s.spawn(|| -> () { thread::park() });
        s.spawn(|| 1);
        s.spawn(|| -> () { panic!("the one that fails") });
        s.spawn(|| -> () { thread::park() });
    });
    let error = error.unwrap_err().to_string();
    assert!(error.ends_with("the one that fails"), "{error}");
}

fn a_failure_while_another_is_joined_ends_that() {
    let go = Event::new().expect("an event");
    let error = scope(|s| {
        s.kill_on_failure();
        let parked = s.spawn(|| -> () { thread::park() });
        let mut long = s.spawn(|| -> () { thread::park() });
        s.spawn(|| -> () {
            go.wait();
            std::process::exit(3);
        });
        assert_eq!(long.join_timeout(Duration::ZERO).expect("it runs"), None);
        go.set();
        let error = parked.join().unwrap_err().to_string();
        assert!(error.ends_with("was killed by SIGKILL"), "{error}");
        assert!(long.join_timeout(Duration::MAX).is_err());
    });
    let Err(Error::Child(error)) = error else {
        panic!("the scope did not fail");
    };
    assert!(matches!(error.cause, Cause::Exit(3)), "{error}");
}

fn a_child_that_was_not_started_ends_the_others_if_asked() {
    let error = scope(|s| {
        s.kill_on_failure();
        s.spawn(|| -> () { thread::park() });
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        thread::scope(|threads| {
            threads.spawn(move || stopped.recv());
            let mut refused = s.spawn(|| ());
            assert_eq!(refused.pid(), None);
            assert!(!refused.is_running());
            refused.kill().expect("there is nothing to do");
            drop(stop);
        });
    });
    assert!(matches!(error, Err(Error::ThreadsRunning { .. })));
}

/// Not even one whose handle was forgotten after it could not be waited for.
fn children_end_though_no_descriptor_is_left() {
    let mut array: Array<u64> = Array::new(1).expect("an array");
    let go = Event::new().expect("an event");
    scope(|s| {
        let mut child = s.spawn_with(array.lend_mut(), |array| {
            go.wait();
            array[0] = 7;
        });
        with_limit(Resource::RLIMIT_NOFILE, 0, || {
            assert!(child.join_timeout(Duration::from_millis(1)).is_err());
        });
        mem::forget(child);
        go.set();
    })
    .expect("it is joined by the scope");
    assert_eq!(array[0], 7);
}
