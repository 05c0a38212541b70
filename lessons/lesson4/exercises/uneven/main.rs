//! Checks the exercise: two long tasks among twelve, which should be done at the same time, and
//! before all others.

mod exercise;
mod solution;

use std::process::ExitCode;

use exercises::{Meeting, Notes, Verdict, demand};
use multiprocessing::{Error, Pool};

type MapLongestFirst = fn(&mut Pool, Vec<u64>, fn(u64) -> u64) -> Result<Vec<u64>, Error>;

fn main() -> ExitCode {
    exercises::run(
        file!(),
        check,
        exercise::map_longest_first,
        solution::map_longest_first,
    )
}

const LONG: u64 = 100;

static LONG_ONES: Meeting = Meeting::new();
/// The task, which process had it, and whether it met the other long one.
static BEGUN: Notes<(u64, u32, bool)> = Notes::new();

fn work(task: u64) -> u64 {
    let met = task >= LONG && {
        LONG_ONES.arrive();
        LONG_ONES.wait_for(2)
    };
    BEGUN.leave((task, std::process::id(), met));
    task + 1
}

fn check(map_longest_first: MapLongestFirst) -> Verdict {
    LONG_ONES.begin()?;
    BEGUN.begin()?;
    let mut pool = Pool::new(2)?;
    let tasks = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, LONG, LONG + 1];
    let results = map_longest_first(&mut pool, tasks.into(), work)?;
    let begun = BEGUN.read();
    demand(results == tasks.map(|task| task + 1), || {
        format!("The tasks were {tasks:?}, and their results, in another order, {results:?}.")
    })?;
    demand(begun.len() == tasks.len(), || {
        format!(
            "{} tasks were given, but {} were done.",
            tasks.len(),
            begun.len()
        )
    })?;
    demand(
        begun
            .iter()
            .all(|(_, process, _)| *process != std::process::id()),
        || "The parent did tasks, which are the workers' business.".to_owned(),
    )?;
    let long = |&&(task, ..): &&(u64, u32, bool)| task >= LONG;
    demand(begun.iter().filter(long).all(|(.., met)| *met), || {
        "The results are right. But one worker had both long tasks, and did one after the other, \
         while the other worker had nothing to do."
            .to_owned()
    })?;
    let before = begun.iter().take_while(|(task, ..)| *task < LONG).count();
    demand(before == 0, || {
        format!("The results are right, but {before} shorter tasks were done before a long one.")
    })
}
