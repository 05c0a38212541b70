//! What a reader has tried and solved: one small file an exercise, outside of version control.
//!
//! It says how the last check ended. The book and the list of exercises read it, and the tests: an
//! exercise that somebody has begun to work on need not be as it was shipped.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::Exercise;

/// The environment variable that names another folder than the usual one.
pub const VARIABLE: &str = "EXERCISES_PROGRESS";

/// The usual folder, named from the root of the workspace.
pub const FOLDER: &str = "lessons/support/exercises/.progress";

/// How far somebody has come with an exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It was never checked.
    New,
    Tried,
    Solved,
}

impl Progress {
    /// What the last check of `exercise` found, by the files in `folder`.
    pub fn of(exercise: &Exercise, folder: &Path) -> Self {
        match fs::read_to_string(file(exercise, folder)) {
            Ok(text) if text.trim() == "solved" => Self::Solved,
            Ok(_) => Self::Tried,
            Err(_) => Self::New,
        }
    }
}

/// The workspace this was built from.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(3);
    root.expect("this crate lies in `lessons/support`")
}

/// Where a check writes.
pub fn folder() -> PathBuf {
    env::var_os(VARIABLE).map_or_else(|| root().join(FOLDER), PathBuf::from)
}

pub(crate) fn record(exercise: &Exercise, solved: bool) -> io::Result<()> {
    let file = file(exercise, &folder());
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, if solved { "solved\n" } else { "tried\n" })
}

fn file(exercise: &Exercise, folder: &Path) -> PathBuf {
    folder.join(&exercise.lesson).join(&exercise.name)
}
