//! System calls that a sandbox forbids.

use std::hint::black_box;
use std::thread::sleep;
use std::time::Duration;

use multiprocessing::channel::channel;
use multiprocessing::process::{scope, spawn};
use multiprocessing::sync::{Mutex, Semaphore};
use multiprocessing::{Array, Error, Pool};
use nix::errno::Errno;
use nix::libc;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

/// From now on, this process and its children are refused a system call.
fn forbid(call: i64, errno: Errno) {
    let arch = std::env::consts::ARCH.try_into().expect("a known machine");
    let refused = SeccompAction::Errno(errno as u32);
    let filter = SeccompFilter::new([(call, vec![])].into(), SeccompAction::Allow, refused, arch);
    let program: BpfProgram = filter.expect("a filter").try_into().expect("a program");
    apply_filter(&program).expect("a filter that holds");
}

/// Runs `f` in a process of its own, where a system call is forbidden.
fn without(call: i64, errno: Errno, f: fn()) {
    let sandboxed = spawn(move || {
        forbid(call, errno);
        f();
    });
    sandboxed
        .expect("a child")
        .join()
        .expect("what is expected");
}

#[track_caller]
fn is_explained(error: &Error, call: &str, cure: &str) {
    let text = error.to_string();
    assert!(matches!(error, Error::System { .. }), "{text}");
    assert!(text.contains(call) && text.contains(cure), "{text}");
}

/// Only one who may ask knows that a child has ended.
pub(crate) fn a_child_that_cannot_be_waited_for_still_runs() {
    for errno in [Errno::EPERM, Errno::ENOSYS] {
        without(libc::SYS_waitid, errno, || {
            let mut array = Array::from_slice(&[0_u64]).expect("an array");
            let refused = scope(|s| {
                s.spawn_with(array.lend_mut(), |numbers| {
                    while numbers[0] < u64::MAX {
                        numbers[0] += 1;
                        sleep(Duration::from_micros(100));
                    }
                });
                sleep(Duration::from_millis(20));
            });
            let at_the_end = array[0];
            sleep(Duration::from_millis(20));
            assert_eq!(black_box(&array)[0], at_the_end, "the child still writes");
            is_explained(&refused.unwrap_err(), "`waitid`", "sandbox");

            let mut child = spawn(std::thread::park).expect("a child");
            assert!(child.is_running());
            is_explained(
                &child.join_timeout(Duration::ZERO).unwrap_err(),
                "`waitid`",
                "sandbox",
            );
        });
    }
}

pub(crate) fn a_child_that_cannot_be_watched_is_an_error() {
    without(libc::SYS_pidfd_open, Errno::ENOSYS, || {
        assert_eq!(spawn(|| 7).expect("a child").join().expect("an answer"), 7);
        let mut child = spawn(std::thread::park).expect("a child");
        let refused = child.join_timeout(Duration::from_secs(1)).unwrap_err();
        is_explained(&refused, "`pidfd_open`", "Linux 5.4");
        is_explained(&Pool::new(2).unwrap_err(), "`pidfd_open`", "Linux 5.4");
    });
}

/// A child can be signalled by its descriptor and by its number.
pub(crate) fn a_refused_signal_is_sent_another_way() {
    without(libc::SYS_pidfd_send_signal, Errno::EPERM, || {
        let mut child = spawn(std::thread::park).expect("a child");
        let ended = child.join_timeout(Duration::from_millis(1));
        assert!(ended.expect("a descriptor to wait for").is_none());
        child.kill().expect("a signal by number");
        let error = child.join().unwrap_err().to_string();
        assert!(error.ends_with("was killed by SIGKILL"), "{error}");

        let mut pool = Pool::new(2).expect("a pool");
        let result = pool.apply_async(|()| std::thread::park(), ());
        drop(result.expect("a task"));
        drop(pool);
    });
}

/// Whatever is made, each call that a sandbox or an old kernel may refuse is named, with what to do.
/// What goes on without the call does.
pub(crate) fn each_refused_call_is_named() {
    fn all() -> Result<(), Error> {
        let array = Array::from_slice(&[1_u64])?;
        assert_eq!(spawn(|| "an answer".to_owned())?.join()?, "an answer");
        let (sender, receiver) = channel()?;
        sender.send("a message".to_owned())?;
        assert_eq!(receiver.recv()?, "a message");
        let mutex = Mutex::new(1_u64)?;
        drop(mutex.lock());
        Semaphore::new(1)?;
        let mut pool = Pool::new(1)?;
        assert_eq!(pool.map(|x: u64| x + 1, [array[0]])?, [2]);
        Ok(())
    }
    for (call, name, is_needed) in [
        (libc::SYS_memfd_create, "memfd_create", true),
        (libc::SYS_clone, "clone", true),
        (libc::SYS_socketpair, "socketpair", true),
        (libc::SYS_pidfd_open, "pidfd_open", true),
        (libc::SYS_waitid, "waitid", true),
        (libc::SYS_fallocate, "fallocate", true),
        (libc::SYS_ftruncate, "ftruncate", true),
        (libc::SYS_prlimit64, "prlimit64", true),
        (libc::SYS_lseek, "lseek", false),
        (libc::SYS_close_range, "close_range", false),
        (libc::SYS_unshare, "unshare", false),
        (libc::SYS_pipe2, "pipe2", false),
        (libc::SYS_prctl, "prctl", false),
        (libc::SYS_sched_getaffinity, "sched_getaffinity", false),
    ] {
        for (errno, cure) in [
            (Errno::EPERM, "sandbox"),
            (Errno::ENOSYS, "Linux 5.4"),
            (Errno::EMFILE, "`ulimit -n`"),
            (Errno::ENFILE, "fs.file-max"),
            (Errno::ENOMEM, "ask for less"),
            (Errno::EAGAIN, "`ulimit -u`"),
        ] {
            if errno == Errno::EAGAIN && call != libc::SYS_clone {
                continue;
            }
            let refused = spawn(move || {
                forbid(call, errno);
                all().err().map(|error| error.to_string())
            });
            let refused = refused.expect("a child").join().expect("an answer");
            let is_explained =
                |text: &str| text.contains(&format!("(by `{name}`)")) && text.contains(cure);
            assert!(
                refused.as_deref().map_or(!is_needed, is_explained),
                "{name}, {errno}: {refused:?}"
            );
        }
    }
}
