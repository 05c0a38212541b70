//! The fixture as pages: what each directive leaves for a reader.

use std::fs;
use std::path::Path;

use crate::fixture::Fixture;
use book::build::build;
use book::page::Page;

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
    assert!(
        page.contains(r#"<code><span class="k">let</span> child"#),
        "dedented"
    );
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
fn figures_are_part_of_the_page_and_told_in_words() {
    let (_fixture, page) = pages();
    assert!(page.contains("<title>One process becomes two</title>"));
    assert!(page.contains("<title>The cost of one task</title>"));
    assert!(page.contains("<td>800\u{202f}000</td>"), "the table");
    assert!(page.contains("<td>150 µs</td>"), "the comparison");
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
