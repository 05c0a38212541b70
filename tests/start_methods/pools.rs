//! Pools whose workers inherit nothing.

use std::collections::BTreeSet;
use std::process::{Command, exit};
use std::sync::mpsc::channel;
use std::thread::{park, sleep, spawn};
use std::time::Duration;

use multiprocessing::pool::Builder;
use multiprocessing::process::current;
use multiprocessing::{Cause, Error, Pool, StartMethod};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::METHODS;

pub(super) fn pool(method: StartMethod) -> Builder {
    Pool::builder().workers(2).start_method(method)
}

fn pids<S>(pool: &mut Pool<S>) -> BTreeSet<u32> {
    let task = |_: u32| {
        sleep(Duration::from_millis(2));
        current().pid()
    };
    let pids = pool.map_chunked(task, 0..20, 1).unwrap();
    pids.into_iter().collect()
}

/// Whether all workers come to work, sooner or later.
pub(super) fn is_at_full_strength<S>(pool: &mut Pool<S>) -> bool {
    (0..100).any(|_| pids(pool).len() >= pool.workers())
}

fn hang(_: u32) {
    loop {
        park();
    }
}

#[test]
fn all_calls() {
    for method in METHODS {
        let mut pool = pool(method).build().unwrap();
        let squares = pool.map(|x: u64| x * x, 0..1000).unwrap();
        assert!(squares.into_iter().eq((0..1000).map(|x| x * x)));
        let result = pool.apply_async(|text: String| text.len(), "four".to_owned());
        assert_eq!(result.unwrap().get().unwrap(), 4);
        let texts = ["a".to_owned(), "b".repeat(100_000)];
        let doubled = pool.imap(|text: String| text.repeat(2), texts).unwrap();
        let doubled: Result<Vec<String>, _> = doubled.collect();
        assert_eq!(doubled.unwrap(), ["aa".to_owned(), "b".repeat(200_000)]);
        pool.close().unwrap();
    }
}

/// The workers are named as in Python.
#[test]
fn names() {
    let name = |method| {
        let mut pool = pool(method).build().unwrap();
        pool.apply(|()| current().name().to_owned(), ()).unwrap()
    };
    assert!(name(StartMethod::ForkServer).starts_with("ForkServerPoolWorker-"));
    assert!(name(StartMethod::Spawn).starts_with("SpawnPoolWorker-"));
}

/// What the parent has come to need since is there for workers that come later.
#[test]
fn memory_that_has_grown() {
    for method in METHODS {
        let mut pool = pool(method).build().unwrap();
        for size in [10, 100_000, 3_000_000] {
            let items: Vec<Vec<u8>> = (0..6).map(|i| vec![i; size]).collect();
            let results = pool.map_chunked(|item: Vec<u8>| item, items.clone(), 1);
            assert_eq!(results.unwrap(), items);
            let before = pids(&mut pool);
            for pid in &before {
                kill(Pid::from_raw(*pid as i32), Signal::SIGKILL).unwrap();
            }
            let lens = pool.map_chunked(|item: Vec<u8>| item.len(), items, 1);
            assert_eq!(lens.unwrap(), [size; 6]);
            assert!(before.is_disjoint(&pids(&mut pool)));
        }
    }
}

#[test]
fn a_state_of_a_function_and_its_argument() {
    fn sum(numbers: Vec<u64>) -> Result<u64, String> {
        match numbers.len() {
            0 => Err("there are no numbers".to_owned()),
            _ => Ok(numbers.iter().sum()),
        }
    }
    for method in METHODS {
        let numbers: Vec<u64> = (0..10_000).collect();
        let builder = pool(method).max_chunks_per_worker(1);
        let mut pool_with_sum = builder.initializer_fn(sum, numbers).build().unwrap();
        for x in 0..10 {
            let results = pool_with_sum.map_with(|sum: &mut u64, x: u64| *sum + x, [x]);
            assert_eq!(results.unwrap(), [49_995_000 + x]);
        }
        let builder = pool(method).initializer(|| Ok::<_, String>(7_u8));
        let mut pool_with_7 = builder.build().unwrap();
        let results = pool_with_7.map_with(|state: &mut u8, x: u8| *state * x, [6]);
        assert_eq!(results.unwrap(), [42]);
        let error = pool(method).initializer_fn(sum, Vec::new()).build();
        let error = error.unwrap_err();
        assert!(
            matches!(&error, Error::Initializer { reason, .. } if reason == "there are no numbers"),
            "{error}"
        );
        let error = pool(method).initializer(|| -> Result<(), String> { exit(3) });
        let error = error.build().unwrap_err();
        assert!(
            matches!(&error, Error::Initializer { reason, .. } if reason.contains("code 3")),
            "{error}"
        );
    }
}

/// Recycling, time-outs and kills beside threads cost no worker for good.
#[test]
fn none_decays() {
    for (method, rounds) in METHODS.into_iter().zip([100, 20]) {
        let recycles = pool(method).max_chunks_per_worker(1);
        let mut recycled = recycles.build().unwrap();
        let tasks = 0..3 * rounds;
        let seen = recycled.map_chunked(|_: u32| current().pid(), tasks.clone(), 1);
        let seen: BTreeSet<u32> = seen.unwrap().into_iter().collect();
        assert!(seen.len() as u32 > rounds, "{} workers", seen.len());
        assert!(is_at_full_strength(&mut recycled));

        let limit = Duration::from_millis(20);
        let mut timed = pool(method).task_timeout(limit).build().unwrap();
        for result in timed.map_results(hang, 0..rounds).unwrap() {
            assert_eq!(result.unwrap_err().worker.cause, Cause::Timeout(limit));
        }

        let mut killed = pool(method).build().unwrap();
        for _ in 0..rounds {
            for result in killed.map_results(|_: u32| exit(1), 0..2_u32).unwrap() {
                let result: Result<(), _> = result;
                assert_eq!(result.unwrap_err().worker.cause, Cause::Exit(1));
            }
        }
        assert!(is_at_full_strength(&mut killed));
    }
}

#[test]
fn programs_end_with_their_worker() {
    for method in METHODS {
        let builder = pool(method).kill_programs();
        let mut pool = builder.build().unwrap();
        let start = |()| Command::new("sleep").arg("1000").spawn().unwrap().id();
        let pid = pool.apply(start, ()).unwrap();
        drop(pool);
        let stat = format!("/proc/{pid}/stat");
        while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z")) {
            sleep(Duration::from_millis(1));
        }
    }
}

/// A pool is used where it is moved to, though results of it are waited for elsewhere.
#[test]
fn one_that_is_moved() {
    for method in METHODS {
        let mut pool = pool(method).build().unwrap();
        let late = |x: u32| {
            sleep(Duration::from_millis(50));
            x + 1
        };
        let results = [1, 2, 3].map(|x| pool.apply_async(late, x).unwrap());
        let thread = spawn(move || {
            for _ in 0..100 {
                let squares = pool.map(|x: u32| x * x, 0..10).unwrap();
                assert!(squares.into_iter().eq((0..10).map(|x| x * x)));
            }
            pool
        });
        assert_eq!(results.map(|result| result.get().unwrap()), [2, 3, 4]);
        let mut pool = thread.join().unwrap();
        assert!(is_at_full_strength(&mut pool));
    }
}

/// A caller that waits for something that never comes keeps nobody else from the pool.
#[test]
fn one_that_is_waited_for_in_vain() {
    let mut pool = pool(StartMethod::ForkServer).build().unwrap();
    let never = pool.apply_async(hang, 0).unwrap();
    let waiter = spawn(move || never.get().unwrap_err());
    let (done, ended) = channel();
    let user = spawn(move || {
        for x in 0..20 {
            assert_eq!(pool.apply(|x: u32| x + 1, x).unwrap(), x + 1);
        }
        pool.terminate(Duration::ZERO);
        done.send(()).unwrap();
    });
    ended.recv_timeout(Duration::from_secs(60)).unwrap();
    user.join().unwrap();
    assert!(matches!(waiter.join().unwrap(), Error::Closed));
}
