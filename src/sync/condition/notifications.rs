//! One word that says how many waiters may stop.
//!
//! Waiters are numbered in the order in which they arrive. A notification is for any one waiter
//! that was there when it was made. So it is not lost if one of them dies or gives up, and no later
//! arrival can take it.

/// Since a state is one word, a process that is killed in the middle of a change leaves either the
/// old state or the new one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Notifications {
    /// How many were made and have not been taken.
    pending: usize,
    /// The number of the last waiter that may take one.
    last: u64,
}

const PENDING_BITS: u32 = 20;

/// As many as can be pending.
pub(super) const MOST_WAITERS: usize = 1 << 16;

impl Notifications {
    pub(super) fn from_word(word: u64) -> Self {
        Self {
            pending: (word & ((1 << PENDING_BITS) - 1)) as usize,
            last: word >> PENDING_BITS,
        }
    }

    pub(super) fn word(self) -> u64 {
        self.last << PENDING_BITS | self.pending as u64
    }

    pub(super) fn are_pending(self) -> bool {
        self.pending > 0
    }

    /// `count` more, for those who wait now: so many, up to the one with the number `last`.
    ///
    /// `newcomers` of them are not among those that the pending ones are for. They may take some of
    /// these all the same, so there are enough for all of them; then some are woken for nothing.
    pub(super) fn more(self, count: usize, waiting: usize, newcomers: usize, last: u64) -> Self {
        let count = if self.are_pending() {
            count.max(newcomers)
        } else {
            count
        };
        Self {
            pending: self.pending.saturating_add(count).min(waiting),
            last,
        }
    }

    /// The number of the last waiter that they are for.
    pub(super) fn last(self) -> u64 {
        self.last
    }

    /// The waiter with this number takes one, if there is one for it.
    pub(super) fn take(self, number: u64) -> Option<Self> {
        (self.pending > 0 && number <= self.last).then(|| Self {
            pending: self.pending - 1,
            ..self
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn they_are_what_their_word_says() {
        for pending in [0, 1, MOST_WAITERS] {
            for last in [0, 1, 1 << 43] {
                let state = Notifications { pending, last };
                assert_eq!(Notifications::from_word(state.word()), state);
            }
        }
    }

    /// What the processes around the word do, each step under the condition's lock.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        Come,
        NotifyOne,
        NotifyAll,
        /// The waiter at this place checks, and stops if it may.
        Check(usize),
        /// It gives up, unless it may stop.
        GiveUp(usize),
        /// It is killed, and counts until somebody checks.
        Die(usize),
    }

    /// A condition as its users see it. The waiters are numbers, from the oldest on.
    #[derive(Clone, Default)]
    struct World {
        state: Notifications,
        came: u64,
        waiting: Vec<u64>,
        unseen_dead: usize,
        /// For each notification that nobody has acted on: those who were there.
        owed: Vec<BTreeSet<u64>>,
    }

    impl World {
        fn notify(&mut self, count: usize) {
            if self.state.are_pending() {
                self.unseen_dead = 0;
            }
            let there: BTreeSet<u64> = self.waiting.iter().copied().collect();
            for _ in 0..count.min(there.len()) {
                self.owed.push(there.clone());
            }
            let waiting = self.waiting.len() + self.unseen_dead;
            let last = self.state.last();
            let newcomers = self.waiting.iter().filter(|number| **number > last);
            let newcomers = newcomers.count();
            self.state = self.state.more(count, waiting, newcomers, self.came);
        }

        fn check(&mut self, place: usize) -> bool {
            let number = self.waiting[place];
            let Some(state) = self.state.take(number) else {
                return false;
            };
            self.state = state;
            self.waiting.remove(place);
            // The oldest notification that was for it. What nobody is there for is owed no more.
            let taken = self.owed.iter().position(|there| there.contains(&number));
            if let Some(taken) = taken {
                self.owed.remove(taken);
            }
            self.forget(number);
            true
        }

        fn forget(&mut self, number: u64) {
            for there in &mut self.owed {
                there.remove(&number);
            }
            self.owed.retain(|there| !there.is_empty());
        }

        fn step(&mut self, step: Step) {
            match step {
                Step::Come => {
                    self.came += 1;
                    self.waiting.push(self.came);
                }
                Step::NotifyOne => self.notify(1),
                Step::NotifyAll => self.notify(MOST_WAITERS),
                Step::Check(place) => drop(self.check(place)),
                Step::GiveUp(place) => {
                    if !self.check(place) {
                        let number = self.waiting.remove(place);
                        self.forget(number);
                    }
                }
                Step::Die(place) => {
                    let number = self.waiting.remove(place);
                    self.unseen_dead += 1;
                    self.forget(number);
                }
            }
        }

        /// Waiters to be woken now, one after another.
        fn woken(&self) -> usize {
            let mut world = self.clone();
            let before = world.waiting.len();
            while (0..world.waiting.len()).any(|place| world.check(place)) {}
            before - world.waiting.len()
        }
    }

    /// Every order of up to eight steps.
    #[test]
    fn no_notification_is_lost_and_none_is_for_one_who_comes_later() {
        fn explore(world: &World, depth: usize, seen: &mut usize) {
            *seen += 1;
            // Each of the sets has all of the one before that still wait.
            let owed = world.owed.iter().map(BTreeSet::len);
            let owed = owed.fold(0, |woken, there| there.min(woken + 1));
            assert!(world.woken() >= owed, "a notification is lost");
            let mut late = world.clone();
            late.step(Step::Come);
            let newest = late.waiting.len() - 1;
            assert!(!late.check(newest), "it was for those who came before");
            if depth == 0 {
                return;
            }
            let mut steps = vec![Step::Come, Step::NotifyOne, Step::NotifyAll];
            for place in 0..world.waiting.len() {
                steps.extend([Step::Check(place), Step::GiveUp(place), Step::Die(place)]);
            }
            for step in steps {
                let mut next = world.clone();
                next.step(step);
                explore(&next, depth - 1, seen);
            }
        }
        let mut seen = 0;
        explore(&World::default(), 8, &mut seen);
        assert!(seen > 10_000, "{seen} states are few");
    }
}
