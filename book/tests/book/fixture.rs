//! A small book in its own folder, with the real book's theme.

use std::fs;
use std::path::{Path, PathBuf};

use book::project::Project;
use tempfile::TempDir;

pub(crate) struct Fixture {
    folder: TempDir,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy(&here.join("tests/fixture"), folder.path());
        let book = folder.path().join("book");
        for part in ["assets", "theme"] {
            copy(&here.join(part), &book.join(part));
        }
        fs::copy(here.join("book.toml"), book.join("book.toml")).unwrap();
        Self { folder }
    }

    /// With programs that are hard on a server.
    pub(crate) fn with_programs() -> Self {
        let fixture = Self::new();
        let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
        copy(&programs, fixture.folder.path());
        fixture
    }

    pub(crate) fn project(&self) -> Project {
        Project::at(self.folder.path())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
