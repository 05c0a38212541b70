//! The fixture as pages: what each directive leaves for a reader.

use std::fs;
use std::path::Path;

use crate::fixture::Fixture;
use book::build::build;
use book::build::page::Page;

fn pages() -> (Fixture, String) {
    let fixture = Fixture::new();
    let out = fixture.path("out");
    build(&fixture.project(), &out, None).unwrap_or_else(|error| panic!("{error}"));
    let everything = fs::read_to_string(out.join("everything.html")).unwrap();
    (fixture, everything)
}

#[test]
fn twins_stand_side_by_side_and_dedented() {
    let (_fixture, page) = pages();
    assert!(page.contains(
        r#"<figure class="listing" data-language="python" data-program="lesson1/hello">"#
    ));
    assert!(page.contains(r#"<code><c-k>let</c-k> child"#), "dedented");
    assert!(!page.contains("ANCHOR"));
}

#[test]
fn outputs_come_without_the_snapshots_head() {
    let (_fixture, page) = pages();
    assert!(page.contains("<samp>Hello from process &lt;pid&gt;\nIt returned 42.</samp>"));
    assert!(page.contains("<code>cargo run -p lesson1 --bin hello</code>"));
    assert!(page.contains("<code>python3 lessons/lesson1/python/hello.py</code>"));
    assert!(!page.contains("expression:"));
}

#[test]
fn an_exercise_is_made_of_its_files() {
    let (_fixture, page) = pages();
    assert!(page.contains(r##"<a class="header" href="#exercise-greet">Say hello</a>"##));
    assert!(page.contains("<p>Return a greeting for <code>name</code>.</p>"));
    assert!(page.contains("<code>lessons/lesson1/exercises/greet/exercise.rs</code>"));
    assert!(page.contains("<code>cargo run -p lesson1 --bin exercise_greet</code>"));
    assert!(page.contains("<samp>Not yet. That is no greeting.</samp>"));
    assert!(page.contains("<p>What do you say to <code>name</code>?</p>"));
    assert!(page.contains("<p>A greeting has a name in it, and <em>hello</em>.</p>"));
    assert!(!page.contains("//! Return a greeting"));
}

#[test]
fn an_exercise_keeps_its_title_and_its_task_whatever_the_reader_writes() {
    let fixture = Fixture::new();
    let folder = "lessons/lesson1/exercises/greet";
    let solution = fs::read_to_string(fixture.path(&format!("{folder}/solution.rs"))).unwrap();
    for text in [solution.as_str(), "fn greet() {}\n"] {
        fixture.write(&format!("{folder}/exercise.rs"), text);
        let out = fixture.path("out");
        build(&fixture.project(), &out, None).unwrap_or_else(|error| panic!("{error}"));
        let page = fs::read_to_string(out.join("everything.html")).unwrap();
        assert!(page.contains(r##"<a class="header" href="#exercise-greet">Say hello</a>"##));
        assert!(page.contains("Return a greeting for <code>name</code>."));
    }
}

#[test]
fn an_exercise_shows_what_its_check_wrote_down() {
    let (fixture, new) = pages();
    let built_with = |written: &str| {
        fixture.write("lessons/support/exercises/.progress/lesson1/greet", written);
        build(&fixture.project(), &fixture.path("out"), None).unwrap();
        fs::read_to_string(fixture.path("out/everything.html")).unwrap()
    };
    assert!(!new.contains(r#"<p class="progress"#));
    assert!(built_with("tried\n").contains(r#"<p class="progress">Not solved yet</p>"#));
    assert!(built_with("solved\n").contains(r#"<p class="progress solved">Solved</p>"#));
}

#[test]
fn figures_are_part_of_the_page_and_told_in_words() {
    let (_fixture, page) = pages();
    assert!(page.contains("<title>One process becomes two</title>"));
    assert!(page.contains("<title>The cost of one task</title>"));
    assert!(page.contains("<td>800\u{202f}000</td>"), "the table");
    assert!(page.contains("<td>150 µs</td>"), "the comparison");
}

#[test]
fn a_recorded_timeline_stands_below_the_output() {
    let (_fixture, page) = pages();
    let below = "</figure><figure class=\"timeline\">";
    // Below the program's output and where it stands alone, but not below the twin's.
    assert_eq!(page.matches("<figure class=\"timeline\">").count(), 2);
    assert_eq!(page.matches(below).count(), 1);
    assert!(page.contains("Process-1: 146 to 237 µs"));
    assert!(page.contains("Recorded on AMD EPYC, 2 cores,"));
}

#[test]
fn a_recorded_run_is_shown_whole_and_a_line_of_it_in_a_text() {
    let (_fixture, page) = pages();
    assert!(page.contains("<samp>what       time\nhello  1.5 ± 0.2 ms</samp>"));
    assert!(page.contains("It took <samp>hello · 1.5\u{a0}±\u{a0}0.2 ms</samp>."));
}

#[test]
fn a_book_that_is_not_served_runs_nothing() {
    let (fixture, _) = pages();
    let served = fixture.path("served");
    build(&fixture.project(), &served, Some("reload")).unwrap();
    let scripts = |path: &str| {
        let page = fixture.path(path);
        let links = Page::read(&fs::read_to_string(&page).unwrap()).links;
        let scripts = links.iter().filter(|link| link.ends_with(".js"));
        let read = |link| fs::read_to_string(page.with_file_name(link)).unwrap();
        scripts.map(read).collect::<String>()
    };
    let runs = |scripts: &str| scripts.contains("Run-Token");
    let shows_times = |scripts: &str| scripts.contains("function tellTimes");
    let out = scripts("out/everything.html");
    assert!(!runs(&out) && shows_times(&out), "the slider stays");
    assert!(runs(&scripts("served/everything.html")));
    assert!(!runs(&scripts("served/print.html")));
}

#[test]
fn nothing_is_fetched_from_elsewhere_and_no_script_is_inline() {
    let (fixture, _) = pages();
    for page in html_files(&fixture.path("out")) {
        let html = fs::read_to_string(&page).unwrap();
        let read = Page::read(&html);
        assert!(
            read.links.iter().all(|link| !link.contains("//")),
            "{}",
            page.display()
        );
        assert!(
            !html.contains("<script>") && !html.contains("<style"),
            "{}",
            page.display()
        );
        assert!(!read.prose.contains("{{"), "{}", page.display());
    }
}

#[test]
fn a_page_and_all_it_loads_is_light() {
    let (fixture, _) = pages();
    let out = fixture.path("out");
    for name in ["everything.html", "index.html"] {
        let html = fs::read_to_string(out.join(name)).unwrap();
        let loaded = Page::read(&html).links;
        let loaded = loaded.iter().filter(|link| {
            link.ends_with(".js") || link.ends_with(".css") || link.ends_with(".svg")
        });
        let weight: u64 = loaded
            .map(|link| fs::metadata(out.join(link)).unwrap().len())
            .sum();
        let weight = weight + html.len() as u64;
        assert!(weight < 300_000, "{name} weighs {weight} bytes");
    }
}

fn html_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let files = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.unwrap().into_path());
    files
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "html")
        })
        .collect()
}
