//! What a run shows, and the options that the lessons' programs really take.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;

use book::project::Project;
use book::run::{Language, Opt, Programs};
use serde_json::{Value, json};

use super::{Page, events, served, the};
use crate::served::{PATIENCE, get, rules, serve};

#[test]
fn a_program_is_built_run_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let address = serve(Project::here(), folder.path().to_owned(), rules());
    let page = Page::load(address);
    let events: Vec<Value> = events(page.order("lesson3/numbers", "rust")).collect();
    let printed = events.iter().filter(|event| event["event"] == "output");
    let printed: String = printed
        .map(|event| event["text"].as_str().unwrap())
        .collect();
    assert!(printed.contains("Number: 5\n"), "{printed}");

    let ended = the(&events, "ended");
    assert_eq!(ended["well"], true);
    assert!(ended["microseconds"].as_u64().unwrap() > 0);
    let html = the(&events, "timeline")["html"].as_str().unwrap();
    assert!(html.contains("<td>process</td>"), "{html}");
    assert!(html.contains("<title>Process-1: "), "{html}");
}

#[test]
fn a_page_learns_what_its_programs_take() {
    let (_fixture, page, _alive) = served(rules());
    let programs = &page.offer()["programs"];
    assert_eq!(programs.as_object().unwrap().len(), 2);
    let workers = json!([{
        "name": "workers", "help": "How many workers there are", "min": 1, "max": 16, "usual": 4
    }]);
    assert_eq!(
        programs["lesson1/choosy"],
        json!({ "rust": workers, "python": null })
    );
}

#[test]
fn a_program_that_does_not_compile_says_why() {
    let (_fixture, page, _alive) = served(rules());
    let events: Vec<Value> = events(page.order("lesson1/broken", "rust")).collect();
    let text = the(&events, "not-built")["text"].as_str().unwrap();
    assert!(text.contains("mismatched types"), "{text}");
    assert!(
        text.contains("lessons/lesson1/src/bin/broken.rs:2"),
        "{text}"
    );
    assert_eq!(events.last().unwrap()["event"], "not-built");
}

#[test]
fn a_build_shows_its_progress() {
    let (fixture, page, _alive) = served(rules());
    // New text, so it was never built before.
    let program = format!("// {}\nfn main() {{}}\n", fixture.path("").display());
    fixture.write("lessons/lesson1/src/bin/choosy.rs", &program);
    let events: Vec<Value> = events(page.order("lesson1/choosy", "rust")).collect();
    let text = the(&events, "building")["text"].as_str().unwrap();
    assert!(text.contains(" done, now "), "{text}");
    assert_eq!(the(&events, "ended")["well"], true);
}

/// The known programs are read again when one is added.
#[test]
fn a_program_that_is_added_can_be_run() {
    let (fixture, page, _alive) = served(rules());
    let new = "/run?programs=lesson1/new";
    let offer = |path| super::body(&get(page.address, path))["programs"].clone();
    assert_eq!(offer(new), json!({}));
    fixture.write("lessons/lesson1/src/bin/new.rs", "fn main() {}\n");
    let deadline = Instant::now() + PATIENCE;
    // The kernel reports the new file a moment later.
    while offer(new) == json!({}) {
        assert!(Instant::now() < deadline, "the program is not noticed");
    }
}

/// A page may set exactly what the program accepts, at both ends of the range.
#[test]
fn options_are_the_programs_own() {
    let project = Project::here();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let programs = runtime.block_on(Programs::of(&project)).unwrap();
    let with_options: BTreeMap<&String, &[Opt]> = programs
        .iter()
        .filter_map(|(name, listed)| Some((name, listed.options(Language::Rust)?)))
        .filter(|(_, options)| !options.is_empty())
        .collect();
    assert!(with_options.contains_key(&"lesson4/main".to_owned()));

    // A test among the targets: with the features of tests, so that `cargo test` has built all this.
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--workspace", "--bins"])
        .arg("--test=pool_figure")
        .current_dir(project.root())
        .status();
    assert!(built.unwrap().success());
    for (name, options) in with_options {
        let (lesson, program) = name.split_once('/').unwrap();
        let program = if program == "main" { lesson } else { program };
        let program = Path::new(env!("CARGO_BIN_EXE_book")).with_file_name(program);
        let help = |arguments: &[String]| -> Output {
            let mut command = Command::new(&program);
            command.args(arguments).arg("--help").output().unwrap()
        };
        let told = String::from_utf8(help(&[]).stdout).unwrap();
        for option in options {
            let Opt { name, min, max, .. } = option;
            let takes = |value: u64| help(&[format!("--{name}={value}")]).status.success();
            assert!(told.contains(&format!("--{name} <")), "{told}");
            assert!(takes(*min) && takes(*max), "{program:?} --{name}");
            let unbounded = *max == (1 << 53) - 1;
            assert!(unbounded || !takes(max + 1), "{program:?} --{name}");
            assert!(*min == 0 || !takes(min - 1), "{program:?} --{name}");
        }
        let taken = told
            .lines()
            .filter(|line| line.trim().starts_with("--") && line.contains(" <"));
        assert_eq!(taken.count(), options.len(), "{told}");
    }
}
