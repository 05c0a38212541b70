//! Tests of `multiprocessing::Barrier`.

use std::process::exit;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::circumstances::{is_asleep, wait_until};
use multiprocessing::process::Process;
use multiprocessing::sync::BrokenBarrier;
use multiprocessing::{Barrier, Shared, process};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const PARTIES: usize = 5;

/// A child that waits once at a handle of its own.
fn waiter(barrier: &Barrier) -> Process<Result<bool, BrokenBarrier>> {
    let barrier = barrier.clone();
    process::spawn(move || barrier.wait().map(|result| result.is_leader())).unwrap()
}

/// One that sleeps there by now.
fn sleeper(barrier: &Barrier) -> Process<Result<bool, BrokenBarrier>> {
    let child = waiter(barrier);
    wait_until("it sleeps", || is_asleep(child.pid()));
    child
}

fn nobody_passes_before_all_have_come() {
    const ROUNDS: u64 = 1000;
    let barrier = Barrier::new(PARTIES).unwrap();
    let (before, after) = (AtomicU64::new(0), AtomicU64::new(0));
    let counts = Shared::new((before, after)).unwrap();
    process::scope(|s| {
        for _ in 0..PARTIES {
            s.spawn(|| {
                let (before, after) = &*counts;
                for round in 0..ROUNDS {
                    assert_eq!(after.load(SeqCst) / PARTIES as u64, round);
                    before.fetch_add(1, SeqCst);
                    barrier.wait().unwrap();
                    assert_eq!(before.load(SeqCst), (round + 1) * PARTIES as u64);
                    after.fetch_add(1, SeqCst);
                    barrier.wait().unwrap();
                }
            });
        }
    })
    .unwrap();
    assert!(!barrier.is_broken());
}

fn each_round_has_one_leader() {
    let barrier = Barrier::new(PARTIES).unwrap();
    for _ in 0..20 {
        let children = [(); PARTIES].map(|()| waiter(&barrier));
        let leaders = children.map(|child| child.join().unwrap().unwrap());
        assert_eq!(leaders.iter().filter(|is_leader| **is_leader).count(), 1);
    }
}

fn one_alone_need_not_wait() {
    let barrier = Barrier::new(1).unwrap();
    for _ in 0..3 {
        assert!(barrier.wait().unwrap().is_leader());
    }
}

fn threads_can_wait_too() {
    let barrier = Barrier::new(3).unwrap();
    let child = waiter(&barrier);
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| barrier.wait().unwrap());
        }
    });
    child.join().unwrap().unwrap();
}

fn an_abort_ends_all_waits() {
    let barrier = Barrier::new(PARTIES).unwrap();
    let sleepers = [(); PARTIES - 2].map(|()| sleeper(&barrier));
    assert!(!barrier.is_broken());
    barrier.abort();
    for sleeper in sleepers {
        assert_eq!(sleeper.join().unwrap(), Err(BrokenBarrier::Aborted));
    }
    assert!(barrier.is_broken());
    assert_eq!(barrier.wait(), Err(BrokenBarrier::Aborted));
}

fn a_reset_ends_all_waits_and_the_next_round_can_begin() {
    let barrier = Barrier::new(PARTIES).unwrap();
    for _ in 0..20 {
        let sleepers = [(); PARTIES - 1].map(|()| sleeper(&barrier));
        barrier.reset();
        assert!(!barrier.is_broken());
        let children = [(); PARTIES].map(|()| waiter(&barrier));
        for sleeper in sleepers {
            assert_eq!(sleeper.join().unwrap(), Err(BrokenBarrier::Reset));
        }
        for child in children {
            assert!(child.join().unwrap().is_ok());
        }
    }
}

fn a_broken_barrier_is_as_new_when_it_was_reset() {
    let barrier = Barrier::new(2).unwrap();
    let sleeper = sleeper(&barrier);
    barrier.abort();
    barrier.reset();
    let child = waiter(&barrier);
    barrier.wait().unwrap();
    child.join().unwrap().unwrap();
    assert_eq!(sleeper.join().unwrap(), Err(BrokenBarrier::Aborted));
}

fn a_wait_that_takes_too_long_breaks_the_barrier() {
    let barrier = Barrier::new(3).unwrap();
    let sleeper = sleeper(&barrier);
    let start = Instant::now();
    let timeout = Duration::from_millis(30);
    assert_eq!(barrier.wait_timeout(timeout), Err(BrokenBarrier::Timeout));
    assert!(start.elapsed() >= timeout);
    assert_eq!(sleeper.join().unwrap(), Err(BrokenBarrier::Timeout));
    assert!(barrier.is_broken());
}

fn one_who_is_killed_while_it_waits_breaks_the_barrier() {
    let barrier = Barrier::new(3).unwrap();
    let mut killed = sleeper(&barrier);
    let other = sleeper(&barrier);
    let pid = killed.pid();
    killed.kill().unwrap();
    assert_eq!(other.join().unwrap(), Err(BrokenBarrier::Died { pid }));
}

fn it_may_wait_at_its_parents_handle() {
    let barrier = Rc::new(Barrier::new(3).unwrap());
    let [mut killed, other] = [(); 2].map(|()| {
        let borrowed = Rc::clone(&barrier);
        process::spawn(move || borrowed.wait().map(drop)).unwrap()
    });
    wait_until("they sleep", || {
        [&killed, &other].iter().all(|child| is_asleep(child.pid()))
    });
    let pid = killed.pid();
    killed.kill().unwrap();
    assert_eq!(other.join().unwrap(), Err(BrokenBarrier::Died { pid }));
}

/// Whether they wait when it happens, or come later.
fn one_who_dies_before_it_came_breaks_the_barrier() {
    type Ending = fn();
    let endings: [Ending; 3] = [
        || std::process::abort(),
        || exit(0),
        || panic!("as it should"),
    ];
    for ending in endings {
        let barrier = Barrier::new(3).unwrap();
        let early = sleeper(&barrier);
        let theirs = barrier.clone();
        let dying = process::spawn(move || {
            ending();
            drop(theirs);
        })
        .unwrap();
        let pid = dying.pid();
        assert!(dying.join().is_err());
        let died = BrokenBarrier::Died { pid };
        assert_eq!(barrier.wait(), Err(died));
        assert_eq!(early.join().unwrap(), Err(died));
        assert!(barrier.is_broken());
    }
}

fn one_who_drops_its_handle_leaves_in_peace() {
    let barrier = Barrier::new(2).unwrap();
    let theirs = barrier.clone();
    process::spawn(move || drop(theirs))
        .unwrap()
        .join()
        .unwrap();
    let other = waiter(&barrier);
    barrier.wait().unwrap();
    other.join().unwrap().unwrap();
    assert!(!barrier.is_broken());
}

fn the_dead_are_replaced_after_a_reset() {
    let barrier = Barrier::new(2).unwrap();
    for _ in 0..5 {
        let mut killed = sleeper(&barrier);
        killed.kill().unwrap();
        let pid = killed.pid();
        wait_until("its death is noticed", || barrier.is_broken());
        assert_eq!(barrier.wait(), Err(BrokenBarrier::Died { pid }));
        barrier.reset();
        let other = waiter(&barrier);
        barrier.wait().unwrap();
        other.join().unwrap().unwrap();
    }
}

/// At any moment: of a round, of a break, of a reset.
fn whoever_is_killed_nobody_waits_for_ever() {
    for round in 0..60 {
        let barrier = Barrier::new(3).unwrap();
        let mut children: Vec<Process<()>> = (0..3)
            .map(|_| {
                let barrier = barrier.clone();
                process::spawn(move || {
                    loop {
                        if barrier.wait().is_err() {
                            barrier.reset();
                        }
                    }
                })
                .unwrap()
            })
            .collect();
        thread::sleep(Duration::from_micros(200 + 20 * round));
        let pid = children[0].pid();
        children[0].kill().unwrap();
        wait_until("it is free of the dead", || {
            // Those two who are left, and this one, pass; or one of them sees who died.
            let passed = barrier.wait_timeout(Duration::from_millis(500));
            passed.is_ok() || passed == Err(BrokenBarrier::Died { pid })
        });
        children.iter_mut().for_each(|child| child.kill().unwrap());
    }
}

/// Wherever it is stopped, even in the middle of coming to the barrier.
fn a_process_that_is_stopped_keeps_nobody_beyond_their_time() {
    let barrier = Barrier::new(2).unwrap();
    let busy = barrier.clone();
    let child: Result<Process<()>, _> = process::spawn(move || {
        loop {
            let _ = busy.wait_timeout(Duration::ZERO);
            busy.reset();
        }
    });
    let mut child = child.unwrap();
    let pid = Pid::from_raw(child.pid() as i32);
    for _ in 0..50 {
        kill(pid, Signal::SIGSTOP).unwrap();
        // It hangs if it does not end in time.
        let _ = barrier.wait_timeout(Duration::from_millis(10));
        kill(pid, Signal::SIGCONT).unwrap();
    }
    child.kill().unwrap();
}

crate::support::tests!(
    nobody_passes_before_all_have_come,
    each_round_has_one_leader,
    one_alone_need_not_wait,
    threads_can_wait_too,
    an_abort_ends_all_waits,
    a_reset_ends_all_waits_and_the_next_round_can_begin,
    a_broken_barrier_is_as_new_when_it_was_reset,
    a_wait_that_takes_too_long_breaks_the_barrier,
    one_who_is_killed_while_it_waits_breaks_the_barrier,
    it_may_wait_at_its_parents_handle,
    one_who_dies_before_it_came_breaks_the_barrier,
    one_who_drops_its_handle_leaves_in_peace,
    the_dead_are_replaced_after_a_reset,
    whoever_is_killed_nobody_waits_for_ever,
    a_process_that_is_stopped_keeps_nobody_beyond_their_time,
);
