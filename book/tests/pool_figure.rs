//! The pool figure behaves like the library: both must match `figures/pool.json`, the library here
//! and the figure in `figures/pool.test.js`.
//!
//! These tests start processes, so they run one by one on the main thread.

use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

use libtest_mimic::{Arguments, Failed, Trial};
use multiprocessing::{Pool, Shared, process};
use serde::Deserialize;

#[derive(Deserialize)]
struct Table {
    chunks: Vec<Chunks>,
    deaths: Vec<Death>,
}

#[derive(Deserialize)]
struct Chunks {
    items: usize,
    workers: usize,
    /// How many items each chunk has.
    sizes: Vec<usize>,
}

/// What one worker does, where it dies, and what it leaves to the next.
#[derive(Deserialize)]
struct Death {
    items: usize,
    dies_at: usize,
    /// The items in the order in which they begin.
    begun: Vec<usize>,
    /// Which worker begins each of them.
    workers: Vec<usize>,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let tests = vec![
        Trial::test("chunks_are_cut_as_in_the_figure", chunks),
        Trial::test("a_death_costs_what_it_costs_in_the_figure", deaths),
    ];
    libtest_mimic::run(&arguments, tests).exit_code()
}

fn table() -> Table {
    serde_json::from_str(include_str!("figures/pool.json")).expect("the table is as described")
}

/// If each worker is replaced after one chunk, the workers' names show the chunks.
fn chunks() -> Result<(), Failed> {
    for Chunks {
        items,
        workers,
        sizes,
    } in table().chunks
    {
        let mut pool = Pool::builder()
            .workers(workers)
            .max_chunks_per_worker(1)
            .build()?;
        let names = pool.map(|_: usize| process::current().name().to_owned(), 0..items)?;
        let chunks = names.chunk_by(|one, next| one == next).map(<[String]>::len);
        assert_eq!(
            chunks.collect::<Vec<_>>(),
            sizes,
            "{items} items, {workers} workers"
        );
    }
    Ok(())
}

/// What has begun, in all workers: how many items, and of each the item and the worker's pid.
struct Log {
    count: Shared<AtomicUsize>,
    items: Shared<[AtomicUsize; 32]>,
    pids: Shared<[AtomicU32; 32]>,
}

/// It is made before the pools, so that their workers share it.
static LOG: OnceLock<Log> = OnceLock::new();
/// The item at which its worker dies.
static DIES_AT: AtomicUsize = AtomicUsize::new(0);

fn begin(item: usize) {
    let log = LOG.get().expect("it was made before the pool");
    let turn = log.count.fetch_add(1, Relaxed);
    log.items[turn].store(item, Relaxed);
    log.pids[turn].store(std::process::id(), Relaxed);
    if item == DIES_AT.load(Relaxed) {
        std::process::abort();
    }
}

fn deaths() -> Result<(), Failed> {
    let log = Log {
        count: Shared::new(AtomicUsize::new(0))?,
        items: Shared::new([const { AtomicUsize::new(0) }; 32])?,
        pids: Shared::new([const { AtomicU32::new(0) }; 32])?,
    };
    let log = LOG.get_or_init(|| log);
    for death in table().deaths {
        log.count.store(0, Relaxed);
        DIES_AT.store(death.dies_at, Relaxed);
        let results = Pool::new(1)?.map_results(begin, 0..death.items)?;

        let lost = (0..death.items).filter(|item| results[*item].is_err());
        assert_eq!(lost.collect::<Vec<_>>(), [death.dies_at]);
        let begun = log.count.load(Relaxed);
        let items = log.items[..begun].iter().map(|item| item.load(Relaxed));
        assert_eq!(items.collect::<Vec<_>>(), death.begun);
        let first = log.pids[0].load(Relaxed);
        let workers = log.pids[..begun].iter().map(|pid| match pid.load(Relaxed) {
            pid if pid == first => 1,
            _ => 2,
        });
        assert_eq!(workers.collect::<Vec<_>>(), death.workers);
    }
    Ok(())
}
