//! Tests of `multiprocessing::Semaphore`.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::circumstances::{is_asleep, wait_until};
use multiprocessing::process::Process;
use multiprocessing::{Semaphore, Shared, channel, process};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Much longer than it takes, even on a busy machine.
const SOON: Duration = Duration::from_secs(5);

fn at_most_so_many_are_inside() {
    let semaphore = Semaphore::new(2).unwrap();
    let inside = Shared::new(AtomicU32::new(0)).unwrap();
    let most = Shared::new(AtomicU32::new(0)).unwrap();
    process::scope(|s| {
        for _ in 0..5 {
            s.spawn(|| {
                for _ in 0..1000 {
                    let permit = semaphore.acquire();
                    most.fetch_max(inside.fetch_add(1, SeqCst) + 1, SeqCst);
                    thread::yield_now();
                    inside.fetch_sub(1, SeqCst);
                    permit.release();
                }
            });
        }
    })
    .unwrap();
    assert_eq!(inside.load(SeqCst), 0);
    assert_eq!(most.load(SeqCst), 2);
}

/// A child that has a permit and keeps it.
fn holder_of(semaphore: &Semaphore) -> Process<()> {
    let semaphore = semaphore.clone();
    let (sender, receiver) = channel().unwrap();
    let child = process::spawn(move || {
        let _permit = semaphore.acquire();
        sender.send(()).unwrap();
        loop {
            thread::park();
        }
    });
    receiver.recv().unwrap();
    child.unwrap()
}

fn the_permit_of_a_killed_process_is_free_again() {
    let semaphore = Semaphore::new(2).unwrap();
    let mut holders = [holder_of(&semaphore), holder_of(&semaphore)];
    assert!(semaphore.try_acquire().is_none());
    let sleeper = semaphore.clone();
    let sleeper = process::spawn(move || drop(sleeper.acquire())).unwrap();
    wait_until("it sleeps", || is_asleep(sleeper.pid()));
    for holder in &mut holders {
        holder.kill().unwrap();
    }
    sleeper.join().unwrap();
    let all = [semaphore.acquire(), semaphore.acquire()];
    assert!(semaphore.try_acquire().is_none());
    drop(all);
    assert!(semaphore.try_acquire().is_some());
}

fn a_permit_moved_into_a_child_is_the_childs() {
    let semaphore = Semaphore::new(1).unwrap();
    let permit = semaphore.acquire();
    let (go, may_go) = channel::<()>().unwrap();
    let child = process::spawn(move || {
        let result = may_go.recv();
        drop(permit);
        result
    })
    .unwrap();
    assert!(
        semaphore
            .acquire_timeout(Duration::from_millis(50))
            .is_none()
    );
    go.send(()).unwrap();
    let permit = semaphore.acquire();
    assert!(child.join().unwrap().is_ok());

    // A child that only sees it does not give it back.
    process::scope(|s| s.spawn(|| format!("{permit:?}")).join().map(drop))
        .unwrap()
        .unwrap();
    assert!(semaphore.try_acquire().is_none());
    drop(permit);
    assert!(semaphore.try_acquire().is_some());
}

fn processes_killed_at_any_moment_lose_no_permit() {
    let semaphore = Semaphore::new(3).unwrap();
    for round in 0..60 {
        let mut children: Vec<Process<()>> = (0..3)
            .map(|_| {
                let semaphore = semaphore.clone();
                process::spawn(move || {
                    loop {
                        let _permit = semaphore.acquire();
                    }
                })
                .unwrap()
            })
            .collect();
        let start = Instant::now();
        while start.elapsed() < Duration::from_micros(500 + 20 * round) {
            drop(semaphore.acquire());
        }
        children.iter_mut().for_each(|child| child.kill().unwrap());
    }
    let all = [(); 3].map(|()| semaphore.acquire());
    assert!(semaphore.try_acquire().is_none());
    drop(all);
}

fn waiting_ends_in_time() {
    let semaphore = Semaphore::new(1).unwrap();
    let _permit = semaphore.acquire();
    for limit in [0, 1, 50].map(Duration::from_millis) {
        let start = Instant::now();
        assert!(semaphore.acquire_timeout(limit).is_none());
        assert!(start.elapsed() >= limit);
    }
}

fn a_child_may_be_started_with_a_permit_held() {
    let semaphore = Semaphore::new(1).unwrap();
    let _permit = semaphore.acquire();
    process::spawn(|| ()).unwrap().join().unwrap();
}

/// Waits for a permit when it is dropped, and gives it back.
struct LastWord(Semaphore);

impl Drop for LastWord {
    fn drop(&mut self) {
        let permit = self.0.acquire_timeout(Duration::from_secs(5));
        permit.expect("nobody has it").release();
    }
}

fn a_permit_that_a_destructor_takes_and_gives_back_is_free() {
    let semaphore = Semaphore::new(1).unwrap();
    let (go, may_go) = channel().unwrap();
    // Its original is dropped here, as soon as the child has been started.
    let last_word = LastWord(semaphore.clone());
    let child = process::spawn(move || {
        may_go.recv().unwrap();
        drop(last_word);
    })
    .unwrap();
    assert!(semaphore.try_acquire().is_some());
    go.send(()).unwrap();
    child.join().unwrap();
}

/// Wherever it is stopped, even while it is taking a permit.
fn a_process_that_is_stopped_keeps_nobody_beyond_their_time() {
    let semaphore = Semaphore::new(1).unwrap();
    let busy = semaphore.clone();
    let child: Result<Process<()>, _> = process::spawn(move || {
        loop {
            busy.acquire().release();
        }
    });
    let mut child = child.unwrap();
    let pid = Pid::from_raw(child.pid() as i32);
    for _ in 0..50 {
        kill(pid, Signal::SIGSTOP).unwrap();
        let start = Instant::now();
        let permit = semaphore.acquire_timeout(Duration::from_millis(10));
        let at_once = semaphore.try_acquire();
        assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
        assert!(permit.is_none() || at_once.is_none());
        kill(pid, Signal::SIGCONT).unwrap();
        drop(permit);
    }
    child.kill().unwrap();
}

/// It may be stopped while it takes a permit.
fn a_permit_is_given_back_beside_a_process_that_is_stopped() {
    let semaphore = Semaphore::new(3).unwrap();
    let busy = semaphore.clone();
    let child: Result<Process<()>, _> = process::spawn(move || {
        loop {
            busy.acquire().release();
        }
    });
    let mut child = child.unwrap();
    let pid = Pid::from_raw(child.pid() as i32);
    for _ in 0..50 {
        let permits = [semaphore.acquire(), semaphore.acquire()];
        kill(pid, Signal::SIGSTOP).unwrap();
        let start = Instant::now();
        drop(permits);
        assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
        kill(pid, Signal::SIGCONT).unwrap();
    }
    child.kill().unwrap();
    child.join().unwrap_err();
    // None is lost.
    let _all = [(); 3].map(|()| semaphore.acquire_timeout(SOON).unwrap());
    assert!(semaphore.try_acquire().is_none());
}

crate::support::tests!(
    a_permit_is_given_back_beside_a_process_that_is_stopped,
    a_process_that_is_stopped_keeps_nobody_beyond_their_time,
    at_most_so_many_are_inside,
    the_permit_of_a_killed_process_is_free_again,
    a_permit_moved_into_a_child_is_the_childs,
    processes_killed_at_any_moment_lose_no_permit,
    waiting_ends_in_time,
    a_child_may_be_started_with_a_permit_held,
    a_permit_that_a_destructor_takes_and_gives_back_is_free,
);
