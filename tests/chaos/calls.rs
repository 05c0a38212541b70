//! Calls of a pool, of all kinds, whose results are checked.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::{Duration, Instant};

use multiprocessing::{Cause, ChildError, Error, Pool, Shared, Signal, TaskError};

use super::random::Random;

const MOST_ITEMS: usize = 2000;

/// Which call last began the item at each place, and whether one began it twice.
type Begun = ([AtomicUsize; MOST_ITEMS], AtomicBool);

static BEGUN: OnceLock<Shared<Begun>> = OnceLock::new();

fn begun() -> &'static Begun {
    BEGUN.get_or_init(|| {
        let places = [const { AtomicUsize::new(0) }; MOST_ITEMS];
        Shared::new((places, AtomicBool::new(false))).expect("shared memory")
    })
}

/// Takes up to 50 µs, and returns text of up to some 100 000 bytes, by which the item is known.
/// The item is its place, and `MOST_ITEMS` times the number of the call.
fn task(item: usize) -> String {
    let (place, call) = (item % MOST_ITEMS, item / MOST_ITEMS);
    let (places, twice) = begun();
    if places[place].swap(call, Relaxed) == call {
        twice.store(true, Relaxed);
    }
    let end = Instant::now() + Duration::from_micros(place as u64 % 50);
    while Instant::now() < end {}
    text(item)
}

fn text(item: usize) -> String {
    let repeats = if item % 500 == 499 { 20_000 } else { item % 7 };
    format!("{item} ").repeat(1 + repeats)
}

pub(crate) struct Calls {
    pool: Pool,
    pub(crate) made: usize,
    /// The errors of items.
    pub(crate) blamed: Vec<ChildError>,
}

impl Calls {
    pub(crate) fn new(pool: Pool) -> Self {
        begun();
        Self {
            pool,
            made: 0,
            blamed: Vec::new(),
        }
    }

    /// Makes a call of some kind.
    pub(crate) fn make(&mut self, random: &mut Random) {
        self.made += 1;
        let first = self.made * MOST_ITEMS;
        let items = first..first + random.below(MOST_ITEMS as u64) as usize;
        match random.below(5) {
            0 => self.map_results(items),
            1 => self.map(items, 1 + random.below(20) as usize),
            2 => self.imap(items),
            3 => self.imap_unordered(items),
            _ => self.apply_async(items.step_by(10)),
        }
        assert!(!begun().1.load(Relaxed), "an item was run twice");
    }

    fn check(&mut self, item: usize, result: Result<String, ChildError>) {
        match result {
            Ok(result) => assert!(result == text(item), "item {item} is {result}"),
            Err(error) => self.blame(error),
        }
    }

    fn blame(&mut self, error: ChildError) {
        let by_killer = [Signal(9), Signal(15)].map(Cause::Signal);
        assert!(by_killer.contains(&error.cause), "{error}");
        self.blamed.push(error);
    }

    fn map_results(&mut self, items: Range<usize>) {
        let results = self.pool.map_results(task, items.clone()).expect("results");
        assert_eq!(results.len(), items.len());
        for (item, result) in items.zip(results) {
            self.check(item, result.map_err(|error| error.worker));
        }
    }

    fn map(&mut self, items: Range<usize>, chunk_size: usize) {
        match self.pool.map_chunked(task, items.clone(), chunk_size) {
            Ok(results) => assert!(results.into_iter().eq(items.map(text))),
            Err(error) => self.blame(of_item(error).worker),
        }
    }

    fn imap(&mut self, items: Range<usize>) {
        let results = self.pool.imap(task, items.clone()).expect("results");
        let results: Vec<_> = results.map(|result| result.map_err(of_item)).collect();
        assert_eq!(results.len(), items.len());
        for ((place, item), result) in items.enumerate().zip(results) {
            assert!(
                result
                    .as_ref()
                    .err()
                    .is_none_or(|error| error.index == place)
            );
            self.check(item, result.map_err(|error| error.worker));
        }
    }

    fn imap_unordered(&mut self, items: Range<usize>) {
        let results = self.pool.imap_unordered(task, items.clone());
        let results = results.expect("results");
        let results: Vec<_> = results.map(|result| result.map_err(of_item)).collect();
        let mut missing = vec![true; items.len()];
        for result in results {
            let place = match &result {
                Ok(text) => {
                    let item = text.split(' ').next().expect("the item");
                    item.parse::<usize>().expect("a number") - items.start
                }
                Err(error) => error.index,
            };
            let is_new = std::mem::replace(&mut missing[place], false);
            assert!(is_new, "{place} comes twice");
            self.check(items.start + place, result.map_err(|error| error.worker));
        }
        assert!(!missing.contains(&true));
    }

    fn apply_async(&mut self, items: impl Iterator<Item = usize>) {
        let pool = &mut self.pool;
        let results: Vec<_> = items
            .map(|item| (item, pool.apply_async(task, item).expect("a task")))
            .collect();
        for (item, result) in results {
            match result.get() {
                Ok(result) => self.check(item, Ok(result)),
                Err(Error::Child(error)) => self.blame(error),
                Err(error) => panic!("{error}"),
            }
        }
    }

    pub(crate) fn close(mut self) {
        self.pool.close().expect("closed");
    }
}

fn of_item(error: Error) -> TaskError {
    match error {
        Error::Task(error) => error,
        other => panic!("not of an item: {other}"),
    }
}
