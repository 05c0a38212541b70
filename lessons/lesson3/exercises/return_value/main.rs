//! Checks the exercise: three chapters, of which two have a word of the same length.

mod exercise;
mod solution;

use std::process::ExitCode;

use exercises::{Meeting, Notes, Verdict, demand, different, processes};
use multiprocessing::Error;

type LongestOfAll = fn(Vec<String>, fn(String) -> String) -> Result<String, Error>;

fn main() -> ExitCode {
    exercises::run(
        file!(),
        check,
        exercise::longest_of_all,
        solution::longest_of_all,
    )
}

static TOGETHER: Meeting = Meeting::new();
/// Which process it was, and whether it met the two others.
static SEARCHES: Notes<(u32, bool)> = Notes::new();

fn longest_word(chapter: String) -> String {
    TOGETHER.arrive();
    SEARCHES.leave((std::process::id(), TOGETHER.wait_for(3)));
    let words = chapter.split_whitespace();
    let longest = words.max_by_key(|word| word.len());
    longest.unwrap_or_default().to_owned()
}

fn check(longest_of_all: LongestOfAll) -> Verdict {
    TOGETHER.begin()?;
    SEARCHES.begin()?;
    let chapters = ["a pipe carries bytes", "a process", "two workers wait"];
    let longest = longest_of_all(chapters.map(str::to_owned).into(), longest_word)?;
    let mut searches = SEARCHES.read();
    searches.retain(|(process, _)| *process != std::process::id());
    let children = different(searches.iter().map(|search| search.0));

    demand(children > 0, || {
        "No child searched a chapter: start a process for each.".to_owned()
    })?;
    demand(!longest.is_empty(), || {
        format!(
            "{} searched, and each found a word. But the parent returned \"\": what a \
             child assigns to a variable stays in the child's memory, and is gone with it.",
            processes(children)
        )
    })?;
    demand(longest == "carries", || {
        format!(
            "The longest words of the chapters are \"carries\", \"process\" and \"workers\". The \
             first of them is right, but the function returned \"{longest}\"."
        )
    })?;
    demand(children == 3, || {
        format!(
            "The word is right, but {} searched the 3 chapters.",
            processes(children)
        )
    })?;
    demand(searches.iter().all(|(_, met)| *met), || {
        "The word is right, but the chapters were searched one after the other: a child was \
         joined before the next was started."
            .to_owned()
    })
}
