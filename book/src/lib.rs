//! Builds, checks and serves the book.
//!
//! mdBook turns the chapters into pages. This crate adds what it lacks: code, output,
//! figures and quizzes made from files that are compiled, tested and measured, and a
//! build that fails, with file and line, as soon as one of them is missing.
//!
//! # Layout
//!
//! | file | what it is for |
//! |---|---|
//! | `project` | where everything lies |
//! | `problem` | what stops a build |
//! | `markdown`, `directive` | find what is to be replaced in a chapter |
//! | `listing`, `twins`, `code` | code from files, side by side, in colour |
//! | `output` | what a program printed |
//! | `timeline` | what its processes did, and when |
//! | `runs` | the runs of programs that the book keeps |
//! | `chart`, `comparison` | what was recorded, as pictures and as a table |
//! | `diagram`, `play`, `quiz` | figures, to look at and to play with, and questions |
//! | `cards` | tables on a narrow screen |
//! | `exercise` | an exercise from its files, and whether it is solved |
//! | `page`, `links` | the pages as built, and whether their links lead somewhere |
//! | `search` | what search finds |
//! | `warnings` | what mdBook complains of |
//! | `bundle` | fewer files for a page to load |
//! | `build` | all of it, in order |
//! | `record` | what the benchmarks measured here, and what is recorded of it |
//! | `figures` | a page with the reader's figures beside the recorded ones |
//! | `watch`, `serve` | builds again when something changes, and shows it |
//! | `run` | runs the lessons' programs for a served page |

pub mod build;
mod bundle;
mod cards;
mod chart;
mod code;
mod comparison;
mod diagram;
mod directive;
mod exercise;
mod figures;
mod links;
mod listing;
mod markdown;
mod output;
pub mod page;
mod play;
mod preprocessor;
pub mod problem;
pub mod project;
mod quiz;
pub mod record;
pub mod run;
pub mod runs;
mod search;
pub mod serve;
pub mod timeline;
mod twins;
mod warnings;
mod watch;

#[cfg(doctest)]
mod chapters;
