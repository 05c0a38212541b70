//! An exercise: its task, its file, its check, and what to open for a hint or the solution.
//!
//! Everything comes from the exercise's own files, and whether it is solved from what its check
//! wrote down.

use std::fs;

use exercises::Exercise;
use exercises::progress::{FOLDER, Progress};
use maud::{Markup, html};

use super::output;
use crate::code::{Listing, console};

use crate::project::{Program, Project};

/// `{{#exercise lesson3/return_value}}`; `inner` turns Markdown into HTML.
pub(crate) fn exercise(
    project: &Project,
    argument: &str,
    inner: &mut dyn FnMut(&str) -> Markup,
) -> Result<Markup, String> {
    let exercise = Exercise::parse(argument)
        .ok_or_else(|| format!("`{argument}` is no exercise; write `lesson3/return_value`"))?;
    let code = Code::read(project, &exercise.file("exercise.rs"))?;
    let solution = Code::read(project, &exercise.file("solution.rs"))?;
    if solution.head.is_empty() {
        return Err(format!(
            "{}: explain it in a `//!` comment at its head",
            solution.listing.path
        ));
    }
    let text = |name: &str| {
        let path = exercise.file(name);
        fs::read_to_string(project.file(&path))
            .map_err(|error| format!("no file `{path}`: {error}"))
    };
    let (task, hint) = (text("task.md")?, text("hint.md")?);
    let snapshot = format!("exercise_{}", exercise.name);
    let program = Program {
        lesson: &exercise.lesson,
        name: &snapshot,
    };
    let says = output::snapshot(project, &program)?;

    // The reader may change the code and its comments as they like.
    let (title, text) = task.split_once('\n').unwrap_or((&task, ""));
    let title = title.trim_start_matches(['#', ' ']);
    let id = format!("exercise-{}", exercise.name.replace('_', "-"));
    let progress = Progress::of(&exercise, &project.file(FOLDER));
    // What the check says of the exercise as it was shipped.
    let at_first = if progress == Progress::Solved {
        ""
    } else {
        &says
    };
    Ok(html! {
        section.exercise aria-labelledby=(id) {
            h3 id=(id) { a.header href={ "#" (id) } { (title) } }
            @if let Some(word) = word(progress) { p.progress.solved[progress == Progress::Solved] { (word) } }
            (inner(text))
            (code.listing.figure(Some(&format!("{}/exercise_{}", exercise.lesson, exercise.name))))
            (console::run(&exercise.command(), at_first, None))
            details { summary { "A hint" } div.opened { (inner(&hint)) } }
            details {
                summary { "The solution" }
                div.opened { (solution.listing.figure(None)) (inner(&solution.head)) }
            }
        }
    })
}

fn word(progress: Progress) -> Option<&'static str> {
    match progress {
        Progress::New => None,
        Progress::Tried => Some("Not solved yet"),
        Progress::Solved => Some("Solved"),
    }
}

/// A file of Rust whose head comment is Markdown for the page.
struct Code {
    head: String,
    listing: Listing,
}

impl Code {
    fn read(project: &Project, path: &str) -> Result<Self, String> {
        let mut listing = Listing::read(project, path, None)?;
        let is_head = |line: &&str| line.starts_with("//!");
        let head: Vec<&str> = listing.text.lines().take_while(is_head).collect();
        let code: Vec<&str> = listing.text.lines().skip_while(is_head).collect();
        let (head, code) = (without_slashes(&head), code.join("\n").trim().to_owned());
        listing.text = code;
        Ok(Self { head, listing })
    }
}

fn without_slashes(lines: &[&str]) -> String {
    let lines = lines.iter().map(|line| line.trim_start_matches("//!"));
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}
