//! Builds the book: from chapters to a folder of pages, or to a list of every problem found.
//!
//! | file | what it is for |
//! |---|---|
//! | `warnings` | what mdBook warns about |
//! | `page` | a built page: its ids, links, text and terms |
//! | `links` | whether links lead somewhere |
//! | `search` | what search finds |
//! | `bundle` | fewer files for a page to load |

mod bundle;
mod links;
pub mod page;
mod search;
mod warnings;

use std::path::{Path, PathBuf};

use mdbook::MDBook;
use mdbook::config::Config;
use mdbook_markdown::pulldown_cmark::{Event, Tag};

use crate::chapter::{Directives, markdown};
use crate::problem::{Problem, Problems, line_at};
use crate::project::Project;
use bundle::bundle;
use links::Site;

/// Why the book was not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error(transparent)]
    Problems(#[from] Problems),
    #[error("mdBook: {0:#}")]
    MdBook(anyhow::Error),
    #[error("{path}: {source}")]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{0} holds other files, and a build would delete them: name a new or empty folder")]
    NotABook(PathBuf),
}

/// Writes the book to `dest`, replacing an earlier build.
///
/// `reload_from` is the path pages listen on for news of the next build.
///
/// # Errors
/// Every missing listing, anchor, snapshot, data file, page and fragment, each with its
/// file and line; or the first thing mdBook could not do.
pub fn build(project: &Project, dest: &Path, reload_from: Option<&str>) -> Result<(), BuildError> {
    may_replace(dest)?;
    let config = configured(project, dest, reload_from).map_err(BuildError::MdBook)?;
    summary_names_files(project)?;

    let mut book = MDBook::load_with_config(project.book(), config).map_err(BuildError::MdBook)?;
    book.with_preprocessor(Directives(project.clone()));
    let (built, warnings) = warnings::collect(|| book.build());
    built.map_err(|error| match error.downcast::<Problems>() {
        Ok(problems) => BuildError::Problems(problems),
        Err(error) => BuildError::MdBook(error),
    })?;

    let io = |source| BuildError::Io {
        path: dest.to_owned(),
        source,
    };
    name_index(dest)
        .and_then(|()| search::improve(dest))
        .and_then(|()| bundle(dest))
        .map_err(io)?;

    let mut problems = Problems::default();
    problems
        .0
        .extend(warnings.into_iter().map(|warning| placed(project, warning)));
    check_links(project, &book, dest, &mut problems)?;
    Ok(problems.into_result()?)
}

/// mdBook empties the folder it writes to, so only a book may be replaced.
fn may_replace(dest: &Path) -> Result<(), BuildError> {
    let is_empty = dest
        .read_dir()
        .map_or(true, |mut entries| entries.next().is_none());
    let is_book = dest.join("toc.html").is_file() && dest.join("print.html").is_file();
    if is_empty || is_book {
        Ok(())
    } else {
        Err(BuildError::NotABook(dest.to_owned()))
    }
}

fn configured(project: &Project, dest: &Path, reload_from: Option<&str>) -> anyhow::Result<Config> {
    let mut config = Config::from_disk(project.book().join("book.toml"))?;
    config.build.build_dir = std::path::absolute(dest)?;
    if let Some(endpoint) = reload_from {
        config.set("output.html.live-reload-endpoint", endpoint)?;
    }
    Ok(config)
}

fn summary_names_files(project: &Project) -> Result<(), BuildError> {
    let path = project.chapters().join("SUMMARY.md");
    let read = std::fs::read_to_string(&path);
    let text = read.map_err(|source| BuildError::Io {
        path: path.clone(),
        source,
    })?;
    let mut problems = Problems::default();
    for (event, range) in markdown::events(&text) {
        let Event::Start(Tag::Link { dest_url, .. }) = event else {
            continue;
        };
        if !project.chapters().join(&*dest_url).is_file() {
            problems.0.push(Problem {
                file: project.name_of(&path).into(),
                line: Some(line_at(&text, range.start)),
                message: format!("no chapter `{dest_url}`"),
            });
        }
    }
    Ok(problems.into_result()?)
}

/// mdBook puts a hash of the search index into its name, so every page would change with every
/// word of the book.
fn name_index(dest: &Path) -> std::io::Result<()> {
    for entry in dest.read_dir()? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("searchindex-") {
            std::fs::rename(&path, dest.join("searchindex.js"))?;
        }
    }
    Ok(())
}

/// mdBook's warnings name the chapter, but no line.
fn placed(project: &Project, warning: String) -> Problem {
    let chapter = warning
        .split('`')
        .find(|part| part.ends_with(".md"))
        .unwrap_or_default();
    let file = project.name_of(&project.chapters().join(chapter)).into();
    Problem {
        file,
        line: None,
        message: warning,
    }
}

/// Checks the chapters first, which gives lines; anything else comes from templates or directives.
fn check_links(
    project: &Project,
    book: &MDBook,
    dest: &Path,
    problems: &mut Problems,
) -> Result<(), BuildError> {
    let io = |source| BuildError::Io {
        path: dest.to_owned(),
        source,
    };
    let site = Site::read(dest).map_err(io)?;
    let found = problems.0.len();
    for chapter in book.book.chapters() {
        let Some(path) = &chapter.source_path else {
            continue;
        };
        let name = project.name_of(&project.chapters().join(path));
        site.check_chapter(&name, path, &chapter.content, problems);
    }
    if problems.0.len() == found {
        site.check_pages(problems);
    }
    Ok(())
}
