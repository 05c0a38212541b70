//! A state of the world, which is plain data.

use crate::places::{Places, Word};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Life {
    #[default]
    Running,
    /// On the word with this index.
    Asleep(usize),
    /// Killed, with stores under way.
    Dying,
    /// It was not reaped.
    Dead,
    Gone,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Actor {
    pub life: Life,
    /// What its operations have returned since its function was last begun.
    pub(crate) log: Vec<u64>,
    /// Stores that have not reached memory: index and value.
    pub(crate) buffer: Vec<(usize, u64)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub(crate) memory: Vec<u64>,
    pub actors: Vec<Actor>,
    pub(crate) bell: bool,
    pub kills_left: usize,
    /// Stores wait in buffers.
    pub(crate) is_buffered: bool,
    /// How often each item was begun.
    pub begun: Vec<u8>,
    pub(crate) switches: Option<Switches>,
    /// Only this actor moves next: nobody else could tell the difference.
    pub(crate) focus: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Switches {
    pub(crate) left: usize,
    pub(crate) last: usize,
}

impl World {
    pub fn new(
        places: &Places,
        actors: usize,
        items: usize,
        kills: usize,
        is_buffered: bool,
    ) -> Self {
        Self {
            memory: places.initial.clone(),
            actors: vec![Actor::default(); actors],
            bell: false,
            kills_left: kills,
            is_buffered,
            begun: vec![0; items],
            switches: None,
            focus: None,
        }
    }

    /// Leaves out what needs more than `most` switches from an actor that could go on to another.
    pub fn with_switches(self, most: usize) -> Self {
        let switches = Switches {
            left: most,
            last: 0,
        };
        Self {
            switches: Some(switches),
            ..self
        }
    }

    /// The actor sleeps on the word from the beginning.
    pub fn put_to_sleep(&mut self, actor: usize, word: &impl Word, places: &Places) {
        self.actors[actor].life = Life::Asleep(places.indices[&word.at()]);
    }

    pub fn with_life(&self, life: &Life) -> Vec<usize> {
        let actors = self.actors.iter().enumerate();
        let actors = actors.filter(|(_, actor)| actor.life == *life);
        actors.map(|(number, _)| number).collect()
    }

    pub(crate) fn sleepers(&self, index: usize) -> Vec<usize> {
        self.with_life(&Life::Asleep(index))
    }

    /// The actors that have died, as a mask.
    pub(crate) fn reap(&mut self) -> u64 {
        let mut mask = 0;
        for dead in self.with_life(&Life::Dead) {
            self.actors[dead].life = Life::Gone;
            mask |= 1 << dead;
        }
        mask
    }

    pub(crate) fn kill(&mut self, actor: usize) {
        if matches!(self.actors[actor].life, Life::Running | Life::Asleep(_)) {
            self.actors[actor].life = Life::Dying;
        }
    }
}
