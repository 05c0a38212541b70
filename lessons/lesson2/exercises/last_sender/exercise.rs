//! Hear everybody out. The task is in `task.md`, beside this file.

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

    // YOUR TURN: what does the loop wait for? And what if a search crashes?
    let mut words: Vec<String> = receiver.iter().collect();
    words.sort();
    for search in searches {
        search.join()?;
    }
    Ok((words, 0))
}
