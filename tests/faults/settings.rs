//! Settings of a pool, and the initializer.

use std::process::{abort, exit};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use multiprocessing::process::current;
use multiprocessing::{Error, Pool, Sender, Shared, channel};

use super::endings::{pids, send};
use crate::support::circumstances::printed_by;
use crate::support::methods::{builder, pool_of};

pub(crate) fn impossible_ones_are_refused() {
    let refused = |error: Result<Pool, Error>| {
        assert!(matches!(error, Err(Error::Settings(_))), "{error:?}");
    };
    refused(Pool::new(0));
    refused(Pool::new(1 << 20));
    refused(builder().max_chunks_per_worker(0).build());
    refused(builder().task_timeout(Duration::ZERO).build());
    let mut pool = pool_of(2);
    let error = pool.map_chunked(|x: u32| x, [1], 0).unwrap_err();
    assert!(matches!(error, Error::Settings(_)), "{error}");
    assert_eq!(pool.map(|x: u32| x, [1]).expect("results"), [1]);
}

/// What a pool says whose initializer does `f`; it prints once for each worker that is started.
fn reason(f: fn() -> Result<u32, String>) -> String {
    let mut reason = String::new();
    let attempts = printed_by(|| {
        let make = move || {
            println!("{}", current().name());
            f()
        };
        let pool = builder().workers(4).initializer(make).build();
        reason = match pool {
            Err(Error::Initializer { worker, reason }) => {
                assert!(worker.starts_with("ForkPoolWorker-"), "{worker}");
                reason
            }
            other => panic!("{other:?}"),
        };
    });
    let attempts = attempts.lines().count();
    assert!(attempts <= 4, "{attempts} workers were started");
    reason
}

pub(crate) fn the_initializer_fails() {
    assert!(reason(|| Err("no database".into())).ends_with("no database"));
    assert!(reason(|| panic!("at the disco")).ends_with("at the disco"));
    assert!(reason(|| exit(3)).contains("code 3"));
    assert!(reason(|| abort()).contains("SIGABRT"));
}

/// The first workers succeed, and one that replaces them does not.
pub(crate) fn the_initializer_fails_later() {
    let make = || {
        let name = current().name().to_owned();
        if name == "ForkPoolWorker-3" {
            Err("once is enough")
        } else {
            Ok(name)
        }
    };
    let mut pool = builder().workers(2).initializer(make).build();
    let pool = pool.as_mut().expect("a pool");
    let task = |name: &mut String, x: u32| {
        assert_eq!(*name, current().name());
        if x == 3 {
            exit(1);
        }
        x
    };
    let error = pool.map_with(task, [3]).unwrap_err();
    assert!(matches!(error, Error::Task(_)), "{error}");
    // Worker 3 fails sooner or later, in some call; the pool survives it.
    let mut errors = Vec::new();
    for _ in 0..2 {
        errors.extend(pool.map_with(task, [3]).err());
    }
    assert_eq!(pool.map_with(task, [1, 2]).expect("results"), [1, 2]);
    let text = "the initializer failed in ForkPoolWorker-3: ";
    assert!(
        errors
            .iter()
            .all(|error| matches!(error, Error::Task(_)) || error.to_string().starts_with(text)),
        "{errors:?}"
    );
}

/// Each worker has its own state, and one that replaces another makes it anew.
pub(crate) fn the_initializer_runs_once_a_worker() {
    let printed = printed_by(|| {
        let make = || {
            println!("made");
            Ok::<u32, String>(0)
        };
        let builder = builder().workers(2).initializer(make);
        let mut pool = builder.build().expect("a pool");
        let task = |count: &mut u32, _: u32| {
            *count += 1;
            *count
        };
        let counts = pool.map_with(task, 0..100).expect("results");
        let ones = counts.iter().filter(|count| **count == 1).count();
        assert!((1..=2).contains(&ones));
        let ping = |(): ()| current().pid();
        let pid = pool.apply(ping, ()).expect("a result");
        send(nix::sys::signal::Signal::SIGKILL, pid);
        while pool.apply(ping, ()).is_err() {}
        pool.close().expect("closed");
    });
    let made = printed.lines().count();
    assert!(made == 2 || made == 3, "{printed}");
}

pub(crate) fn the_default_is_a_worker_for_each_processor() {
    let mut pool = builder().build().expect("a pool");
    let processors = std::thread::available_parallelism().expect("a number");
    assert_eq!(pool.workers(), processors.get());
    assert_eq!(pids(&mut pool).len(), pool.workers());
}

const SHORT: Duration = Duration::from_millis(100);

fn is_over_time(error: &Error) -> bool {
    matches!(error, Error::Initializer { reason, .. } if reason == "ran longer than its timeout of 100ms")
}

pub(crate) fn the_initializers_error_is_its_own_text() {
    assert_eq!(reason(|| Err("no database".into())), "no database");
}

fn hang() -> Result<u32, String> {
    loop {
        std::thread::park();
    }
}

/// It never returns, in the first workers.
pub(crate) fn an_initializer_that_hangs() {
    let builder = builder().workers(2).initializer_timeout(SHORT);
    let error = builder.initializer(hang).build().unwrap_err();
    assert!(is_over_time(&error), "{error}");
}

/// The limit of the tasks holds for it, at the start and in a worker that replaces another.
pub(crate) fn an_initializer_that_hangs_where_only_tasks_have_a_limit() {
    #[track_caller]
    fn is_told(error: &Error) {
        assert!(matches!(error, Error::Initializer { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains("longer than 1s"), "{text}");
        assert!(text.contains("`Builder::initializer_timeout`"), "{text}");
    }
    let builder = || builder().workers(1).task_timeout(SHORT);
    is_told(&builder().initializer(hang).build().unwrap_err());

    let made = Shared::new(AtomicU32::new(0)).expect("a number");
    let make = move || match made.fetch_add(1, Relaxed) {
        0 => Ok(0),
        _ => hang(),
    };
    let mut pool = builder().initializer(make).build().expect("a pool");
    let error = pool.apply(|x: u32| if x == 0 { exit(1) } else { x }, 0);
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Child(_)), "{error}");
    is_told(&pool.apply(|x: u32| x, 1).unwrap_err());
}

/// It never returns, or is killed, in a worker that replaces another. While others live, they serve
/// the calls; when none is left, the calls say why.
pub(crate) fn an_initializer_that_hangs_or_dies_later() {
    for how in [|| std::thread::sleep(Duration::MAX), || abort()] {
        let made = Shared::new(AtomicU32::new(0)).expect("a number");
        let make = move || {
            if made.fetch_add(1, Relaxed) >= 2 {
                how();
            }
            Ok::<_, String>(())
        };
        let builder = builder().workers(2).initializer_timeout(SHORT);
        let mut pool = builder.initializer(make).build().expect("a pool");
        let exit_at_0 = |x: u32| if x == 0 { exit(1) } else { x };
        let results = pool.map_results(exit_at_0, 0..20).expect("results");
        assert!(results[1..].iter().all(Result::is_ok), "{results:?}");
        let start = std::time::Instant::now();
        while start.elapsed() < 3 * SHORT {
            assert_eq!(pool.apply(exit_at_0, 1).expect("a result"), 1);
        }
        // This was the last one that worked.
        let error = pool.apply(exit_at_0, 0).unwrap_err();
        assert!(
            matches!(error, Error::Child(_) | Error::Initializer { .. }),
            "{error}"
        );
        let error = pool.apply(exit_at_0, 1).unwrap_err();
        assert!(matches!(error, Error::Initializer { .. }), "{error}");
    }
}

/// A sender that the initializer has captured keeps no channel connected.
pub(crate) fn the_initializer_is_dropped_with_the_workers() {
    for is_closed in [true, false] {
        let (log, logs) = channel::<u32>().expect("a channel");
        let builder = builder().workers(2);
        let builder = builder.initializer(move || Ok::<_, String>(log.clone()));
        let mut pool = builder.build().expect("a pool");
        let task = |log: &mut Sender<u32>, x: u32| log.send(x).is_ok();
        assert_eq!(pool.map_with(task, 0..4).expect("results"), [true; 4]);
        if is_closed {
            pool.close().expect("closed");
        } else {
            pool.terminate(Duration::from_secs(1));
        }
        let mut logged: Vec<u32> = logs.iter().collect();
        logged.sort_unstable();
        assert_eq!(logged, [0, 1, 2, 3]);
    }
}
