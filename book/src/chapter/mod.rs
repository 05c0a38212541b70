//! The one step this book adds to mdBook's own: directives, quizzes and code become HTML.
//!
//! | file | what it is for |
//! |---|---|
//! | `markdown` | Markdown as mdBook reads it |
//! | `expand` | finds what has to be replaced in a chapter |
//! | `directive` | what an author can ask for |
//! | `output` | what a program printed, from its snapshot |
//! | `exercise` | an exercise from its files, and whether it is solved |
//! | `quiz` | questions, and why each answer is right or wrong |
//! | `tables` | tables on a narrow screen |

mod directive;
mod exercise;
mod expand;
pub(crate) mod markdown;
mod output;
mod quiz;
mod tables;

use mdbook_preprocessor::book::{Book, SectionNumber};
use mdbook_preprocessor::errors::Result;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use crate::problem::{Problem, Problems, line_at};
use crate::project::Project;
use crate::recorded;

pub(crate) struct Directives(pub(crate) Project);

impl Preprocessor for Directives {
    fn name(&self) -> &str {
        "directives"
    }

    /// Expands every chapter, so that one build reports every problem.
    fn run(&self, _: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let mut problems = Problems::default();
        book.for_each_chapter_mut(|chapter| {
            let Some(path) = &chapter.source_path else {
                return;
            };
            let file = self.0.name_of(&self.0.chapters().join(path));
            match recorded::fill_in(&self.0, &chapter.content) {
                Ok(text) => {
                    let text = tables::name_columns(&text);
                    let text = expand::expand(&self.0, file.as_ref(), &text, &mut problems);
                    chapter.content = numbered(text, chapter.number.as_ref());
                }
                Err((offset, message)) => problems.0.push(Problem {
                    line: Some(line_at(&chapter.content, offset)),
                    file: file.into(),
                    message,
                }),
            }
        });
        problems.into_result()?;
        Ok(book)
    }
}

/// The chapter with its number at its title, as an attribute that the style sheet shows on paper.
fn numbered(text: String, number: Option<&SectionNumber>) -> String {
    match (text.split_once('\n'), number) {
        (Some((title, rest)), Some(number)) if title.starts_with("# ") => {
            format!("{title} {{data-number={number}}}\n{rest}")
        }
        _ => text,
    }
}
