//! Builds, checks and serves the book.
//!
//! mdBook turns chapters into pages. This crate adds code, output, figures and quizzes, made
//! from files that are compiled, tested and measured. If one of them is missing, the build fails
//! with a file and a line.
//!
//! # Layout
//!
//! Each line uses only what stands below it.
//!
//! | folder or file | what it is for |
//! |---|---|
//! | `serve` | serves the book, rebuilds it, and runs programs for its pages |
//! | `record` | records what `cargo bench` measured |
//! | `build` | builds all of it, and checks its links |
//! | `chapter` | from a chapter's text to HTML: directives, quizzes, exercises |
//! | `recorded` | recorded runs of programs |
//! | `run` | runs the lessons' programs |
//! | `figure` | charts, timelines, drawings, figures to play with |
//! | `code` | code and terminal sessions |
//! | `measured` | what the benchmarks measured |
//! | `problem` | what is wrong with the book, and where |
//! | `project` | where everything is |

pub mod build;
mod chapter;
mod code;
pub mod figure;
pub mod measured;
pub mod problem;
pub mod project;
pub mod record;
pub mod recorded;
pub mod run;
pub mod serve;

#[cfg(doctest)]
mod chapters;
