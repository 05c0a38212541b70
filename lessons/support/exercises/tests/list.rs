//! The list of exercises, as a reader sees it.

use std::fs;
use std::process::Command;

use exercises::Exercise;
use exercises::progress::{VARIABLE, root};

#[test]
fn the_list_marks_what_is_solved_and_names_the_next() {
    let all = Exercise::all(root()).expect("the lessons can be read");
    let progress = tempfile::tempdir().expect("a folder");
    let record = |exercise: &Exercise, found| {
        let lesson = progress.path().join(&exercise.lesson);
        fs::create_dir_all(&lesson).expect("a folder");
        fs::write(lesson.join(&exercise.name), found).expect("a file");
    };
    record(&all[0], "solved\n");
    record(&all[1], "tried\n");

    let mut list = Command::new(env!("CARGO_BIN_EXE_exercises"));
    let output = list.env(VARIABLE, progress.path()).output();
    let printed = String::from_utf8(output.expect("the list starts").stdout).expect("UTF-8");
    let line = |sign: &str, exercise: &Exercise| format!("\n  {sign} {} ", exercise.name);

    assert!(printed.contains(&line("solved ", &all[0])), "{printed}");
    assert!(printed.contains(&line("tried  ", &all[1])), "{printed}");
    assert!(printed.contains(&line("       ", &all[2])), "{printed}");
    assert!(
        printed.contains(&format!("\nSolved: 1 of {}.\n", all.len())),
        "{printed}"
    );
    assert!(
        printed.ends_with(&format!("and check it: {}\n", all[1].command())),
        "{printed}"
    );
}
