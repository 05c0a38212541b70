//! Checks that every link inside the book leads to a page or file that was built, and to an id on
//! that page. Broken links in chapters are reported with their line.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use mdbook_markdown::pulldown_cmark::{BrokenLink, Event, LinkType, Options, Parser, Tag};
use percent_encoding::percent_decode_str;

use crate::build::page::Page;
use crate::chapter::markdown;
use crate::problem::{Problem, Problems, line_at};

/// The book as built: its pages, and where its other files are.
pub(crate) struct Site {
    root: PathBuf,
    pages: HashMap<PathBuf, Page>,
}

impl Site {
    pub(crate) fn read(root: &Path) -> std::io::Result<Self> {
        let mut pages = HashMap::new();
        for entry in walkdir::WalkDir::new(root) {
            let path = entry?.into_path();
            if path
                .extension()
                .is_some_and(|extension| extension == "html")
            {
                let page = Page::read(&std::fs::read_to_string(&path)?);
                let name = path.strip_prefix(root).unwrap_or(&path).to_owned();
                pages.insert(name, page);
            }
        }
        Ok(Self {
            root: root.to_owned(),
            pages,
        })
    }

    /// What is wrong with `link` on the page `from`, if anything is.
    fn fault(&self, from: &Path, link: &str) -> Option<String> {
        if is_external(link) {
            return None;
        }
        let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
        let path = path.split('?').next().unwrap_or_default();
        if path.starts_with('/') {
            return Some(format!(
                "`{link}` starts at the root, and a book opened as a file has none"
            ));
        }
        let mut target = from.to_owned();
        if !path.is_empty() {
            target = resolve(from, path);
        }
        let Some(page) = self.pages.get(&target) else {
            let found = self.root.join(&target).is_file();
            return (!found).then(|| format!("`{link}` leads nowhere: no such page or file"));
        };
        let fragment = percent_decode_str(fragment).decode_utf8_lossy();
        let found = fragment.is_empty() || page.ids.contains(&*fragment);
        (!found).then(|| format!("`{link}` leads nowhere: no `#{fragment}` on that page"))
    }

    /// Checks the links of one chapter, as its author wrote them.
    pub(crate) fn check_chapter(
        &self,
        name: &str,
        chapter: &Path,
        text: &str,
        problems: &mut Problems,
    ) {
        let page = chapter.with_extension("html");
        problems
            .0
            .extend(undefined(text).into_iter().map(|(offset, label)| Problem {
                file: PathBuf::from(name),
                line: Some(line_at(text, offset)),
                message: format!("`[{label}]` has no definition"),
            }));
        for (event, range) in markdown::events(text) {
            let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event
            else {
                continue;
            };
            if let Some(message) = self.fault(&page, &dest_url) {
                let line = Some(line_at(text, range.start));
                problems.0.push(Problem {
                    file: PathBuf::from(name),
                    line,
                    message,
                });
            }
        }
    }

    /// Checks the links of every page, including those of templates and directives.
    pub(crate) fn check_pages(&self, problems: &mut Problems) {
        for (name, page) in &self.pages {
            for message in page.links.iter().filter_map(|link| self.fault(name, link)) {
                problems.0.push(Problem {
                    file: name.clone(),
                    line: None,
                    message,
                });
            }
        }
    }
}

/// Labels of links such as `[text][label]` that are not defined. Markdown treats them as plain
/// text, so a lone `[label]` is not reported: it may be text.
fn undefined(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let note = |link: BrokenLink<'_>| {
        if matches!(link.link_type, LinkType::Reference | LinkType::Collapsed) {
            found.push((link.span.start, link.reference.to_string()));
        }
        None
    };
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES;
    Parser::new_with_broken_link_callback(text, options, Some(note)).for_each(drop);
    found
}

fn is_external(link: &str) -> bool {
    let scheme = link.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// Like mdBook, treats a link to a chapter's file as a link to its page.
fn resolve(from: &Path, link: &str) -> PathBuf {
    let decoded = percent_decode_str(link).decode_utf8_lossy();
    let mut target = from.parent().unwrap_or(Path::new("")).to_owned();
    for part in Path::new(&*decoded).components() {
        match part {
            Component::ParentDir => {
                target.pop();
            }
            Component::CurDir => {}
            part => target.push(part),
        }
    }
    if target
        .extension()
        .is_some_and(|extension| extension == "md")
    {
        target.set_extension("html");
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        let page = Page::read("<h2 id=fork>Fork</h2>");
        let pages = HashMap::from([(PathBuf::from("a/b.html"), page)]);
        Site {
            root: PathBuf::from("/nowhere"),
            pages,
        }
    }

    #[test]
    fn pages_and_fragments_are_checked() {
        let fault = |link: &str| site().fault(Path::new("a/c.html"), link);
        assert_eq!(fault("b.md#fork"), None);
        assert_eq!(fault("../a/b.md"), None);
        assert_eq!(fault("https://example.org/x.md#y"), None);
        assert!(fault("b.md#spoon").unwrap().contains("no `#spoon`"));
        assert!(fault("d.md").unwrap().contains("no such page"));
        assert!(fault("/a/b.html").unwrap().contains("starts at the root"));
    }

    #[test]
    fn a_chapter_names_the_line_of_its_broken_link() {
        let mut problems = Problems::default();
        let text = "# T\n\nfine [b](b.md)\nand [bad](no.md)\n";
        site().check_chapter(
            "book/chapters/a/c.md",
            Path::new("a/c.md"),
            text,
            &mut problems,
        );
        assert_eq!(problems.0.len(), 1);
        assert_eq!(problems.0[0].line, Some(4));
    }
}
