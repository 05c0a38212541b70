//! Mistakes that stop a build, and the message: file, line, and what is missing.

use crate::fixture::Fixture;
use book::build::build;

/// Builds the fixture with one more chapter text, and returns the error.
fn fault(chapter: &str) -> String {
    let fixture = Fixture::new();
    fixture.write("book/chapters/deep/page.md", chapter);
    let built = build(&fixture.project(), &fixture.path("out"), None);
    built.expect_err("the build must fail").to_string()
}

#[track_caller]
fn assert_fault(chapter: &str, expected: &str) {
    let fault = fault(chapter);
    assert!(fault.contains(expected), "{fault}");
}

/// The fixture's other chapter links to this heading.
const HEAD: &str = "# Deeper\n\n## A heading\n\n";

fn with_head(text: &str) -> String {
    format!("{HEAD}{text}\n")
}

#[test]
fn an_exercise_that_is_not_there() {
    let chapter = with_head("{{#exercise lesson1/none}}");
    assert_fault(
        &chapter,
        "book/chapters/deep/page.md:5: no listing `lessons/lesson1/exercises/none/exercise.rs`",
    );
    let chapter = with_head("{{#exercise none}}");
    assert_fault(
        &chapter,
        "page.md:5: `none` is no exercise; write `lesson3/return_value`",
    );
}

#[test]
fn an_exercise_without_a_task() {
    let fixture = Fixture::new();
    let task = "lessons/lesson1/exercises/greet/task.md";
    std::fs::remove_file(fixture.path(task)).unwrap();
    let error = build(&fixture.project(), &fixture.path("out"), None).unwrap_err();
    assert!(
        error.to_string().contains(&format!("no file `{task}`")),
        "{error}"
    );
}

#[test]
fn a_missing_listing() {
    let chapter = with_head("{{#listing lesson1/none}}");
    assert_fault(
        &chapter,
        "book/chapters/deep/page.md:5: no listing `lessons/lesson1/src/bin/none.rs`",
    );
}

#[test]
fn a_twin_without_its_other_half() {
    let chapter = with_head("{{#twins lesson1/none}}");
    assert_fault(
        &chapter,
        "page.md:5: no listing `lessons/lesson1/python/none.py`",
    );
}

#[test]
fn a_missing_anchor() {
    let chapter = with_head("{{#listing lesson1/hello:nowhere}}");
    assert_fault(
        &chapter,
        "page.md:5: lessons/lesson1/src/bin/hello.rs: no anchor `nowhere`",
    );
}

#[test]
fn a_missing_snapshot() {
    let chapter = with_head("text\n\n{{#output lesson1/none}}");
    assert_fault(
        &chapter,
        "page.md:7: no snapshot `lessons/lesson1/tests/snapshots/none.snap`",
    );
}

#[test]
fn missing_data() {
    assert_fault(
        &with_head("{{#chart none}}"),
        "page.md:5: no chart `book/charts/none.toml`",
    );
}

#[test]
fn a_missing_timeline() {
    assert_fault(
        &with_head("{{#timeline lesson1/none}}"),
        "page.md:5: no timeline of `lesson1/none` in `book/data/runs.json`",
    );
}

#[test]
fn a_missing_run() {
    assert_fault(
        &with_head("{{#recorded lesson1/none}}"),
        "page.md:5: no run of `lesson1/none` in `book/data/runs.json`",
    );
}

#[test]
fn a_line_that_was_not_printed() {
    assert_fault(
        &with_head("One, {{seen lesson1/hello \"hello\"}}, and\n{{seen lesson1/hello \"none\"}}."),
        "page.md:6: no line of `lesson1/hello` starts with `none`",
    );
}

#[test]
fn a_missing_diagram() {
    assert_fault(
        &with_head("{{#svg none}}"),
        "page.md:5: no diagram `book/diagrams/none.svg`",
    );
}

#[test]
fn a_figure_that_is_not_there() {
    assert_fault(
        &with_head("{{#play none}}"),
        "page.md:5: no figure `none` to play with; there are amdahl, counter,",
    );
}

#[test]
fn a_broken_link() {
    let chapter = with_head("text\nand [a link](nowhere.md)");
    assert_fault(
        &chapter,
        "book/chapters/deep/page.md:6: `nowhere.md` leads nowhere",
    );
}

#[test]
fn a_broken_fragment() {
    let chapter = with_head("[a link](../everything.md#nowhere)");
    assert_fault(
        &chapter,
        "page.md:5: `../everything.md#nowhere` leads nowhere: no `#nowhere` on that page",
    );
}

#[test]
fn a_link_without_a_definition() {
    assert_fault(
        &with_head("[a link][nowhere]"),
        "page.md:5: `[nowhere]` has no definition",
    );
}

#[test]
fn a_fragment_that_another_chapter_needs() {
    assert_fault("# Deeper\n", "book/chapters/everything.md:4:");
}

#[test]
fn a_tag_that_is_never_closed() {
    assert_fault(
        &with_head("<div>\n\nopen"),
        "book/chapters/deep/page.md: unclosed HTML tag `<div>` found in `deep/page.md`",
    );
}

#[test]
fn a_chapter_that_is_not_there() {
    let fixture = Fixture::new();
    fixture.write(
        "book/chapters/SUMMARY.md",
        "# Summary\n\n- [One](everything.md)\n- [Two](two.md)\n",
    );
    let error = build(&fixture.project(), &fixture.path("out"), None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "book/chapters/SUMMARY.md:4: no chapter `two.md`"
    );
}

#[test]
fn every_problem_is_reported_at_once() {
    let fault = fault(&with_head("{{#svg none}}\n\n{{#chart none}}"));
    assert_eq!(fault.lines().count(), 2, "{fault}");
}

#[test]
fn a_folder_with_other_files_is_never_emptied() {
    let fixture = Fixture::new();
    let error = build(&fixture.project(), &fixture.path("lessons"), None).unwrap_err();
    assert!(error.to_string().contains("holds other files"), "{error}");
    assert!(fixture.path("lessons/lesson1").is_dir());
}
