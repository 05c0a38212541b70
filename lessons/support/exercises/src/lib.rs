//! What the exercises of the lessons share.
//!
//! An exercise is a folder, `lessons/lesson3/exercises/return_value`, with five files:
//!
//! | file | what it is |
//! |---|---|
//! | `task.md` | the title and the task |
//! | `exercise.rs` | a function with a gap: the only file a reader changes |
//! | `main.rs` | the check, which calls that function and says in words what is wrong |
//! | `hint.md` | a hint, for who wants one |
//! | `solution.rs` | the same function without a gap, and why it is so |
//!
//! `cargo run -p lesson3 --bin exercise_return_value` runs the check. What this library adds is the
//! same for all:
//!
//! | file | what it is for |
//! |---|---|
//! | `run` | runs a check in a process of its own, and says how it went |
//! | `verdict` | what a check finds |
//! | `meeting`, `notes`, `printed` | what a check can see of the reader's processes |
//! | `exercise` | which exercises there are |
//! | `progress` | which of them are solved |
//!
//! `cargo run -p exercises` lists them.

mod exercise;
mod meeting;
mod notes;
mod printed;
pub mod progress;
mod run;
mod verdict;

pub use exercise::Exercise;
pub use meeting::{Meeting, within};
pub use notes::Notes;
pub use printed::printed_by;
pub use run::{no_child_is_left, run};
pub use verdict::{Verdict, Wrong, demand, different, processes};
