//! What the programs of lesson 2 measure, by threads and by processes: a question a file.
//!
//! # The race that does not compile
//!
//! The program `race` loses updates: its processes share a counter, and each reads it, adds one and
//! writes it back, while the others do the same. With threads, Rust refuses that program:
//!
//! ```compile_fail,E0499
//! let mut counter = 0;
//! std::thread::scope(|s| {
//!     s.spawn(|| counter += 1);
//!     s.spawn(|| counter += 1); // a second mutable borrow, while the first one lasts
//! });
//! ```
//!
//! It accepts the cured one:
//!
//! ```
//! use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
//!
//! let counter = AtomicU64::new(0);
//! std::thread::scope(|s| {
//!     s.spawn(|| counter.fetch_add(1, Relaxed));
//!     s.spawn(|| counter.fetch_add(1, Relaxed));
//! });
//! assert_eq!(counter.load(Relaxed), 2);
//! ```

pub mod computing;
pub mod memory;
pub mod python;
pub mod seeing;
pub mod sides;
pub mod starting;
pub mod talking;
pub mod waiting;
