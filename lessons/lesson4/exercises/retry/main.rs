//! Checks the exercise: which items were tried, and how often.

mod exercise;
mod solution;

use std::process::ExitCode;

use exercises::{Meeting, Verdict, Wrong, demand};
use multiprocessing::{Error, Pool};

type MapAndRetry = fn(&mut Pool, Vec<u32>, fn(u32) -> u32) -> Result<Vec<Option<u32>>, Error>;

fn main() -> ExitCode {
    exercises::run(
        file!(),
        check,
        exercise::map_and_retry,
        solution::map_and_retry,
    )
}

const PANICS: u32 = 3;
const KILLED_ONCE: u32 = 5;
const ALWAYS_KILLED: u32 = 7;

/// For each item, how often it was tried.
static TRIES: [Meeting; 8] = [const { Meeting::new() }; 8];

fn task(item: u32) -> u32 {
    let tries = TRIES[item as usize].arrive();
    match item {
        PANICS => panic!("no task for me"),
        KILLED_ONCE if tries == 1 => std::process::abort(),
        ALWAYS_KILLED => std::process::abort(),
        _ => 10 * item,
    }
}

fn times(count: u32) -> &'static str {
    match count {
        0 => "never",
        1 => "once",
        2 => "twice",
        _ => "more than twice",
    }
}

fn check(map_and_retry: MapAndRetry) -> Verdict {
    for tries in &TRIES {
        tries.begin()?;
    }
    let mut pool = Pool::new(2)?;
    let items: Vec<u32> = (0..8).collect();
    let results = match map_and_retry(&mut pool, items.clone(), task) {
        Err(Error::Task(error)) => {
            return Err(Wrong(format!(
                "The function gave up at one task, {error}, and the others have no results."
            )));
        }
        results => results?,
    };
    demand(results.len() == items.len(), || {
        format!(
            "There are {} items, but {} results.",
            items.len(),
            results.len()
        )
    })?;
    for (item, result) in items.into_iter().zip(results) {
        let tries = TRIES[item as usize].arrived();
        let (right, right_tries, what) = match item {
            PANICS => (None, 1, "panics"),
            KILLED_ONCE => (Some(50), 2, "loses its worker the first time"),
            ALWAYS_KILLED => (None, 2, "loses its worker every time"),
            _ => (Some(10 * item), 1, "has no trouble"),
        };
        demand(tries == right_tries, || {
            format!(
                "Item {item} {what}. It was to be tried {}, but was tried {}.",
                times(right_tries),
                times(tries)
            )
        })?;
        demand(result == right, || {
            format!("Item {item} {what}. Its result was to be {right:?}, but it is {result:?}.")
        })?;
    }
    Ok(())
}
