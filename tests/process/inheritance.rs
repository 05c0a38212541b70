//! What a child inherits from its parent, and what it must not.

use std::cell::Cell;
use std::fs;
use std::io::{self, Read, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use multiprocessing::Pool;
use multiprocessing::process::{Builder, reset_signal_handlers, spawn};
use multiprocessing::{Array, Cause, Error, Signal};
use nix::sys::signal::{Signal as Known, raise};
use nix::unistd::{Uid, dup2_stdin};
use signal_hook::flag;
use signal_hook::low_level::{pipe, unregister};

use super::endings::{cause, overflow};
use super::handles::waiting_child;
use crate::support::circumstances::printed_by;

pub(crate) fn threads_are_refused() {
    let (sender, receiver) = mpsc::channel::<()>();
    let thread = thread::Builder::new().name("logger".into());
    let waits = thread
        .spawn(move || receiver.recv().is_err())
        .expect("a thread");
    let refused = spawn(|| 7).unwrap_err();
    let text = refused.to_string();
    assert!(
        text.contains("1 other thread(s) run in this process (logger)"),
        "{text}"
    );
    let Error::ThreadsRunning {
        name,
        count,
        threads,
    } = refused
    else {
        panic!("{text}")
    };
    assert_eq!((name.as_str(), count), ("Process-1", 1));
    assert_eq!(threads, ["logger"]);
    drop(sender);
    assert!(waits.join().expect("the thread's answer"));
    assert_eq!(spawn(|| 7).expect("a child").join().expect("an answer"), 7);
}

pub(crate) fn a_joined_thread_is_gone() {
    for _ in 0..200 {
        thread::spawn(|| ()).join().expect("the thread's answer");
        spawn(|| ()).expect("a child").join().expect("an answer");
        thread::scope(|s| drop(s.spawn(|| ())));
        spawn(|| ()).expect("a child").join().expect("an answer");
    }
}

fn descriptors() -> Vec<String> {
    let all = fs::read_dir("/proc/self/fd").expect("a folder");
    all.map(|fd| fs::read_link(fd.expect("a descriptor").path()).unwrap_or_default())
        .map(|target| target.to_string_lossy().into_owned())
        .filter(|target| !target.starts_with("/proc"))
        .collect()
}

pub(crate) fn descriptors_of_the_library_are_closed() {
    let at_first = descriptors();
    // Has a file for its answer, and a descriptor that watches it.
    let mut elder = spawn(|| {
        thread::park();
        String::new()
    })
    .expect("a child");
    let _ = elder.join_timeout(Duration::from_millis(1));
    let _array = Array::<u8>::new(10).expect("an array");
    assert!(descriptors().len() > at_first.len());
    // Root's children are tied to their parent by a pipe of which they have an end.
    let ties = usize::from(Uid::effective().is_root());
    let number = spawn(|| descriptors().len()).expect("a child");
    assert_eq!(number.join().expect("an answer"), at_first.len() + ties);
    let list = spawn(descriptors)
        .expect("a child")
        .join()
        .expect("an answer");
    let (own, inherited): (Vec<_>, Vec<_>) = list
        .into_iter()
        .partition(|target| !at_first.contains(target));
    assert_eq!(own.len(), 1 + ties);
    assert!(own.iter().any(|target| target.contains("memfd")));
    assert_eq!(inherited, at_first);
}

/// Libraries that register handlers keep a registry, which is copied, and believe in it.
pub(crate) fn signal_handlers_are_inherited() {
    let heard = Arc::new(AtomicBool::new(false));
    for signal in [Known::SIGTERM as i32, REAL_TIME] {
        flag::register(signal, Arc::clone(&heard)).expect("a handler");
        let copy = Arc::clone(&heard);
        let child = spawn(move || {
            raise_number(signal);
            copy.load(Ordering::Relaxed)
        });
        assert!(child.expect("a child").join().expect("an answer"));
        let (mut child, _writer) = waiting_child();
        child.terminate().expect("a signal");
        let still = child.join_timeout(Duration::from_millis(1));
        assert_eq!(still.expect("no error"), None, "{signal}");
        child.kill().expect("a signal");
        child.join().unwrap_err();
    }
    assert!(!heard.load(Ordering::Relaxed));
    raise(Known::SIGTERM).expect("raised");
    assert!(heard.load(Ordering::Relaxed));
}

const REAL_TIME: i32 = 40;

fn raise_number(signal: i32) {
    signal_hook::low_level::raise(signal).expect("raised");
}

pub(crate) fn signal_handlers_are_reset_on_request() {
    let (mut reader, writer) = io::pipe().expect("a pipe");
    for signal in [Known::SIGTERM as i32, REAL_TIME] {
        let writer = writer.try_clone().expect("another end");
        let handler = pipe::register(signal, writer).expect("a handler");
        let dies = cause(move || {
            reset_signal_handlers();
            raise_number(signal);
        });
        assert_eq!(dies, Cause::Signal(Signal(signal)));
        raise_number(signal);
        reader.read_exact(&mut [0]).expect("the parent's own");
        assert!(unregister(handler));
    }
    drop(writer);
    assert_eq!(reader.read(&mut [0]).expect("nothing of a child's"), 0);
    let overflows = cause(|| {
        reset_signal_handlers();
        overflow()
    });
    assert_eq!(overflows, Cause::Signal(Signal(Known::SIGABRT as i32)));
    // Ctrl-C is still the parent's.
    flag::register(Known::SIGINT as i32, Arc::default()).expect("a handler");
    let reset = || {
        reset_signal_handlers();
        Ok::<_, String>(())
    };
    let mut pool = Pool::builder()
        .workers(1)
        .initializer(reset)
        .build()
        .expect("a pool");
    let interrupted = pool.apply(|()| raise(Known::SIGINT).is_ok(), ());
    assert!(interrupted.expect("a result"));
}

pub(crate) fn text_is_printed_once() {
    let text = printed_by(|| {
        print!("before; ");
        let child = spawn(|| print!("the last words of a child; ")).expect("a child");
        child.join().expect("an answer");
        let child = spawn(|| -> () {
            print!("of one that panics; ");
            panic!()
        });
        child.expect("a child").join().unwrap_err();
        let child = spawn(|| -> () {
            print!("of one that exits; ");
            std::process::exit(1)
        });
        child.expect("a child").join().unwrap_err();
        print!("after");
    });
    assert_eq!(
        text,
        "before; the last words of a child; of one that panics; of one that exits; after"
    );
}

pub(crate) fn captures_are_dropped_by_the_parent() {
    let (mut reader, mut writer) = io::pipe().expect("a pipe");
    let child = spawn(move || writer.write_all(b"from the child").is_ok()).expect("a child");
    let mut text = String::new();
    // Were the parent's copy of the writer open, this would never end.
    reader.read_to_string(&mut text).expect("text");
    assert_eq!(text, "from the child");
    assert!(child.join().expect("an answer"));
}

thread_local! {
    static LOCAL: Cell<u32> = const { Cell::new(1) };
}

pub(crate) fn memory_is_a_copy() {
    static GLOBAL: AtomicBool = AtomicBool::new(false);
    let boxed = Rc::new(Cell::new(1));
    let copy = Rc::clone(&boxed);
    let child = spawn(move || {
        GLOBAL.store(true, Ordering::Relaxed);
        LOCAL.set(LOCAL.get() + 1);
        copy.set(copy.get() + 1);
        (LOCAL.get(), copy.get())
    });
    assert_eq!(child.expect("a child").join().expect("an answer"), (2, 2));
    assert!(!GLOBAL.load(Ordering::Relaxed));
    assert_eq!((LOCAL.get(), boxed.get()), (1, 1));
}

fn input() -> String {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).expect("text");
    text
}

/// What a child read would be missing for the parent.
pub(crate) fn stdin_is_empty_unless_asked_for() {
    let (reader, mut writer) = io::pipe().expect("a pipe");
    dup2_stdin(reader).expect("stdin is the pipe");
    writer.write_all(b"for the parent").expect("written");
    drop(writer);
    assert_eq!(
        spawn(input).expect("a child").join().expect("an answer"),
        ""
    );
    let grandchild = || spawn(input).expect("a child").join().expect("an answer");
    assert_eq!(
        spawn(grandchild)
            .expect("a child")
            .join()
            .expect("an answer"),
        ""
    );
    let mut pool = Pool::new(1).expect("a pool");
    assert_eq!(pool.apply(|()| input(), ()).expect("a result"), "");
    let child = Builder::new()
        .inherit_stdin()
        .spawn(input)
        .expect("a child");
    assert_eq!(child.join().expect("an answer"), "for the parent");
    let (reader, mut writer) = io::pipe().expect("a pipe");
    dup2_stdin(reader).expect("stdin is the pipe");
    writer.write_all(b"for a worker").expect("written");
    drop(writer);
    let pool = Pool::builder().workers(1).inherit_stdin();
    let mut pool = pool.build().expect("a pool");
    assert_eq!(
        pool.apply(|()| input(), ()).expect("a result"),
        "for a worker"
    );
}

/// Its registry is copied, and believes the handler to be there, which is true.
pub(crate) fn a_child_registers_what_its_parent_had_registered() {
    let of_parent = Arc::new(AtomicBool::new(false));
    for signal in [Known::SIGTERM, Known::SIGINT] {
        flag::register(signal as i32, Arc::clone(&of_parent)).expect("a handler");
    }
    fn hears(signal: Known) -> bool {
        let heard = Arc::new(AtomicBool::new(false));
        flag::register(signal as i32, Arc::clone(&heard)).expect("a handler");
        raise(signal).expect("raised");
        heard.load(Ordering::Relaxed)
    }
    for signal in [Known::SIGTERM, Known::SIGINT] {
        let child = spawn(move || hears(signal)).expect("a child");
        assert!(child.join().expect("an answer"));
    }
    let in_initializer = || Ok::<_, String>(hears(Known::SIGTERM) && hears(Known::SIGINT));
    let pool = Pool::builder().workers(1).initializer(in_initializer);
    let mut pool = pool.build().expect("a pool");
    let heard = pool.map_with(|heard: &mut bool, ()| *heard, [()]);
    assert_eq!(heard.expect("a result"), [true]);
    let mut pool = Pool::new(1).expect("a pool");
    let in_task = |()| hears(Known::SIGTERM) && hears(Known::SIGINT);
    assert!(pool.apply(in_task, ()).expect("a result"));
    assert!(!of_parent.load(Ordering::Relaxed));
    // What the parent had not registered still does what the kernel does by itself.
    let other = cause(|| raise(Known::SIGUSR2).expect("raised"));
    assert_eq!(other, Cause::Signal(Signal(Known::SIGUSR2 as i32)));
}
