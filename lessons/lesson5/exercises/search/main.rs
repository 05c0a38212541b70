//! Checks the exercise: two numbers are right, and the smaller one takes longer.

mod exercise;
mod solution;

use std::process::ExitCode;

use exercises::{Meeting, Notes, Verdict, demand};
use multiprocessing::{Error, Pool};

type Find = fn(&mut Pool, u64, fn(u64) -> bool) -> Result<u64, Error>;

fn main() -> ExitCode {
    exercises::run(file!(), check, exercise::find, solution::find)
}

const START: u64 = 1000;
/// It takes its time, until the larger one is found.
const RIGHT: u64 = 1307;
/// The pool draws some 30 numbers ahead of a result that is awaited. This one it only comes to if it
/// does not keep the order.
const ALSO_RIGHT: u64 = 1357;
/// What may have been begun when the answer comes.
const AHEAD: u64 = 100;

static LARGER_FOUND: Meeting = Meeting::new();
/// The number that was tried, and the process.
static TRIES: Notes<(u64, u32)> = Notes::new();

fn is_right(number: u64) -> bool {
    TRIES.leave((number, std::process::id()));
    match number {
        RIGHT => LARGER_FOUND.wait_for(1),
        ALSO_RIGHT => LARGER_FOUND.arrive() > 0,
        _ => return false,
    };
    true
}

fn check(find: Find) -> Verdict {
    LARGER_FOUND.begin()?;
    TRIES.begin()?;
    let mut pool = Pool::new(2)?;
    let found = find(&mut pool, START, is_right)?;
    drop(pool);
    let tries = TRIES.read();
    demand(found == RIGHT, || {
        format!(
            "{RIGHT} and {ALSO_RIGHT} are right, and the smaller one takes longer to try. The \
             function returned {found}."
        )
    })?;
    let alone = tries
        .iter()
        .filter(|(_, process)| *process == std::process::id())
        .count();
    demand(alone == 0, || {
        format!("The number is right, but the parent tried {alone} numbers itself.")
    })?;
    let last = tries.iter().map(|(number, _)| *number).max().unwrap_or(0);
    demand(last <= RIGHT + AHEAD, || {
        format!("The number is right, but the workers went on to {last}.")
    })?;
    let needed = RIGHT + AHEAD - START;
    demand(tries.len() as u64 <= needed, || {
        format!(
            "The number is right, but it took {} tries: some were tried again.",
            tries.len()
        )
    })
}
