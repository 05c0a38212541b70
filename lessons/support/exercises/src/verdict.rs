//! What a check finds: nothing, or what is wrong, in words.

use std::collections::BTreeSet;
use std::error::Error;

/// The outcome of a check.
pub type Verdict = Result<(), Wrong>;

/// What is wrong with the reader's code: whole sentences, which say what was seen and what was
/// expected.
#[derive(Debug)]
pub struct Wrong(pub String);

/// An error that the reader's function returned.
impl<E: Error> From<E> for Wrong {
    fn from(error: E) -> Self {
        Self(format!("The function returned an error: {error}."))
    }
}

/// How many different processes these process ids are.
pub fn different(processes: impl IntoIterator<Item = u32>) -> usize {
    BTreeSet::from_iter(processes).len()
}

/// "1 process", "3 processes".
pub fn processes(count: usize) -> String {
    format!("{count} process{}", if count == 1 { "" } else { "es" })
}

/// Goes on if `right`; otherwise says what is wrong.
pub fn demand(right: bool, wrong: impl FnOnce() -> String) -> Verdict {
    if right { Ok(()) } else { Err(Wrong(wrong())) }
}
