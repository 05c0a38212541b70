//! Checks the exercise: who counted what, and whether all did at the same time.

mod exercise;
mod solution;

use std::ops::Range;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use exercises::{Meeting, Notes, Verdict, Wrong, demand, different, processes};
use multiprocessing::Error;

type CountShared = fn(Range<u64>, u64, fn(Range<u64>) -> u64) -> Result<u64, Error>;

fn main() -> ExitCode {
    exercises::run(
        file!(),
        check,
        exercise::count_shared,
        solution::count_shared,
    )
}

/// Where a part begins and ends, which process had it, and whether it met all the others.
type Part = (u64, u64, u32, bool);

static PARTS: Notes<Part> = Notes::new();
static TOGETHER: Meeting = Meeting::new();
static WORKERS: AtomicU32 = AtomicU32::new(0);

/// Counts the even numbers.
fn count(range: Range<u64>) -> u64 {
    TOGETHER.arrive();
    let met = TOGETHER.wait_for(WORKERS.load(Relaxed));
    PARTS.leave((range.start, range.end, std::process::id(), met));
    range.filter(|number| number % 2 == 0).count() as u64
}

fn check(count_shared: CountShared) -> Verdict {
    for (range, workers, even) in [(0..10, 3, 5), (5..9, 4, 2), (100..117, 5, 9)] {
        PARTS.begin()?;
        TOGETHER.begin()?;
        WORKERS.store(workers, Relaxed);
        let total = count_shared(range.clone(), workers.into(), count)?;
        let mut parts = PARTS.read();
        parts.sort_unstable();
        cover(&range, &parts)
            .and_then(|()| are_shared(&parts, workers))
            .and_then(|()| {
                demand(total == even, || {
                    format!("Their counts add up to {even}, but the function returned {total}.")
                })
            })
            .map_err(|Wrong(wrong)| {
                Wrong(format!(
                    "The range {range:?} is shared among {workers} processes. {wrong}"
                ))
            })?;
    }
    Ok(())
}

fn cover(range: &Range<u64>, parts: &[Part]) -> Verdict {
    let mut next = range.start;
    for &(begin, end, ..) in parts {
        demand(begin <= next, || {
            format!("Nobody counted the number {next}.")
        })?;
        demand(begin == next, || format!("{begin} was counted twice."))?;
        next = end;
    }
    demand(next >= range.end, || {
        format!("Nobody counted the number {next}.")
    })?;
    demand(next == range.end, || {
        format!("{} was counted, which is not in it.", next - 1)
    })
}

fn are_shared(parts: &[Part], workers: u32) -> Verdict {
    demand(parts.len() == workers as usize, || {
        format!("It was cut into {} parts.", parts.len())
    })?;
    let lengths = || parts.iter().map(|(begin, end, ..)| end - begin);
    let (shortest, longest) = (lengths().min(), lengths().max());
    demand(
        longest.unwrap_or(0) <= shortest.unwrap_or(0) + 1,
        || match (shortest, longest) {
            (Some(shortest), Some(longest)) => {
                format!("One part has {longest} numbers, another {shortest}.")
            }
            _ => "There are no parts.".to_owned(),
        },
    )?;
    let counters = different(parts.iter().map(|part| part.2));
    demand(counters == parts.len(), || {
        format!(
            "The parts are right, but {} counted them.",
            processes(counters)
        )
    })?;
    demand(parts.iter().all(|part| part.3), || {
        "The parts are right, but they were counted one after the other: a process was joined \
         before the next was started."
            .to_owned()
    })
}
