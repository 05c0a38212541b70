//! A child that assigns to `longest` changes its own copy of it. What the child *returns* comes
//! back: it crosses as bytes, and `join` hands it to the parent. So the closure is just
//! `longest_word(chapter)`, and the parent compares.
//!
//! All children are started before the first is joined, so that they search at the same time. They
//! may end in any order. They are joined in the order of the chapters, and a later word has to be
//! longer, not just as long, to take the place of an earlier one.

use multiprocessing::{Error, process};

pub(crate) fn longest_of_all(
    chapters: Vec<String>,
    longest_word: fn(String) -> String,
) -> Result<String, Error> {
    let mut searches = Vec::new();
    for chapter in chapters {
        searches.push(process::spawn(move || longest_word(chapter))?);
    }

    let mut longest = String::new();
    for search in searches {
        let word = search.join()?;
        if word.len() > longest.len() {
            longest = word;
        }
    }
    Ok(longest)
}
