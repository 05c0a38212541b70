//! Checks the exercise: who opened a connection, and how often.

mod exercise;
mod solution;

use std::process::ExitCode;

use exercises::{Notes, Verdict, demand, different, processes};
use multiprocessing::Error;

type Translate = fn(Vec<String>, String, usize) -> Result<Vec<String>, Error>;

fn main() -> ExitCode {
    exercises::run(file!(), check, exercise::translate, solution::translate)
}

/// Which process opened one.
static OPENED: Notes<u32> = Notes::new();

/// A connection to a dictionary.
struct Connection {
    language: String,
}

impl Connection {
    fn open(language: &str) -> Self {
        OPENED.leave(std::process::id());
        Self {
            language: language.to_owned(),
        }
    }

    fn translate(&self, word: &str) -> String {
        format!("{word} ({})", self.language)
    }
}

fn check(translate: Translate) -> Verdict {
    OPENED.begin()?;
    let words: Vec<String> = (1..=30).map(|number| format!("word{number}")).collect();
    let right: Vec<String> = words
        .iter()
        .map(|word| format!("{word} (Frisian)"))
        .collect();
    let translated = translate(words, "Frisian".to_owned(), 3)?;
    let opened = OPENED.read();

    demand(translated.len() == right.len(), || {
        format!("There are 30 words, but {} translations.", translated.len())
    })?;
    for (translated, right) in translated.iter().zip(&right) {
        demand(translated == right, || {
            format!("A word was to become \"{right}\", but became \"{translated}\".")
        })?;
    }
    demand(!opened.contains(&std::process::id()), || {
        "The parent opened a connection, and a connection can't be sent to a worker.".to_owned()
    })?;
    demand(opened.len() == 3, || {
        format!(
            "All 30 words are translated. But 3 workers opened {} connections; one for each \
             worker is enough.",
            opened.len()
        )
    })?;
    let workers = different(opened);
    demand(workers == 3, || {
        format!(
            "There were to be 3 workers, each with a connection, but it was {}.",
            processes(workers)
        )
    })
}
