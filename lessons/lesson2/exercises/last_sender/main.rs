//! Checks the exercise: three searches, of which one crashes.

mod exercise;
mod solution;

use std::process::ExitCode;
use std::time::Duration;

use exercises::{Notes, Verdict, Wrong, demand, different, processes};
use multiprocessing::{Error, Sender, process};

type SearchAll = fn(Vec<String>, fn(String, Sender<String>)) -> Result<(Vec<String>, usize), Error>;

fn main() -> ExitCode {
    exercises::run(file!(), check, exercise::search_all, solution::search_all)
}

/// A search takes no time at all; a machine may be busy, though.
const LIMIT: Duration = Duration::from_secs(3);

static SEARCHES: Notes<u32> = Notes::new();

/// Finds the words with a capital letter; an exclamation mark is too much for it.
fn search(text: String, found: Sender<String>) {
    SEARCHES.leave(std::process::id());
    for word in text.split_whitespace() {
        if word == "!" {
            std::process::abort();
        }
        if word.starts_with(char::is_uppercase) {
            let _ = found.send(word.to_owned());
        }
    }
}

fn check(search_all: SearchAll) -> Verdict {
    SEARCHES.begin()?;
    let texts = ["Ada met Grace", "and Edsger ! Barbara", "no names here"];
    let texts: Vec<String> = texts.map(str::to_owned).into();
    let mut searching =
        process::spawn(move || search_all(texts, search).map_err(|error| error.to_string()))?;
    let Some(answer) = searching.join_timeout(LIMIT)? else {
        return Err(Wrong(
            "All searches have ended, but the function still waits for words. `receiver.iter()` \
             ends when no sender is left, and somebody still has one."
                .to_owned(),
        ));
    };
    let (words, crashed) = answer.map_err(|error| {
        Wrong(format!(
            "One search crashed, and the function gave up: {error}."
        ))
    })?;
    demand(words == ["Ada", "Edsger", "Grace"], || {
        format!(
            "The searches sent \"Ada\", \"Edsger\" and \"Grace\"; the function returned {words:?}."
        )
    })?;
    demand(crashed == 1, || {
        format!("One of the three searches crashed, but the function says {crashed}.")
    })?;
    let searchers = different(SEARCHES.read());
    demand(searchers == 3, || {
        format!("3 texts were searched by {}.", processes(searchers))
    })
}
