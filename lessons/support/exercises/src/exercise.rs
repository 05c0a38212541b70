//! Which exercises there are.

use std::fs;
use std::io;
use std::path::Path;

/// An exercise, by its lesson and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exercise {
    pub lesson: String,
    pub name: String,
}

impl Exercise {
    /// Reads `lesson3/return_value`.
    pub fn parse(text: &str) -> Option<Self> {
        let (lesson, name) = text.split_once('/')?;
        let is_name = |part: &str| !part.is_empty() && !part.contains(['/', '.', ' ']);
        (is_name(lesson) && is_name(name)).then(|| Self {
            lesson: lesson.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The exercise whose check is the source file `main`.
    pub(crate) fn of_check(main: &str) -> Option<Self> {
        let (before, name) = main.strip_suffix("/main.rs")?.rsplit_once("/exercises/")?;
        let lesson = before.rsplit('/').next()?;
        Self::parse(&format!("{lesson}/{name}"))
    }

    /// All exercises of the workspace at `root`, lesson by lesson, in the order of the chapters.
    ///
    /// # Errors
    /// If a folder can't be read.
    pub fn all(root: &Path) -> io::Result<Vec<Self>> {
        let mut all = Vec::new();
        for lesson in names_in(&root.join("lessons"))? {
            let folder = root.join("lessons").join(&lesson).join("exercises");
            if !lesson.starts_with("lesson") || !folder.is_dir() {
                continue;
            }
            let chapter = root.join(format!("book/chapters/{lesson}.md"));
            let chapter = fs::read_to_string(chapter).unwrap_or_default();
            let mut names = names_in(&folder)?;
            names.sort_by_key(|name| chapter.find(&format!("{{{{#exercise {lesson}/{name}}}}}")));
            all.extend(names.into_iter().map(|name| Self {
                lesson: lesson.clone(),
                name,
            }));
        }
        Ok(all)
    }

    /// One of its files, named from the root of the workspace.
    pub fn file(&self, name: &str) -> String {
        format!("lessons/{}/exercises/{}/{name}", self.lesson, self.name)
    }

    /// What a reader types to check it.
    pub fn command(&self) -> String {
        format!("cargo run -p {} --bin exercise_{}", self.lesson, self.name)
    }
}

fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let entries = fs::read_dir(folder)?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names: Vec<String> = names.collect::<io::Result<_>>()?;
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_of_a_check_names_its_exercise() {
        let exercise = Exercise::of_check("lessons/lesson3/exercises/answer/main.rs").unwrap();
        assert_eq!(exercise, Exercise::parse("lesson3/answer").unwrap());
        assert_eq!(Exercise::of_check("lessons/lesson3/src/main.rs"), None);
    }
}
