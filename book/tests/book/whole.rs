//! The real book: it builds, its links lead somewhere, and nothing in it is left out.

use std::fs;
use std::path::{Path, PathBuf};

use book::build::build;
use book::build::page::Page;
use book::project::Project;
use exercises::Exercise;

use crate::fixture::Fixture;

#[test]
fn the_book_builds_without_a_problem() {
    let out = tempfile::tempdir().unwrap();
    build(&Project::here(), out.path(), None).unwrap_or_else(|error| panic!("{error}"));
    for lesson in 1..=6 {
        let page = fs::read_to_string(out.path().join(format!("lesson{lesson}.html"))).unwrap();
        assert!(!Page::read(&page).prose.contains("{{#"), "lesson {lesson}");
    }
}

/// A script that is missing in `book.toml` would leave a figure still.
#[test]
fn every_script_of_the_figures_is_there_and_light() {
    let out = tempfile::tempdir().unwrap();
    build(&Project::here(), out.path(), None).unwrap_or_else(|error| panic!("{error}"));
    let scripts = out.path().join("assets/js");
    let is_loader = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("play-")
    };
    let loader = files(&scripts, "js").into_iter().find(is_loader).unwrap();
    let loader = fs::read_to_string(loader).unwrap();
    let named = loader.split('\'').filter(|text| text.ends_with(".js"));
    let sizes = named.map(|name| {
        let file = scripts.join(name);
        let found = fs::metadata(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        found.len()
    });
    let sizes: Vec<u64> = sizes.collect();
    let figures = files(&Project::here().file("book/assets/js/figures"), "js");
    assert_eq!(sizes.len(), figures.len());
    assert!(sizes.iter().sum::<u64>() < 60_000, "{sizes:?}");
}

/// `cargo test --doc` compiles the Rust in a chapter only if src/chapters.rs includes it.
#[test]
fn every_chapter_is_compiled() {
    let project = Project::here();
    let list = fs::read_to_string(project.file("book/src/chapters.rs")).unwrap();
    for chapter in files(&project.chapters(), "md") {
        let name = chapter
            .strip_prefix(project.chapters())
            .unwrap()
            .display()
            .to_string();
        let included = list.contains(&format!("= \"{name}\""));
        assert!(
            included || ["SUMMARY.md", "404.md"].contains(&&*name),
            "{name} is missing in src/chapters.rs"
        );
    }
}

/// Programs of the lessons that no chapter shows, as `lesson3/hello`.
fn programs_left_out(project: &Project) -> Vec<String> {
    let chapters = files(&project.chapters(), "md");
    let text: String = chapters
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let is_shown = |program: &String| {
        let directives = ["twins", "listing"].map(|name| format!("{{{{#{name} {program}"));
        directives.iter().any(|start| {
            text.contains(&format!("{start}}}")) || text.contains(&format!("{start}:"))
        })
    };
    let sources = files(&project.file("lessons"), "rs").into_iter();
    let programs = sources.filter_map(|path| {
        let name = project.name_of(&path);
        let (lesson, file) = name.strip_prefix("lessons/")?.split_once("/src/")?;
        let lesson = Some(lesson).filter(|lesson| !lesson.starts_with("support/"))?;
        let file = file.strip_suffix(".rs")?;
        let program = if file == "main" {
            file
        } else {
            file.strip_prefix("bin/")?
        };
        Some(format!("{lesson}/{program}"))
    });
    programs.filter(|program| !is_shown(program)).collect()
}

/// Exercises that no chapter shows.
fn exercises_left_out(project: &Project) -> Vec<String> {
    let chapters = files(&project.chapters(), "md").into_iter();
    let text: String = chapters
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let exercises = Exercise::all(&project.file("")).unwrap().into_iter();
    let names = exercises.map(|exercise| format!("{}/{}", exercise.lesson, exercise.name));
    names
        .filter(|name| !text.contains(&format!("{{{{#exercise {name}}}}}")))
        .collect()
}

/// Chapters that only point to others, or are for reference.
const WITHOUT_QUIZ: [&str; 6] = [
    "404.md",
    "SUMMARY.md",
    "claims.md",
    "glossary.md",
    "introduction.md",
    "underneath.md",
];

/// Claims, by number, without a row in the ledger; a row starts with `| 7 |`.
fn claims_left_out(ledger: &str) -> Vec<usize> {
    (1..=28)
        .filter(|claim| !ledger.contains(&format!("\n| {claim} |")))
        .collect()
}

#[test]
fn every_program_of_the_lessons_is_in_a_chapter() {
    assert_eq!(programs_left_out(&Project::here()), [""; 0]);
}

#[test]
fn every_exercise_of_the_lessons_is_in_a_chapter() {
    assert_eq!(exercises_left_out(&Project::here()), [""; 0]);
}

#[test]
fn every_lesson_has_two_or_three_exercises() {
    let all = Exercise::all(&Project::here().file("")).unwrap();
    for lesson in 1..=6 {
        let lesson = format!("lesson{lesson}");
        let count = all.iter().filter(|own| own.lesson == lesson).count();
        assert!((2..=3).contains(&count), "{lesson} has {count}");
    }
}

#[test]
fn every_chapter_that_teaches_ends_in_three_to_six_questions() {
    let project = Project::here();
    for chapter in files(&project.chapters(), "md") {
        let name = project.name_of(&chapter);
        let text = fs::read_to_string(&chapter).unwrap();
        let count = text.matches("\n[[question]]\n").count();
        let is_right = match WITHOUT_QUIZ
            .iter()
            .any(|other| name.ends_with(&format!("chapters/{other}")))
        {
            true => count == 0,
            false => (3..=6).contains(&count),
        };
        assert!(is_right, "{name} has {count} questions");
    }
}

#[test]
fn every_claim_has_a_row_in_the_ledger() {
    let ledger = fs::read_to_string(Project::here().chapters().join("claims.md")).unwrap();
    assert_eq!(claims_left_out(&ledger), [0; 0]);
}

#[test]
fn a_program_that_no_chapter_shows_is_found() {
    let fixture = Fixture::new();
    assert_eq!(programs_left_out(&fixture.project()), [""; 0]);
    fixture.write("lessons/lesson1/src/bin/hidden.rs", "fn main() {}\n");
    assert_eq!(programs_left_out(&fixture.project()), ["lesson1/hidden"]);
}

#[test]
fn an_exercise_that_no_chapter_shows_is_found() {
    let fixture = Fixture::new();
    assert_eq!(exercises_left_out(&fixture.project()), [""; 0]);
    fixture.write(
        "lessons/lesson1/exercises/hidden/exercise.rs",
        "//! Hidden.\n",
    );
    assert_eq!(exercises_left_out(&fixture.project()), ["lesson1/hidden"]);
}

#[test]
fn a_claim_without_a_row_is_found() {
    let rows: String = (1..=27)
        .map(|claim| format!("\n| {claim} | holds |"))
        .collect();
    assert_eq!(claims_left_out(&rows), [28]);
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.unwrap().into_path());
    files
        .filter(|path| path.extension().is_some_and(|own| own == extension))
        .collect()
}
