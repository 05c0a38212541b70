//! Checks the exercise: the second page is not fetched before the first is being parsed.

mod exercise;
mod solution;

use std::process::ExitCode;

use exercises::{Meeting, Notes, Verdict, demand};
use multiprocessing::{Error, Pool};

type FetchAndParse =
    fn(&mut Pool, Vec<u32>, fn(u32) -> String, fn(String) -> usize) -> Result<Vec<usize>, Error>;

fn main() -> ExitCode {
    exercises::run(
        file!(),
        check,
        exercise::fetch_and_parse,
        solution::fetch_and_parse,
    )
}

static FETCHING: Meeting = Meeting::new();
static PARSING: Meeting = Meeting::new();
/// The address, the process that fetched it, and whether what it waited for came.
static FETCHED: Notes<(u32, u32, bool)> = Notes::new();

/// The first page waits until the second is being fetched as well. The second is a slow one: it
/// waits until the first is being parsed.
fn fetch(address: u32) -> String {
    FETCHING.arrive();
    let came = match address {
        1 => FETCHING.wait_for(2),
        2 => PARSING.wait_for(1),
        _ => true,
    };
    FETCHED.leave((address, std::process::id(), came));
    "x".repeat(address as usize)
}

fn parse(page: String) -> usize {
    PARSING.arrive();
    10 * page.len()
}

fn check(fetch_and_parse: FetchAndParse) -> Verdict {
    FETCHING.begin()?;
    PARSING.begin()?;
    FETCHED.begin()?;
    let mut pool = Pool::new(2)?;
    let parsed = fetch_and_parse(&mut pool, vec![1, 2, 3, 4], fetch, parse)?;
    demand(parsed == [10, 20, 30, 40], || {
        format!("The pages were parsed to 10, 20, 30 and 40, but the function returned {parsed:?}.")
    })?;
    let mut fetched = FETCHED.read();
    fetched.sort_unstable();
    demand(fetched.len() == 4, || {
        format!(
            "4 pages were to be fetched, and fetches were {}.",
            fetched.len()
        )
    })?;
    demand(
        fetched
            .iter()
            .all(|(_, process, _)| *process != std::process::id()),
        || "The parent fetched a page, which is the workers' business.".to_owned(),
    )?;
    demand(fetched[0].2, || {
        "The results are right, but the second page was only fetched when the first was done."
            .to_owned()
    })?;
    demand(fetched[1].2, || {
        "The results are right. But the second page is slow, and while it was being fetched the \
         first was there already, and nobody parsed it."
            .to_owned()
    })
}
