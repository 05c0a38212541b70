//! Tests of `multiprocessing::Condition`.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use multiprocessing::process::{Process, spawn};
use multiprocessing::sync::PoisonError;
use multiprocessing::{Condition, Event, Mutex, Shared};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::circumstances::{is_asleep, stat, wait_until};

crate::support::tests!(
    as_many_are_woken_as_are_notified,
    a_notification_without_a_waiter_is_for_nobody,
    a_waiter_gives_the_lock_away,
    a_wait_with_a_timeout_ends_in_time,
    a_wait_lasts_while_the_value_is_not_right,
    a_wait_for_a_value_ends_in_time,
    its_own_notification_is_not_for_one_who_waits_later,
    two_play_ping_pong,
    a_notification_is_not_lost_with_a_waiter_that_is_killed,
    waiters_killed_at_any_moment_take_nothing_from_the_others,
    who_waits_for_a_holder_that_is_killed_learns_it,
    who_waits_for_a_holder_that_panics_learns_it,
    a_value_that_was_poisoned_before_can_be_waited_for,
    a_waiter_that_is_stopped_keeps_nobody,
    threads_of_one_process_wait,
);

const LONG: Duration = Duration::from_secs(30);

/// Waiters that each count themselves in the mutex, wait, and count that they were woken.
struct Sleepers {
    entered: Mutex<u64>,
    condition: Condition,
    woken: Shared<AtomicU64>,
    children: Vec<Process<()>>,
}

impl Sleepers {
    fn new(count: usize) -> Self {
        let mut sleepers = Self {
            entered: Mutex::new(0).expect("a mutex"),
            condition: Condition::new().expect("a condition"),
            woken: Shared::new(AtomicU64::new(0)).expect("memory"),
            children: Vec::new(),
        };
        for number in 1..=count as u64 {
            let (entered, condition) = (sleepers.entered.clone(), sleepers.condition.clone());
            let woken = sleepers.woken.clone();
            let child = spawn(move || {
                let mut guard = entered.lock().expect("nobody dies with it");
                *guard += 1;
                drop(condition.wait(guard).expect("nobody dies with it"));
                woken.fetch_add(1, Relaxed);
            });
            sleepers.children.push(child.expect("a child"));
            // With the lock, so the waiter has given it away: it waits.
            wait_until("it waits", || {
                *sleepers.entered.lock().expect("nobody dies with it") == number
            });
        }
        sleepers
    }

    fn await_woken(&self, count: u64) {
        wait_until("they are woken", || self.woken.load(Relaxed) == count);
        wait_until("the others sleep", || {
            let ids = self.children.iter().map(Process::pid);
            let asleep = ids.filter(|pid| is_asleep(*pid)).count() as u64;
            asleep == self.children.len() as u64 - count
        });
        assert_eq!(self.woken.load(Relaxed), count);
    }

    fn join(self) {
        for child in self.children {
            child.join().expect("an answer");
        }
    }
}

fn as_many_are_woken_as_are_notified() {
    let sleepers = Sleepers::new(6);
    for count in 1..=3 {
        sleepers.condition.notify_one();
        sleepers.await_woken(count);
    }
    sleepers.condition.notify_all();
    sleepers.await_woken(6);
    sleepers.join();
}

fn a_notification_without_a_waiter_is_for_nobody() {
    let (mutex, condition) = (Mutex::new(()).expect("a mutex"), Condition::new());
    let condition = condition.expect("a condition");
    for notify in [Condition::notify_one, Condition::notify_all] {
        notify(&condition);
        let guard = mutex.lock().expect("it is free");
        let (_guard, result) = condition
            .wait_timeout(guard, Duration::from_millis(50))
            .expect("nobody dies with it");
        assert!(result.timed_out());
    }
}

fn a_waiter_gives_the_lock_away() {
    let sleepers = Sleepers::new(1);
    let guard = sleepers.entered.try_lock().expect("it is free");
    sleepers.condition.notify_all();
    // It has been notified, and can't go on before it has the lock.
    wait_until("it waits for the lock", || {
        is_asleep(sleepers.children[0].pid())
    });
    assert_eq!(sleepers.woken.load(Relaxed), 0);
    drop(guard);
    sleepers.await_woken(1);
    sleepers.join();
}

fn a_wait_with_a_timeout_ends_in_time() {
    let (mutex, condition) = (Mutex::new(7).expect("a mutex"), Condition::new());
    let condition = condition.expect("a condition");
    for timeout in [0, 1, 50].map(Duration::from_millis) {
        let start = Instant::now();
        let guard = mutex.lock().expect("it is free");
        let (guard, result) = condition.wait_timeout(guard, timeout).expect("no death");
        assert!(result.timed_out() && start.elapsed() >= timeout);
        assert_eq!(*guard, 7);
    }
}

fn a_wait_lasts_while_the_value_is_not_right() {
    let (level, changed) = (Mutex::new(0).expect("a mutex"), Condition::new());
    let changed = changed.expect("a condition");
    let (theirs, notify) = (level.clone(), changed.clone());
    let child = spawn(move || {
        for _ in 0..4 {
            *theirs.lock().expect("no death") += 1;
            notify.notify_one();
        }
    });
    let guard = level.lock().expect("no death");
    let guard = changed.wait_while(guard, |level| *level < 4);
    assert_eq!(*guard.expect("no death"), 4);
    child.expect("a child").join().expect("an answer");
}

fn a_wait_for_a_value_ends_in_time() {
    let (level, changed) = (Mutex::new(0).expect("a mutex"), Condition::new());
    let changed = changed.expect("a condition");
    let (theirs, notify) = (level.clone(), changed.clone());
    let mut child = spawn(move || -> () {
        loop {
            *theirs.lock().expect("no death") += 1;
            notify.notify_all();
        }
    })
    .expect("a child");
    let guard = level.lock().expect("no death");
    let waited = changed.wait_timeout_while(guard, Duration::from_millis(20), |_| true);
    assert!(waited.expect("no death").1.timed_out());
    let guard = level.lock().expect("no death");
    let waited = changed.wait_timeout_while(guard, LONG, |level| *level < 100);
    assert!(!waited.expect("no death").1.timed_out());
    child.kill().expect("it may");
    assert!(child.join().is_err());
}

/// It notifies one who waits, and then waits itself.
fn its_own_notification_is_not_for_one_who_waits_later() {
    let sleepers = Sleepers::new(1);
    let guard = sleepers.entered.lock().expect("no death");
    sleepers.condition.notify_one();
    let timeout = Duration::from_millis(100);
    let waited = sleepers.condition.wait_timeout(guard, timeout);
    assert!(waited.expect("no death").1.timed_out());
    sleepers.await_woken(1);
    sleepers.join();
}

fn two_play_ping_pong() {
    const ROUNDS: u64 = 2_000;
    let (ball, hit) = (Mutex::new(0_u64).expect("a mutex"), Condition::new());
    let hit = hit.expect("a condition");
    let play = |ball: &Mutex<u64>, hit: &Condition, side: u64| {
        let mut guard = ball.lock().expect("no death");
        while *guard < ROUNDS {
            if *guard % 2 == side {
                *guard += 1;
                hit.notify_one();
            } else {
                guard = hit.wait(guard).expect("no death");
            }
        }
    };
    let (theirs, their_hit) = (ball.clone(), hit.clone());
    let child = spawn(move || play(&theirs, &their_hit, 1)).expect("a child");
    play(&ball, &hit, 0);
    child.join().expect("an answer");
    assert_eq!(*ball.lock().expect("no death"), ROUNDS);
}

/// It was notified, but stopped before it could notice.
fn a_notification_is_not_lost_with_a_waiter_that_is_killed() {
    for _ in 0..20 {
        let mut sleepers = Sleepers::new(2);
        let stopped: Vec<_> = sleepers.children.iter().map(Process::pid).collect();
        let stopped: Vec<_> = stopped.into_iter().map(|pid| pid as i32).collect();
        for pid in &stopped {
            kill(Pid::from_raw(*pid), Signal::SIGSTOP).expect("it may");
            wait_until("it is stopped", || {
                stat(pid).is_some_and(|stat| stat.state == 'T')
            });
        }
        // One of them may be stopped while it is inside of the condition. That one lives on.
        kill(Pid::from_raw(stopped[1]), Signal::SIGCONT).expect("it may");
        sleepers.children[0].kill().expect("it may");
        sleepers.condition.notify_one();
        wait_until("the other is woken", || sleepers.woken.load(Relaxed) == 1);
        assert!(sleepers.children.remove(0).join().is_err());
        sleepers.join();
    }
}

fn waiters_killed_at_any_moment_take_nothing_from_the_others() {
    let (tokens, added) = (Mutex::new(0_u64).expect("a mutex"), Condition::new());
    let added = added.expect("a condition");
    let taken = Shared::new(AtomicU64::new(0)).expect("memory");
    let consumer = || {
        let (tokens, added, taken) = (tokens.clone(), added.clone(), taken.clone());
        spawn(move || -> () {
            loop {
                let guard = match tokens.lock() {
                    Ok(guard) => added.wait_while(guard, |tokens| *tokens == 0),
                    Err(error) => Err(error),
                };
                let mut guard = guard.unwrap_or_else(PoisonError::into_inner);
                tokens.clear_poison();
                *guard = guard.saturating_sub(1);
                taken.fetch_add(1, Relaxed);
            }
        })
        .expect("a child")
    };
    let mut survivor = consumer();
    for round in 0..60_u64 {
        let mut victim = consumer();
        let target = taken.load(Relaxed) + round % 5;
        for _ in 0..5 {
            let guard = tokens.lock();
            *guard.unwrap_or_else(PoisonError::into_inner) += 1;
            added.notify_one();
        }
        wait_until("some are taken", || taken.load(Relaxed) >= target);
        victim.kill().expect("it may");
        assert!(victim.join().is_err());
        wait_until("the survivor takes the rest", || {
            let guard = tokens.lock();
            *guard.unwrap_or_else(PoisonError::into_inner) == 0
        });
    }
    survivor.kill().expect("it may");
    assert!(survivor.join().is_err());
}

/// Waits without end for a notification that does not come; says whether it learnt of poison.
fn told_of_poison(mutex: &Mutex<u64>, condition: &Condition) -> Process<bool> {
    let (theirs, condition) = (mutex.clone(), condition.clone());
    let child = spawn(move || {
        let mut guard = theirs.lock().expect("it is whole");
        *guard += 1;
        condition.wait_while(guard, |_| true).is_err()
    });
    wait_until("it waits", || *mutex.lock().expect("it is whole") == 1);
    child.expect("a child")
}

fn who_waits_for_a_holder_that_is_killed_learns_it() {
    let (mutex, condition) = (Mutex::new(0).expect("a mutex"), Condition::new());
    let condition = condition.expect("a condition");
    let waiter = told_of_poison(&mutex, &condition);
    let locked = Event::new().expect("an event");
    let (theirs, tell) = (mutex.clone(), locked.clone());
    let mut holder = spawn(move || {
        let mut guard = theirs.lock().expect("it is whole");
        *guard = 2;
        tell.set();
        thread::park();
        drop(guard);
    })
    .expect("a child");
    locked.wait();
    holder.kill().expect("it may");
    assert!(holder.join().is_err());
    assert!(waiter.join().expect("an answer"));
}

fn who_waits_for_a_holder_that_panics_learns_it() {
    let (mutex, condition) = (Mutex::new(0).expect("a mutex"), Condition::new());
    let condition = condition.expect("a condition");
    let waiter = told_of_poison(&mutex, &condition);
    let theirs = mutex.clone();
    let holder = spawn(move || -> () {
        let _guard = theirs.lock().expect("it is whole");
        panic!("with the lock");
    });
    assert!(holder.expect("a child").join().is_err());
    assert!(waiter.join().expect("an answer"));
}

fn a_value_that_was_poisoned_before_can_be_waited_for() {
    let (mutex, condition) = (Mutex::new(0).expect("a mutex"), Condition::new());
    let condition = condition.expect("a condition");
    let theirs = mutex.clone();
    let holder = spawn(move || -> () {
        let _guard = theirs.lock().expect("it is whole");
        std::process::abort();
    });
    assert!(holder.expect("a child").join().is_err());
    let guard = mutex.lock().unwrap_err().into_inner();
    let timeout = Duration::from_millis(100);
    let (_guard, result) = condition
        .wait_timeout(guard, timeout)
        .unwrap_err()
        .into_inner();
    assert!(result.timed_out());
}

fn a_waiter_that_is_stopped_keeps_nobody() {
    let sleepers = Sleepers::new(2);
    let stopped = Pid::from_raw(sleepers.children[0].pid() as i32);
    kill(stopped, Signal::SIGSTOP).expect("it may");
    wait_until("it is stopped", || {
        stat(stopped).is_some_and(|stat| stat.state == 'T')
    });
    sleepers.condition.notify_all();
    wait_until("the other is woken", || sleepers.woken.load(Relaxed) == 1);
    kill(stopped, Signal::SIGCONT).expect("it may");
    sleepers.await_woken(2);
    sleepers.join();
}

fn threads_of_one_process_wait() {
    let (count, changed) = (Mutex::new(0).expect("a mutex"), Condition::new());
    let changed = changed.expect("a condition");
    thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                let mut guard = count.lock().expect("no death");
                *guard += 1;
                changed.notify_all();
                let all = changed.wait_while(guard, |count| *count < 4);
                assert_eq!(*all.expect("no death"), 4);
            });
        }
    });
}
