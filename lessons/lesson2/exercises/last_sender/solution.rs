//! The loop over a receiver ends when no sender is left. Each search has a sender of its own, which
//! is gone when the search has ended, even by a crash. One was left: the parent's own, of which the
//! others are clones. As long as the parent has it, the parent could still send, and so it waits
//! for itself. `drop(sender)` lets it go.
//!
//! That is a line easily forgotten. Channels between threads have the same trap, and pipes have it
//! too: a reader sees the end only when all have closed the writing end.
//!
//! A crash is what `join` tells: it returns an error, and we count instead of handing it on.

use multiprocessing::{Error, Sender, channel, process};

pub(crate) fn search_all(
    texts: Vec<String>,
    search: fn(String, Sender<String>),
) -> Result<(Vec<String>, usize), Error> {
    let (sender, receiver) = channel()?;
    let mut searches = Vec::new();
    for text in texts {
        let sender = sender.clone();
        searches.push(process::spawn(move || search(text, sender))?);
    }
    drop(sender);

    let mut words: Vec<String> = receiver.iter().collect();
    words.sort();
    let mut crashed = 0;
    for search in searches {
        match search.join() {
            Ok(()) => {}
            Err(Error::Child(_)) => crashed += 1,
            Err(error) => return Err(error),
        }
    }
    Ok((words, crashed))
}
