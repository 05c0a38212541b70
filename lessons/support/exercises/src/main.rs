//! Lists the exercises: which are solved, and which comes next.

use std::fs;
use std::io;
use std::path::Path;

use exercises::Exercise;
use exercises::progress::{self, Progress};
use multiprocessing::process;

fn main() -> io::Result<()> {
    lesson_options::none();
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let all = Exercise::all(progress::root())?;
    let folder = progress::folder();
    let mut lesson = "";
    for exercise in &all {
        if exercise.lesson != lesson {
            lesson = &exercise.lesson;
            println!("{lesson}");
        }
        let sign = match Progress::of(exercise, &folder) {
            Progress::New => "       ",
            Progress::Tried => "tried  ",
            Progress::Solved => "solved ",
        };
        let title = title(&progress::root().join(exercise.file("task.md")))?;
        println!("  {sign} {:<14} {title}", exercise.name);
    }

    let is_solved = |exercise: &&Exercise| Progress::of(exercise, &folder) == Progress::Solved;
    let solved = all.iter().filter(is_solved).count();
    println!("\nSolved: {solved} of {}.", all.len());
    if let Some(next) = all.iter().find(|exercise| !is_solved(exercise)) {
        println!("\nThe next one: open {}", next.file("exercise.rs"));
        println!("and check it: {}", next.command());
    }
    Ok(())
}

/// The heading of the task.
fn title(file: &Path) -> io::Result<String> {
    let text = fs::read_to_string(file)?;
    let first = text.lines().next().unwrap_or_default();
    Ok(first.trim_start_matches(['#', ' ']).to_owned())
}
