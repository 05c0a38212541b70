//! Code from a file: the whole file or the part between two anchors, dedented.
//!
//! An anchor is a comment on a line of its own: `// ANCHOR: name` and
//! `// ANCHOR_END: name`, with `#` in Python. No listing shows anchor lines.

use std::fs;

use maud::{Markup, html};

use super::highlight;
use crate::project::{Program, Project};

/// Code, and the file it comes from.
#[derive(Debug)]
pub(crate) struct Listing {
    /// From the root of the workspace.
    pub(crate) path: String,
    pub(crate) language: &'static str,
    pub(crate) text: String,
}

/// `{{#listing lesson3/hello}}` is the Rust program; a name with an extension is a file of the
/// workspace.
pub(crate) fn listing(project: &Project, argument: &str) -> Result<Markup, String> {
    let (name, anchor) = with_anchor(argument);
    if name.contains('.') {
        return Ok(Listing::read(project, name, anchor)?.figure(None));
    }
    let program = Program::parse(name)?;
    Ok(Listing::read(project, &program.rust(), anchor)?.figure(Some(name)))
}

/// Splits `lesson3/hello:anchor`.
pub(super) fn with_anchor(argument: &str) -> (&str, Option<&str>) {
    match argument.split_once(':') {
        Some((name, anchor)) => (name, Some(anchor)),
        None => (argument, None),
    }
}

impl Listing {
    pub(crate) fn read(
        project: &Project,
        path: &str,
        anchor: Option<&str>,
    ) -> Result<Self, String> {
        let whole = fs::read_to_string(project.file(path))
            .map_err(|error| format!("no listing `{path}`: {error}"))?;
        let text = match anchor {
            Some(anchor) => {
                between(&whole, anchor).map_err(|problem| format!("{path}{problem}"))?
            }
            None => whole,
        };
        let lines: Vec<&str> = text.lines().filter(|line| marker(line).is_none()).collect();
        let text = dedent(&lines);
        if text.trim().is_empty() {
            return Err(format!("the listing `{path}` is empty"));
        }
        Ok(Self {
            path: path.to_owned(),
            language: highlight::language_of(path)?,
            text,
        })
    }

    /// The code under a caption with its file.
    pub(crate) fn figure(&self, program: Option<&str>) -> Markup {
        html! {
            figure.listing data-language=(self.language) data-program=[program] {
                figcaption {
                    span.language { (highlight::name_of(self.language)) }
                    " " code { (self.path) }
                }
                (highlight::block(self.language, &self.text))
            }
        }
    }
}

enum Marker<'a> {
    Start(&'a str),
    End(&'a str),
}

fn marker(line: &str) -> Option<Marker<'_>> {
    let comment = line.trim().trim_start_matches(['/', '#']).trim_start();
    if let Some(name) = comment.strip_prefix("ANCHOR:") {
        Some(Marker::Start(name.trim()))
    } else {
        let name = comment.strip_prefix("ANCHOR_END:")?;
        Some(Marker::End(name.trim()))
    }
}

fn between(text: &str, anchor: &str) -> Result<String, String> {
    let mut inside = None;
    for (number, line) in (1..).zip(text.lines()) {
        match (marker(line), &mut inside) {
            (Some(Marker::Start(name)), None) if name == anchor => inside = Some((number, vec![])),
            (Some(Marker::End(name)), Some((_, lines))) if name == anchor => {
                return Ok(lines.join("\n"));
            }
            (_, Some((_, lines))) => lines.push(line),
            (_, None) => {}
        }
    }
    Err(match inside {
        Some((start, _)) => {
            format!(":{start}: anchor `{anchor}` never ends; write `ANCHOR_END: {anchor}`")
        }
        None => format!(": no anchor `{anchor}`; write `ANCHOR: {anchor}` in a comment"),
    })
}

fn dedent(lines: &[&str]) -> String {
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let full = lines.iter().filter(|line| !line.trim().is_empty());
    let margin = full.map(indent).min().unwrap_or(0);
    let cut = lines.iter().map(|line| line.get(margin..).unwrap_or(""));
    cut.collect::<Vec<_>>()
        .join("\n")
        .trim_matches('\n')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "fn f() {\n    // ANCHOR: body\n    if x {\n        // ANCHOR: inner\n        y();\n        // ANCHOR_END: inner\n\n    }\n    // ANCHOR_END: body\n}\n// ANCHOR: open\n";

    #[test]
    fn an_anchor_gives_the_lines_between() {
        assert_eq!(between(CODE, "inner").unwrap(), "        y();");
    }

    #[test]
    fn missing_and_unclosed_anchors_are_told_apart() {
        assert!(
            between(CODE, "nowhere")
                .unwrap_err()
                .contains("no anchor `nowhere`")
        );
        assert!(
            between(CODE, "open")
                .unwrap_err()
                .starts_with(":11: anchor `open` never ends")
        );
    }

    #[test]
    fn dedent_keeps_relative_indentation_and_blank_lines() {
        assert_eq!(
            dedent(&["", "    if x {", "        y();", "", "    }"]),
            "if x {\n    y();\n\n}"
        );
    }

    #[test]
    fn python_anchors_are_found_too() {
        assert_eq!(
            between("# ANCHOR: a\nx = 1\n# ANCHOR_END: a\n", "a").unwrap(),
            "x = 1"
        );
    }
}
