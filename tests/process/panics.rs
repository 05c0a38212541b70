//! What a parent learns about a panic in a child, and what a panic must not break.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind, set_hook, take_hook};
use std::process::{exit, id};
use std::thread;

use multiprocessing::process::{Process, spawn};
use multiprocessing::{Cause, Panic, Pool, Portable, Signal};
use nix::sys::signal::{Signal as Known, raise};
use nix::unistd::dup2_stderr;
use rayon::prelude::*;

use super::endings::cause;
use crate::support::circumstances::{prepared_by, printed_by};

/// The message of the panic that ends a child that runs `f`.
pub(crate) fn panic_message<T: Portable + std::fmt::Debug>(
    f: impl FnOnce() -> T + 'static,
) -> String {
    match cause(f) {
        Cause::Panic(panic) => panic.message,
        other => panic!("not a panic: {other}"),
    }
}

pub(crate) fn a_panic_has_its_message_and_place() {
    let line = line!() + 1;
    let child = spawn(|| -> u32 { panic!("{} is not a prime", 9) }).expect("a child");
    let expected = format!(
        "Process-1 (pid {}) panicked at {}:{line}:35: 9 is not a prime",
        child.pid(),
        file!()
    );
    assert_eq!(child.join().unwrap_err().to_string(), expected);
    assert_eq!(panic_message(|| -> () { panic!("plain") }), "plain");
    let empty: Vec<u32> = Vec::new();
    let message = panic_message(move || empty[0]);
    assert!(message.contains("index out of bounds"), "{message}");
}

pub(crate) fn a_panic_prints_nothing() {
    let program = || {
        dup2_stderr(io::stdout()).expect("stderr goes where stdout goes");
        panic_message(|| -> () { panic!("quiet") })
    };
    let text = printed_by(|| {
        let message = spawn(program).expect("a child").join().expect("an answer");
        assert_eq!(message, "quiet");
    });
    assert_eq!(text, "");
}

pub(crate) fn a_long_panic_message_is_cut() {
    let message = panic_message(|| -> () { panic!("{}", "ü".repeat(100_000)) });
    assert!(message.len() > 1000);
    assert!(message.chars().all(|c| c == 'ü'));
}

pub(crate) fn a_panic_without_a_message() {
    assert_eq!(panic_message(|| -> () { panic_any(7) }), "(no message)");
}

pub(crate) fn a_panic_that_was_caught_is_not_the_end() {
    let caught = || catch_unwind(|| panic!("caught")).is_err();
    let child = spawn(caught).expect("a child");
    assert!(child.join().expect("an answer"));
    let exits = move || {
        caught();
        exit(1)
    };
    assert_eq!(cause::<()>(exits), Cause::Exit(1));
    let dies = move || {
        caught();
        raise(Known::SIGTERM).expect("raised");
    };
    assert_eq!(cause(dies), Cause::Signal(Signal(15)));
}

/// Panics when it is dropped in a process other than, or else in, the one that made it.
struct Bomb {
    maker: u32,
    in_maker: bool,
}

impl Bomb {
    fn new(in_maker: bool) -> Self {
        Self {
            maker: id(),
            in_maker,
        }
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!((id() == self.maker) != self.in_maker, "the bomb");
    }
}

pub(crate) fn a_panic_in_a_destructor() {
    let bomb = Bomb::new(false);
    assert_eq!(
        panic_message(move || {
            let _bomb = &bomb;
        }),
        "the bomb"
    );
}

pub(crate) fn a_panic_in_the_destructor_of_a_panic() {
    let message = panic_message(|| -> () {
        let bomb = Bomb {
            maker: id(),
            in_maker: true,
        };
        panic_any(bomb)
    });
    assert_eq!(message, "(no message)");
}

pub(crate) fn a_panic_after_a_grandchild() {
    let message = panic_message(|| -> () {
        spawn(|| ())
            .expect("a grandchild")
            .join()
            .expect("an answer");
        panic!("the child's own")
    });
    assert_eq!(message, "the child's own");
}

pub(crate) fn a_panic_of_a_grandchilds_thread() {
    let child = spawn(|| {
        let thread_fails = || thread::spawn(|| panic!("a thread's")).join().is_err();
        spawn(thread_fails)
            .expect("a grandchild")
            .join()
            .expect("an answer")
    });
    assert!(child.expect("a child").join().expect("an answer"));
}

/// The child would run on with nobody to end it; that none is left is seen by the runner.
pub(crate) fn a_panic_in_the_parents_destructor() {
    let bomb = Bomb::new(true);
    let started = catch_unwind(AssertUnwindSafe(|| {
        spawn(move || {
            let _bomb = &bomb;
            thread::park();
        })
    }));
    assert!(started.is_err());
}

pub(crate) fn a_start_during_a_panic() {
    struct Starts<'a>(&'a mut Option<u32>);
    impl Drop for Starts<'_> {
        fn drop(&mut self) {
            assert!(thread::panicking());
            *self.0 = spawn(|| 7).and_then(Process::join).ok();
        }
    }
    let mut answer = None;
    let starts = Starts(&mut answer);
    let panic = catch_unwind(AssertUnwindSafe(move || {
        let _starts = starts;
        panic!("the reason")
    }));
    assert!(panic.is_err());
    assert_eq!(answer, Some(7));
}

/// The panic that ends a child that runs `f`.
fn panic_in_child(f: fn()) -> Panic {
    match cause(f) {
        Cause::Panic(panic) => panic,
        other => panic!("not a panic: {other}"),
    }
}

/// The panic that ends a task.
fn panic_in_task(pool: &mut Pool, task: fn(u32)) -> Panic {
    match pool.apply(task, 1) {
        Err(multiprocessing::Error::Child(error)) => match error.cause {
            Cause::Panic(panic) => panic,
            other => panic!("not a panic: {other}"),
        },
        other => panic!("not a child's error: {other:?}"),
    }
}

/// A panic of another thread's, and the line it happens on.
fn reason_of_thread() -> (u32, Box<dyn std::any::Any + Send>) {
    let panics = || panic!("the reason");
    (line!() - 1, thread::spawn(panics).join().unwrap_err())
}

fn passes_on() {
    resume_unwind(reason_of_thread().1);
}

fn rayon_fails() {
    (0..100)
        .into_par_iter()
        .for_each(|x| assert_ne!(x, 50, "the reason"));
}

pub(crate) fn a_panic_that_is_passed_on_has_its_message_and_place() {
    let (line, _) = reason_of_thread();
    let mut pool = Pool::new(1).expect("a pool");
    for panic in [
        panic_in_child(passes_on),
        panic_in_task(&mut pool, |_| passes_on()),
    ] {
        assert_eq!(panic.message, "the reason");
        assert!(
            panic.location.contains(&format!("panics.rs:{line}:")),
            "{panic}"
        );
    }
    for panic in [
        panic_in_child(rayon_fails),
        panic_in_task(&mut pool, |_| rayon_fails()),
    ] {
        assert!(panic.message.contains("the reason"), "{panic}");
        assert!(panic.location.contains("panics.rs:"), "{panic}");
    }
}

/// Nobody can know where it comes from; but not from the panic that was caught before.
pub(crate) fn a_panic_that_is_made_up_is_not_taken_for_another() {
    fn makes_one_up() {
        catch_unwind(|| panic!("caught")).unwrap_err();
        resume_unwind(Box::new("made up"));
    }
    let mut pool = Pool::new(1).expect("a pool");
    for panic in [
        panic_in_child(makes_one_up),
        panic_in_task(&mut pool, |_| makes_one_up()),
    ] {
        let text = panic.to_string();
        assert_eq!(text, "panicked at an unknown place: made up");
    }
}

/// A hook that prints on stdout who it is called by and with what.
fn set_printing_hook(name: &'static str) {
    set_hook(Box::new(move |panic| {
        println!("{name}: {}", panic.payload_as_str().unwrap_or_default());
    }));
}

pub(crate) fn the_hook_of_the_program_is_called() {
    let text = printed_by(|| {
        set_printing_hook("the program's");
        assert_eq!(
            panic_in_child(|| panic!("in a child")).message,
            "in a child"
        );
        let mut pool = Pool::new(1).expect("a pool");
        let panic = panic_in_task(&mut pool, |_| panic!("in a task"));
        assert!(panic.location.contains("panics.rs:"), "{panic}");
        let grandchild = || {
            let panic = panic_in_child(|| panic!("in a grandchild"));
            assert!(panic.location.contains("panics.rs:"), "{panic}");
        };
        spawn(grandchild)
            .expect("a child")
            .join()
            .expect("an answer");
        // It is still that of this process, too.
        catch_unwind(|| panic!("here")).unwrap_err();
    });
    let texts = ["in a child", "in a task", "in a grandchild", "here"];
    let lines = texts.map(|text| format!("the program's: {text}\n"));
    assert_eq!(text, lines.concat());
}

pub(crate) fn a_hook_that_is_set_later_is_called() {
    let text = printed_by(|| {
        let sets_and_panics = || {
            set_printing_hook("the child's");
            panic!("in a child")
        };
        assert_eq!(panic_in_child(sets_and_panics).message, "in a child");
        let initializer = || {
            set_printing_hook("the initializer's");
            Ok::<_, String>(())
        };
        let pool = Pool::builder().workers(1).initializer(initializer);
        let mut pool = pool.build().expect("a pool");
        let panic = panic_in_task(&mut pool, |_| panic!("in a task"));
        assert_eq!(panic.message, "in a task");
        assert!(panic.location.contains("panics.rs:"), "{panic}");
        pool.apply(|_: u32| set_printing_hook("a task's"), 1)
            .expect("a result");
        let panic = panic_in_task(&mut pool, |_| panic!("in a later task"));
        assert!(panic.location.contains("panics.rs:"), "{panic}");
        let chains = |_: u32| {
            let before = take_hook();
            set_hook(Box::new(move |panic| before(panic)));
            panic!("chained")
        };
        let panic = panic_in_task(&mut pool, chains);
        assert!(panic.location.contains("panics.rs:"), "{panic}");
        let panic = panic_in_task(&mut pool, |_| panic!("after that"));
        assert!(panic.location.contains("panics.rs:"), "{panic}");
    });
    let lines = [
        "the child's: in a child",
        "the initializer's: in a task",
        "a task's: in a later task",
        "a task's: chained",
    ];
    assert!(text.starts_with(&lines.join("\n")), "{text}");
}

pub(crate) fn a_hook_that_the_task_itself_sets_hides_no_place() {
    fn replaces(_: u32) {
        set_printing_hook("replaced");
        panic!("a")
    }
    fn resets(_: u32) {
        drop(take_hook());
        panic!("b")
    }
    fn resets_and_sets(_: u32) {
        drop(take_hook());
        set_printing_hook("first");
        set_printing_hook("second");
        panic!("c")
    }
    fn silences_for_a_time(_: u32) {
        let before = take_hook();
        set_hook(Box::new(|_| ()));
        catch_unwind(|| panic!("silent")).unwrap_err();
        set_hook(before);
        panic!("d")
    }
    fn chains_and_passes_on(_: u32) {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            println!("chained");
            before(panic);
        }));
        resume_unwind(thread::spawn(|| panic!("e")).join().unwrap_err());
    }
    let text = printed_by(|| {
        for (message, task) in [
            ("a", replaces as fn(u32)),
            ("b", resets),
            ("c", resets_and_sets),
            ("d", silences_for_a_time),
            ("e", chains_and_passes_on),
        ] {
            let mut pool = Pool::new(1).expect("a pool");
            let in_child = match cause(move || task(1)) {
                Cause::Panic(panic) => panic,
                other => panic!("not a panic: {other}"),
            };
            for panic in [panic_in_task(&mut pool, task), in_child] {
                assert_eq!(panic.message, message);
                assert!(panic.location.contains("panics.rs:"), "{panic}");
            }
            // It is called later, too.
            let panic = panic_in_task(&mut pool, |_| panic!("later"));
            assert!(panic.location.contains("panics.rs:"), "{panic}");
        }
    });
    let lines = [
        "replaced: a",
        "replaced: a",
        "replaced: later",
        "second: c",
        "second: c",
    ];
    for line in lines.iter().chain(&["second: later", "chained"]) {
        assert!(
            text.lines().any(|printed| printed == *line),
            "{line}: {text}"
        );
    }
    assert!(!text.contains("first:"), "{text}");
}

#[inline(never)]
fn a_function_of_some_name() {
    panic!("deep down");
}

pub(crate) fn a_backtrace_where_it_is_asked_for() {
    if !prepared_by("env", "RUST_BACKTRACE=1") {
        return;
    }
    let mut pool = Pool::new(1).expect("a pool");
    for panic in [
        panic_in_child(a_function_of_some_name),
        panic_in_task(&mut pool, |_| a_function_of_some_name()),
        panic_in_task(&mut pool, |_| {
            resume_unwind(thread::spawn(a_function_of_some_name).join().unwrap_err())
        }),
    ] {
        let backtrace = panic.backtrace.expect("a backtrace");
        assert!(backtrace.contains("a_function_of_some_name"), "{backtrace}");
        assert_eq!(panic.message, "deep down");
    }
    let error = spawn(a_function_of_some_name)
        .expect("a child")
        .join()
        .unwrap_err();
    assert!(!error.to_string().contains("a_function_of_some_name"));
    assert!(format!("{error:?}").contains("a_function_of_some_name"));
}

pub(crate) fn no_backtrace_where_none_is_asked_for() {
    if !prepared_by("env", "RUST_BACKTRACE=0") {
        return;
    }
    assert_eq!(panic_in_child(a_function_of_some_name).backtrace, None);
    let error = spawn(a_function_of_some_name)
        .expect("a child")
        .join()
        .unwrap_err();
    assert_eq!(format!("{error:?}"), error.to_string());
}
