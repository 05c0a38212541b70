//! The protocol of table, parent and workers, in every interleaving of their steps and of kills.
//!
//! Some scenarios have too many to try each time, and leave out those that need many switches
//! between actors. With `EXPLORE_ALL` set in the environment nothing is left out; that takes
//! minutes and several gigabytes, and is for `cargo test --release`.

mod explore;
mod model;
mod parent;
mod worker;

use explore::{explore, explore_both};
use model::Scenario;

const SCENARIO: Scenario = Scenario {
    workers: 2,
    chunks: &[1, 1],
    kills: 0,
    room: 2,
    is_patient: false,
    is_cancelled: false,
    has_replacements: true,
    is_timed: false,
    sleeps: false,
    starts_idle: false,
    needs_all: None,
    shares: false,
    gives_back: false,
    is_buffered: true,
    switches: ALL,
};

/// More switches than there are steps.
const ALL: usize = 1000;

#[test]
fn one_worker_is_killed_at_any_step_and_its_successor_too() {
    let scenario = Scenario {
        workers: 1,
        is_buffered: false,
        ..SCENARIO
    };
    explore(Scenario {
        chunks: &[3],
        kills: 1,
        ..scenario
    });
    explore(Scenario {
        chunks: &[2, 1],
        kills: 2,
        switches: 3,
        ..scenario
    });
}

#[test]
fn two_workers_want_one_chunk_and_one_is_killed_at_any_step() {
    explore(Scenario {
        chunks: &[2],
        kills: 1,
        is_buffered: false,
        switches: 1,
        ..SCENARIO
    });
}

#[test]
fn two_workers_share_three_chunks() {
    explore(Scenario {
        chunks: &[1, 1, 1],
        switches: 1,
        ..SCENARIO
    });
}

#[test]
fn a_slot_is_used_again_and_again() {
    explore(Scenario {
        chunks: &[1, 1, 1],
        room: 1,
        switches: 2,
        ..SCENARIO
    });
    explore(Scenario {
        workers: 1,
        chunks: &[1, 1, 1],
        room: 1,
        kills: 1,
        ..SCENARIO
    });
}

#[test]
fn what_nobody_wants_is_taken_back() {
    let scenario = Scenario {
        chunks: &[2, 1],
        is_cancelled: true,
        is_buffered: false,
        ..SCENARIO
    };
    explore(Scenario {
        workers: 1,
        kills: 1,
        ..scenario
    });
    explore(Scenario {
        switches: 2,
        sleeps: true,
        ..scenario
    });
}

#[test]
fn nobody_sleeps_for_ever() {
    let scenario = Scenario {
        sleeps: true,
        ..SCENARIO
    };
    explore_both(Scenario {
        workers: 1,
        switches: 3,
        ..scenario
    });
    explore_both(Scenario {
        chunks: &[1],
        switches: 2,
        ..scenario
    });
    explore_both(Scenario {
        chunks: &[1, 1],
        switches: 1,
        ..scenario
    });
}

#[test]
fn nobody_sleeps_for_ever_when_a_worker_is_killed() {
    let scenario = Scenario {
        sleeps: true,
        kills: 1,
        is_buffered: false,
        ..SCENARIO
    };
    explore_both(Scenario {
        workers: 1,
        chunks: &[1],
        switches: 2,
        ..scenario
    });
    explore_both(Scenario {
        chunks: &[1],
        switches: 1,
        has_replacements: false,
        ..scenario
    });
}

#[test]
fn nobody_sleeps_while_a_chunk_waits() {
    let scenario = Scenario {
        sleeps: true,
        starts_idle: true,
        ..SCENARIO
    };
    explore(Scenario {
        needs_all: Some(0),
        switches: 2,
        ..scenario
    });
    // Nobody relies on a worker that was killed while it spun or woke another.
    for room in [1, 2] {
        explore(Scenario {
            room,
            kills: 1,
            has_replacements: false,
            is_buffered: false,
            switches: 0,
            ..scenario
        });
    }
}

#[test]
fn only_an_item_whose_time_is_over_is_ended() {
    let scenario = Scenario {
        workers: 1,
        chunks: &[2],
        sleeps: true,
        is_timed: true,
        is_buffered: false,
        ..SCENARIO
    };
    explore(Scenario {
        switches: 4,
        ..scenario
    });
    explore(Scenario {
        kills: 1,
        switches: 2,
        ..scenario
    });
}

#[test]
fn nobody_is_idle_while_another_has_more_than_it_is_at() {
    let scenario = Scenario {
        chunks: &[2],
        shares: true,
        sleeps: true,
        needs_all: Some(0),
        ..SCENARIO
    };
    explore_both(Scenario {
        switches: 1,
        ..scenario
    });
    explore(Scenario {
        starts_idle: true,
        switches: 1,
        ..scenario
    });
    // The worker that finishes the short chunk, without the parent being notified, helps with the
    // long one.
    explore(Scenario {
        chunks: &[1, 2],
        needs_all: Some(1),
        is_patient: true,
        switches: 2,
        ..scenario
    });
}

#[test]
fn each_item_is_run_once_wherever_it_goes() {
    let scenario = Scenario {
        chunks: &[2],
        shares: true,
        is_buffered: false,
        ..SCENARIO
    };
    explore(Scenario {
        chunks: &[3],
        switches: 2,
        ..scenario
    });
    explore(Scenario {
        kills: 1,
        switches: 1,
        ..scenario
    });
    explore(Scenario {
        gives_back: true,
        kills: 1,
        switches: 1,
        ..scenario
    });
    explore(Scenario {
        is_cancelled: true,
        switches: 2,
        ..scenario
    });
}
