//! Checks the exercise: four pages, and who looked at them.

mod exercise;
mod solution;

use std::collections::BTreeMap;
use std::process::ExitCode;

use exercises::{Notes, Verdict, demand};
use multiprocessing::{Error, Pool};

type CountWords = fn(&mut Pool, Vec<String>) -> Result<BTreeMap<String, u64>, Error>;

fn main() -> ExitCode {
    exercises::run(file!(), check, exercise::count_words, solution::count_words)
}

/// Which process looked at a page.
static READERS: Notes<u32> = Notes::new();

/// The words of a page, in small letters.
fn words_on(page: &str) -> Vec<String> {
    READERS.leave(std::process::id());
    page.split_whitespace().map(str::to_lowercase).collect()
}

fn check(count_words: CountWords) -> Verdict {
    READERS.begin()?;
    let mut pool = Pool::new(3)?;
    let pages = ["The pool waits", "the worker", "A worker the", "pool"];
    let counts = count_words(&mut pool, pages.map(str::to_owned).into())?;
    let readers = READERS.read();

    demand(!counts.is_empty(), || match readers.len() {
        0 => "The map is empty, and nobody has looked at a page.".to_owned(),
        pages => format!(
            "The workers counted the words of {pages} pages, but the map that the function \
             returned is empty. Each worker counted into a map of its own."
        ),
    })?;
    let right = [
        ("a", 1),
        ("pool", 2),
        ("the", 3),
        ("waits", 1),
        ("worker", 2),
    ];
    for (word, count) in right {
        let counted = counts.get(word).copied().unwrap_or(0);
        demand(counted == count, || {
            format!(
                "The four pages have {count} of the word \"{word}\", but the map says {counted}."
            )
        })?;
    }
    demand(counts.len() == right.len(), || {
        format!(
            "The pages have {} words, but the map has {}.",
            right.len(),
            counts.len()
        )
    })?;
    demand(!readers.contains(&std::process::id()), || {
        "The counts are right, but the parent counted, and the workers had nothing to do."
            .to_owned()
    })
}
