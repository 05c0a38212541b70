//! Which words the actors share.

use std::collections::HashMap;

/// An atomic of any width.
pub trait Word {
    fn at(&self) -> usize;
    fn value(&self) -> u64;
}

#[derive(Debug, Default)]
pub struct Places {
    pub(crate) indices: HashMap<usize, usize>,
    pub(crate) initial: Vec<u64>,
    /// Words that only one actor uses at a time, as agreed by means of others: their steps need
    /// not be interleaved with those of other actors, but the actor may be killed at each.
    pub(crate) is_private: Vec<bool>,
}

impl Places {
    pub fn add(&mut self, word: &impl Word, is_private: bool) {
        self.indices.insert(word.at(), self.initial.len());
        self.initial.push(word.value());
        self.is_private.push(is_private);
    }
}
