//! One word that holds the state of a barrier's round.

/// Since a state is one word, a process that is killed in the middle of a change leaves either the
/// old state or the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// The number of the round, from 0 to 2³² − 1 and then from 0 again.
    pub(super) round: u32,
    pub(super) phase: Phase,
    /// How many participants have arrived in this round.
    pub(super) arrived: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    /// Waiting participants return an error, and so does anyone who arrives.
    Broken,
    /// Waiting participants return an error. New arrivals wait until all of them have.
    Resetting,
}

const ARRIVED_BITS: u32 = 30;
const ROUND_SHIFT: u32 = 32;

/// The most participants: as many as Linux has pids.
pub(super) const MOST_PARTIES: usize = 1 << 22;

impl State {
    pub(super) fn from_word(word: u64) -> Self {
        Self {
            round: (word >> ROUND_SHIFT) as u32,
            phase: match (word >> ARRIVED_BITS) & 3 {
                0 => Phase::Open,
                1 => Phase::Resetting,
                _ => Phase::Broken,
            },
            arrived: (word & ((1 << ARRIVED_BITS) - 1)) as usize,
        }
    }

    pub(super) fn word(self) -> u64 {
        let phase = match self.phase {
            Phase::Open => 0,
            Phase::Resetting => 1,
            Phase::Broken => 2,
        };
        u64::from(self.round) << ROUND_SHIFT | phase << ARRIVED_BITS | self.arrived as u64
    }

    /// The next round, in which nobody has arrived.
    pub(super) fn next_round(self) -> Self {
        Self {
            round: self.round.wrapping_add(1),
            phase: Phase::Open,
            arrived: 0,
        }
    }

    pub(super) fn with_one_more(self) -> Self {
        Self {
            arrived: self.arrived + 1,
            ..self
        }
    }

    pub(super) fn in_phase(self, phase: Phase) -> Self {
        Self { phase, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_what_its_word_says() {
        for phase in [Phase::Open, Phase::Broken, Phase::Resetting] {
            for round in [0, 1, u32::MAX] {
                for arrived in [0, 1, MOST_PARTIES] {
                    let state = State {
                        round,
                        phase,
                        arrived,
                    };
                    assert_eq!(State::from_word(state.word()), state);
                }
            }
        }
    }
}
