//! Tests of `multiprocessing::mutex`.

use std::mem;
use std::process::{abort, exit};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::circumstances::{is_asleep, wait_until};
use multiprocessing::process::Process;
use multiprocessing::sync::{PoisonError, TryLockError};
use multiprocessing::{Error, Mutex, channel, process};

/// A child that takes the lock, says so, and holds it for ever.
fn holder_of(mutex: &Mutex<u64>) -> Process<()> {
    let mutex = mutex.clone();
    let (sender, receiver) = channel().unwrap();
    let child = process::spawn(move || {
        let guard = mutex.lock().unwrap();
        sender.send(()).unwrap();
        loop {
            thread::park();
            let _ = &guard;
        }
    });
    receiver.recv().unwrap();
    child.unwrap()
}

fn no_update_is_lost() {
    let counter = Mutex::new(0_u64).unwrap();
    let mut children = Vec::new();
    for _ in 0..4 {
        let counter = counter.clone();
        let work = move || {
            for _ in 0..20_000 {
                *counter.lock().unwrap() += 1;
            }
        };
        children.push(process::spawn(work).unwrap());
    }
    for child in children {
        child.join().unwrap();
    }
    assert_eq!(*counter.lock().unwrap(), 80_000);
}

fn threads_exclude_each_other_too() {
    let counter = Mutex::new(0_u64).unwrap();
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| (0..10_000).for_each(|_| *counter.lock().unwrap() += 1));
        }
    });
    assert_eq!(*counter.lock().unwrap(), 40_000);
}

fn a_killed_holder_poisons_until_it_is_cleared() {
    let mutex = Mutex::new(7).unwrap();
    let mut holder = holder_of(&mutex);
    assert!(matches!(mutex.try_lock(), Err(TryLockError::WouldBlock)));
    assert!(!mutex.is_poisoned());
    holder.kill().unwrap();
    // Nobody has joined it.
    let guard = mutex.lock().unwrap_err().into_inner();
    assert_eq!(*guard, 7);
    drop(guard);
    assert!(mutex.is_poisoned());
    assert!(matches!(mutex.try_lock(), Err(TryLockError::Poisoned(_))));
    let long = Duration::from_secs(5);
    assert!(matches!(
        mutex.lock_timeout(long),
        Err(TryLockError::Poisoned(_))
    ));
    let mut guard = mutex.lock().unwrap_or_else(PoisonError::into_inner);
    *guard += 1;
    mutex.clear_poison();
    drop(guard);
    assert_eq!(*mutex.lock().unwrap(), 8);
}

fn those_who_sleep_are_woken_by_the_death_of_the_holder() {
    let mutex = Mutex::new(0).unwrap();
    let mut holder = holder_of(&mutex);
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let mutex = mutex.clone();
        waiting.push(process::spawn(move || mutex.lock().is_err()).unwrap());
    }
    for child in &waiting {
        wait_until("it sleeps", || is_asleep(child.pid()));
    }
    holder.kill().unwrap();
    for child in waiting {
        assert!(child.join().unwrap());
    }
}

fn every_way_to_end_with_the_lock_poisons() {
    let endings: [fn(); 4] = [
        || exit(0),
        || abort(),
        || panic!("on purpose"),
        || loop {
            thread::park();
        },
    ];
    for (number, ending) in endings.into_iter().enumerate() {
        let mutex = Mutex::new(0).unwrap();
        let copy = mutex.clone();
        let (sender, receiver) = channel().unwrap();
        let mut child = process::spawn(move || {
            let _guard = copy.lock().unwrap();
            sender.send(()).unwrap();
            ending();
        })
        .unwrap();
        receiver.recv().unwrap();
        if number == 3 {
            child.terminate().unwrap();
        }
        assert!(mutex.lock().is_err(), "ending {number}");
        assert!(child.join().is_err());
    }
}

fn a_release_does_not_poison() {
    let mutex = Mutex::new(0).unwrap();
    let copy = mutex.clone();
    let child = process::spawn(move || {
        *copy.lock().unwrap() = 5;
        abort();
    });
    let child: Process<()> = child.unwrap();
    assert!(child.join().is_err());
    assert_eq!(*mutex.lock().unwrap(), 5);
}

fn killed_at_any_moment_it_is_whole_or_poisoned() {
    let pair = Mutex::new([0_u64; 2]).unwrap();
    let mut poisoned = 0;
    for round in 0..300_u64 {
        let copy = pair.clone();
        let mut child = process::spawn(move || {
            loop {
                let mut pair = copy.lock().unwrap();
                pair[0] += 1;
                pair[1] += 1;
            }
        })
        .map(|child: Process<()>| child)
        .unwrap();
        let start = Instant::now();
        while start.elapsed() < Duration::from_micros(200 + 3 * round) {
            let pair = pair.lock().unwrap();
            assert_eq!(pair[0], pair[1]);
        }
        child.kill().unwrap();
        match pair.lock() {
            Ok(pair) => assert_eq!(pair[0], pair[1]),
            Err(error) => {
                poisoned += 1;
                let mut guard = error.into_inner();
                guard[1] = guard[0];
                pair.clear_poison();
            }
        };
    }
    eprintln!("poisoned {poisoned} times of 300");
}

fn waiting_ends_in_time() {
    let mutex = Mutex::new(0).unwrap();
    let _holder = holder_of(&mutex);
    for limit in [0, 1, 50].map(Duration::from_millis) {
        let start = Instant::now();
        assert!(matches!(
            mutex.lock_timeout(limit),
            Err(TryLockError::WouldBlock)
        ));
        assert!(start.elapsed() >= limit);
    }
    let free = Mutex::new(0).unwrap();
    assert!(free.lock_timeout(Duration::MAX).is_ok());
}

fn a_lock_taken_twice_is_a_panic_and_no_deadlock() {
    let mutex = Mutex::new(0).unwrap();
    let guard = mutex.lock().unwrap();
    assert!(matches!(mutex.try_lock(), Err(TryLockError::WouldBlock)));
    let child = thread::scope(|s| {
        s.spawn(|| {
            let other = Mutex::new(0).unwrap();
            let _guard = other.lock().unwrap();
            let _ = other.lock();
        })
        .join()
    });
    assert!(child.is_err());
    drop(guard);
    assert!(mutex.lock().is_ok());
}

fn no_child_starts_while_a_guard_lives() {
    let mutex = Mutex::new(0).unwrap();
    let guard = mutex.lock().unwrap();
    assert!(matches!(process::spawn(|| ()), Err(Error::LockHeld { .. })));
    drop(guard);
    process::spawn(|| ()).unwrap().join().unwrap();
    mem::forget(mutex.lock().unwrap());
    assert!(matches!(process::spawn(|| ()), Err(Error::LockHeld { .. })));
    drop(mutex);
    assert!(matches!(process::spawn(|| ()), Err(Error::LockHeld { .. })));
    // The mapping of the leaked guard must still be there when another robust lock is taken.
    let other = Mutex::new(1).unwrap();
    assert_eq!(*other.lock().unwrap(), 1);
}

fn a_leaked_guard_of_a_thread_that_ended_still_excludes() {
    let mutex = Mutex::new(1_u64).unwrap();
    let copy = mutex.clone();
    let (sender, receiver) = channel().unwrap();
    let mut child = process::spawn(move || {
        let copy: &'static Mutex<u64> = Box::leak(Box::new(copy));
        let inside: &'static mut u64 =
            thread::spawn(move || &mut **Box::leak(Box::new(copy.lock().unwrap())))
                .join()
                .unwrap();
        sender.send(()).unwrap();
        loop {
            *inside = std::hint::black_box(*inside).wrapping_add(1);
        }
    })
    .map(|child: Process<()>| child)
    .unwrap();
    receiver.recv().unwrap();
    assert!(matches!(mutex.try_lock(), Err(TryLockError::WouldBlock)));
    let limit = Duration::from_millis(50);
    assert!(matches!(
        mutex.lock_timeout(limit),
        Err(TryLockError::WouldBlock)
    ));
    child.kill().unwrap();
    assert!(mutex.lock().is_err());
}

fn it_shows_its_value() {
    let mutex = Mutex::new(3).unwrap();
    assert_eq!(format!("{mutex:?}"), "Mutex { value: 3, poisoned: false }");
    let guard = mutex.lock().unwrap();
    assert_eq!(
        format!("{mutex:?}"),
        "Mutex { value: <locked>, poisoned: false }"
    );
    assert_eq!(format!("{guard:?} {guard}"), "3 3");
}

fn errors_fit_a_main_that_returns_the_librarys() {
    fn add(mutex: &Mutex<u64>) -> Result<(), Error> {
        *mutex.lock()? += 1;
        *mutex.try_lock()? += 1;
        *mutex.lock_timeout(Duration::ZERO)? += 1;
        Ok(())
    }
    let mutex = Mutex::new(0).unwrap();
    add(&mutex).unwrap();
    assert_eq!(*mutex.lock().unwrap(), 3);
    holder_of(&mutex).kill().unwrap();
    assert!(matches!(add(&mutex), Err(Error::Poisoned)));
    let _holder = mutex.lock();
    assert!(matches!(
        mutex.try_lock().map_err(Error::from),
        Err(Error::WouldBlock)
    ));
}

crate::support::tests!(
    no_update_is_lost,
    threads_exclude_each_other_too,
    a_killed_holder_poisons_until_it_is_cleared,
    those_who_sleep_are_woken_by_the_death_of_the_holder,
    every_way_to_end_with_the_lock_poisons,
    a_release_does_not_poison,
    killed_at_any_moment_it_is_whole_or_poisoned,
    waiting_ends_in_time,
    a_lock_taken_twice_is_a_panic_and_no_deadlock,
    no_child_starts_while_a_guard_lives,
    a_leaked_guard_of_a_thread_that_ended_still_excludes,
    it_shows_its_value,
    errors_fit_a_main_that_returns_the_librarys,
);
