//! A chapter's Markdown with its directives and blocks of code replaced by HTML.
//!
//! A directive is a paragraph of its own: `{{#name argument}}`. Each replacement is one
//! line of HTML without blank lines, so that Markdown takes it as a single block.

use std::path::{Path, PathBuf};

use maud::{Markup, PreEscaped};
use mdbook_markdown::pulldown_cmark::{self, CodeBlockKind, Event, OffsetIter, Tag, TagEnd};

use super::markdown::events;
use super::{directive, quiz};
use crate::code::{console, highlight};
use crate::problem::{Problem, Problems, line_at};
use crate::project::Project;

/// A text being expanded, and the problems found so far.
pub(crate) struct Expansion<'a> {
    project: &'a Project,
    file: &'a Path,
    /// The line of `file` where the text starts.
    first_line: usize,
    problems: &'a mut Problems,
}

/// The chapter at `file` with directives and code replaced by HTML.
pub(crate) fn expand(
    project: &Project,
    file: &Path,
    text: &str,
    problems: &mut Problems,
) -> String {
    Expansion {
        project,
        file,
        first_line: 1,
        problems,
    }
    .expand(text)
}

impl Expansion<'_> {
    fn expand(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut written = 0;
        let mut events = events(text);
        while let Some((event, range)) = events.next() {
            let replaced = match event {
                Event::Start(Tag::Paragraph) if text[range.clone()].starts_with("{{#") => {
                    skip_to(&mut events, TagEnd::Paragraph);
                    self.directive(text[range.clone()].trim())
                        .map_err(|fault| (0, fault))
                }
                Event::Start(Tag::CodeBlock(kind)) => {
                    self.code_block(&kind, &mut events, &text[range.clone()])
                }
                Event::Text(part) | Event::Html(part) | Event::InlineHtml(part)
                    if part.contains("{{#") =>
                {
                    Err((0, "a directive must be a paragraph of its own".to_owned()))
                }
                _ => continue,
            };
            let html = replaced.unwrap_or_else(|(offset, message)| {
                self.problem(text, range.start + offset, message);
                PreEscaped(String::new())
            });
            out.push_str(&text[written..range.start]);
            out.push_str(&html.0.replace('\n', "&#10;"));
            out.push_str("\n\n");
            written = range.end;
        }
        out.push_str(&text[written..]);
        out
    }

    fn problem(&mut self, text: &str, offset: usize, message: String) {
        self.problems.0.push(Problem {
            file: PathBuf::from(self.file),
            line: Some(self.first_line + line_at(text, offset) - 1),
            message,
        });
    }

    fn directive(&mut self, text: &str) -> Result<Markup, String> {
        let project = self.project;
        directive::html(project, text, &mut |text| PreEscaped(self.blocks(text)))
    }

    /// Consumes the block's events. The offset of a fault is relative to the block.
    fn code_block(
        &mut self,
        kind: &CodeBlockKind<'_>,
        events: &mut OffsetIter<'_>,
        block: &str,
    ) -> Result<Markup, quiz::Fault> {
        let mut text = String::new();
        for (event, _) in events.by_ref() {
            match event {
                Event::Text(part) => text.push_str(&part),
                _ => break,
            }
        }
        let language = match kind {
            CodeBlockKind::Fenced(info) => info.split([',', ' ']).next().unwrap_or_default(),
            CodeBlockKind::Indented => "",
        };
        let body = block.find('\n').map_or(0, |newline| newline + 1);
        match language {
            "quiz" => {
                let first_line = self.first_line;
                let mut inner = |text: &str| self.fragment(text);
                let made = quiz::quiz(&text, &mut inner);
                self.first_line = first_line;
                made.map_err(|(offset, fault)| (body + offset, fault))
            }
            "console" => console::console(&text).map_err(|fault| (0, fault)),
            language => highlight::fenced(language, &text).map_err(|fault| (0, fault)),
        }
    }

    fn blocks(&mut self, text: &str) -> String {
        let expanded = self.expand(text);
        let parser = events(&expanded).map(|(event, _)| event);
        let mut out = String::new();
        pulldown_cmark::html::push_html(&mut out, parser);
        out
    }

    /// A short text inside a block; a single paragraph has no `<p>`.
    fn fragment(&mut self, text: &str) -> Markup {
        let out = self.blocks(text);
        let trimmed = out.trim();
        let alone = trimmed
            .strip_prefix("<p>")
            .and_then(|text| text.strip_suffix("</p>"));
        let alone = alone.filter(|text| !text.contains("<p>"));
        PreEscaped(alone.unwrap_or(trimmed).to_owned())
    }
}

fn skip_to(events: &mut OffsetIter<'_>, end: TagEnd) {
    for (event, _) in events.by_ref() {
        if event == Event::End(end) {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> (String, Problems) {
        let mut problems = Problems::default();
        let project = Project::at("/nowhere");
        let out = expand(
            &project,
            Path::new("book/chapters/x.md"),
            text,
            &mut problems,
        );
        (out, problems)
    }

    #[test]
    fn plain_markdown_stays_as_it_is() {
        let text = "# Title\n\nText with `{{#code}}` and \"quotes\".\n\n- one\n- two\n";
        let (out, problems) = expanded(text);
        assert_eq!(out, text);
        assert!(problems.into_result().is_ok());
    }

    #[test]
    fn code_becomes_one_line_of_html() {
        let (out, _) = expanded("before\n\n```text\none\n\ntwo\n```\nafter\n");
        let block = out.lines().find(|line| line.starts_with("<pre")).unwrap();
        assert!(block.contains("one&#10;&#10;two"), "{out}");
        assert!(
            out.contains("</pre>\n\n\nafter") || out.contains("</pre>\n\nafter"),
            "{out}"
        );
    }

    #[test]
    fn problems_name_the_line() {
        let (_, problems) =
            expanded("# T\n\n{{#listing lesson1/none}}\n\ntext {{#twins a/b}}\n\n{{#what x}}\n");
        let lines: Vec<String> = problems.0.iter().map(ToString::to_string).collect();
        assert!(
            lines[0].starts_with("book/chapters/x.md:3: no listing"),
            "{lines:?}"
        );
        assert!(
            lines[1].starts_with("book/chapters/x.md:5: a directive must"),
            "{lines:?}"
        );
        assert!(
            lines[2].starts_with("book/chapters/x.md:7: no directive `what`"),
            "{lines:?}"
        );
    }

    #[test]
    fn a_fault_in_a_quiz_is_found_inside_it() {
        let (_, problems) = expanded("text\n\n```quiz\n[[question]]\nask = 1\n```\n");
        assert_eq!(problems.0[0].line, Some(5), "{problems}");
    }
}
