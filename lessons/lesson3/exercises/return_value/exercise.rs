//! Bring it home. The task is in `task.md`, beside this file.

use multiprocessing::{Error, process};

pub(crate) fn longest_of_all(
    chapters: Vec<String>,
    longest_word: fn(String) -> String,
) -> Result<String, Error> {
    // YOUR TURN: how does a word get from a child to its parent?
    let mut longest = String::new();
    for chapter in chapters {
        process::scope(|s| {
            s.spawn(|| {
                let word = longest_word(chapter);
                if word.len() > longest.len() {
                    longest = word;
                }
            });
        })?;
    }
    Ok(longest)
}
