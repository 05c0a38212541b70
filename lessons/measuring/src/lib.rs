//! What the measuring programs of the lessons share: work that keeps a core busy, figures with
//! their spread, how they are printed, and what a program says when it fails.

mod failure;
mod figure;
mod options;
mod print;
mod work;

pub use failure::Failure;
pub use figure::{Figure, measure};
pub use options::between;
pub use print::{bar, cannot_tell, progress, table, verdict};
pub use work::{cores, count_primes, obstacle};
