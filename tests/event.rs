//! Tests of `multiprocessing::Event`.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::support::circumstances::{is_asleep, wait_until};
use multiprocessing::process::Process;
use multiprocessing::{Event, Shared, process};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn a_wait_lasts_until_the_event_is_set() {
    let event = Event::new().unwrap();
    assert!(!event.is_set());
    for timeout in [0, 1, 50].map(Duration::from_millis) {
        let start = Instant::now();
        assert!(!event.wait_timeout(timeout));
        assert!(start.elapsed() >= timeout);
    }
    event.set();
    assert!(event.is_set());
    event.wait();
    assert!(event.wait_timeout(Duration::ZERO));
    event.clear();
    assert!(!event.is_set());

    let theirs = event.clone();
    let child = process::spawn(move || theirs.set()).unwrap();
    event.wait();
    child.join().unwrap();
}

/// A child that sleeps until the event is set.
fn sleeper(event: &Event) -> Process<bool> {
    let event = event.clone();
    let child = process::spawn(move || event.wait_timeout(Duration::from_secs(30))).unwrap();
    wait_until("it sleeps", || is_asleep(child.pid()));
    child
}

fn all_who_wait_are_woken() {
    let event = Event::new().unwrap();
    let sleepers = [(); 4].map(|()| sleeper(&event));
    event.set();
    for sleeper in sleepers {
        assert!(sleeper.join().unwrap());
    }
}

fn those_who_waited_return_even_if_it_is_cleared_at_once() {
    for _ in 0..50 {
        let event = Event::new().unwrap();
        let sleepers = [(); 2].map(|()| sleeper(&event));
        event.set();
        event.clear();
        for sleeper in sleepers {
            assert!(sleeper.join().unwrap());
        }
        assert!(!event.is_set());
    }
}

fn what_was_written_before_it_was_set_is_seen() {
    let [asked, answered] = [(); 2].map(|()| Event::new().unwrap());
    let number = Shared::new(AtomicU64::new(0)).unwrap();
    process::scope(|s| {
        s.spawn(|| {
            for _ in 0..10_000 {
                asked.wait();
                asked.clear();
                number.store(2 * number.load(Relaxed), Relaxed);
                answered.set();
            }
        });
        for x in 0..10_000 {
            number.store(x, Relaxed);
            asked.set();
            answered.wait();
            answered.clear();
            assert_eq!(number.load(Relaxed), 2 * x);
        }
    })
    .unwrap();
}

fn processes_killed_at_any_moment_disturb_nobody() {
    let event = Event::new().unwrap();
    for round in 0..60 {
        let mut children: Vec<Process<()>> = (0..3)
            .map(|_| {
                let event = event.clone();
                process::spawn(move || {
                    loop {
                        event.set();
                        event.wait_timeout(Duration::from_micros(100));
                        event.clear();
                    }
                })
                .unwrap()
            })
            .collect();
        let start = Instant::now();
        while start.elapsed() < Duration::from_micros(500 + 20 * round) {
            event.wait();
        }
        children.iter_mut().for_each(|child| child.kill().unwrap());
    }
    event.clear();
    let child = sleeper(&event);
    event.set();
    assert!(child.join().unwrap());
}

fn a_process_that_is_stopped_keeps_nobody_beyond_their_time() {
    let event = Event::new().unwrap();
    let busy = event.clone();
    let child: Result<Process<()>, _> = process::spawn(move || {
        loop {
            busy.set();
            busy.clear();
        }
    });
    let mut child = child.unwrap();
    let pid = Pid::from_raw(child.pid() as i32);
    for _ in 0..50 {
        kill(pid, Signal::SIGSTOP).unwrap();
        event.clear();
        // It hangs if it does not end in time.
        event.wait_timeout(Duration::from_millis(10));
        kill(pid, Signal::SIGCONT).unwrap();
    }
    child.kill().unwrap();
}

crate::support::tests!(
    a_wait_lasts_until_the_event_is_set,
    all_who_wait_are_woken,
    those_who_waited_return_even_if_it_is_cleared_at_once,
    what_was_written_before_it_was_set_is_seen,
    processes_killed_at_any_moment_disturb_nobody,
    a_process_that_is_stopped_keeps_nobody_beyond_their_time,
);
