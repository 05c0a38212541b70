//! Where everything is.

use std::path::{Path, PathBuf};

/// The workspace the book belongs to.
#[derive(Debug, Clone)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// The workspace this program was built from.
    pub fn here() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        Self::at(root.expect("the book is inside the workspace"))
    }

    /// The workspace at `root`: the book in `book/`, the lessons in `lessons/`.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder in which to call `cargo`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder with `book.toml`.
    pub fn book(&self) -> PathBuf {
        self.root.join("book")
    }

    /// The folder with `SUMMARY.md` and the chapters.
    pub fn chapters(&self) -> PathBuf {
        self.book().join("chapters")
    }

    /// A file named from the root of the workspace.
    pub fn file(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    /// `path` from the root of the workspace.
    pub fn name_of(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.root).unwrap_or(path);
        inside.display().to_string()
    }

    /// The folders to watch for changes.
    pub fn sources(&self) -> Vec<PathBuf> {
        let folders = ["book", "lessons", "src"].map(|folder| self.file(folder));
        folders
            .into_iter()
            .filter(|folder| folder.is_dir())
            .collect()
    }
}

/// A lesson's program, as chapters name it: `lesson3/hello`.
#[derive(Debug, PartialEq)]
pub struct Program<'a> {
    pub lesson: &'a str,
    pub name: &'a str,
}

impl<'a> Program<'a> {
    /// Reads `lesson3/hello`; the lesson's main program is `lesson3/main`.
    pub fn parse(text: &'a str) -> Result<Self, String> {
        match text.split_once('/') {
            Some((lesson, name)) if !lesson.is_empty() && !name.is_empty() => {
                Ok(Self { lesson, name })
            }
            _ => Err(format!("`{text}` is not a program; write `lesson3/hello`")),
        }
    }

    pub fn rust(&self) -> String {
        match self.name {
            "main" => format!("lessons/{}/src/main.rs", self.lesson),
            name => format!("lessons/{}/src/bin/{name}.rs", self.lesson),
        }
    }

    /// A twin with the name of a Python module has `_` appended.
    pub fn python(&self, project: &Project) -> String {
        let path = |end| format!("lessons/{}/python/{}{end}.py", self.lesson, self.name);
        let renamed = path("_");
        if project.file(&renamed).is_file() {
            renamed
        } else {
            path("")
        }
    }

    /// The command that runs it.
    pub fn command(&self) -> String {
        match self.name {
            "main" => format!("cargo run -p {}", self.lesson),
            name => format!("cargo run -p {} --bin {name}", self.lesson),
        }
    }
}
