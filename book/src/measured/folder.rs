//! The folder where `cargo bench` leaves its results.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::MeasuredError;
use crate::project::Project;

/// Criterion's folder, with a folder inside for the comparison with Python.
#[derive(Debug, Clone)]
pub struct Folder {
    criterion: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    target_directory: PathBuf,
}

impl Folder {
    /// Looks where Criterion looks: in `CRITERION_HOME`, or where cargo builds.
    ///
    /// # Errors
    /// If cargo cannot tell where it builds.
    pub fn of(project: &Project) -> Result<Self, MeasuredError> {
        let home = std::env::var_os("CRITERION_HOME");
        let criterion = match home.filter(|home| !home.is_empty()) {
            Some(home) => project.file(home),
            None => target(project)?.join("criterion"),
        };
        Ok(Self { criterion })
    }

    /// The default one.
    pub fn usual(project: &Project) -> Self {
        Self::at(project.file("target/criterion"))
    }

    pub fn at(criterion: impl Into<PathBuf>) -> Self {
        let criterion = criterion.into();
        Self { criterion }
    }

    pub fn criterion(&self) -> &Path {
        &self.criterion
    }

    pub(crate) fn python(&self) -> PathBuf {
        self.criterion.join("versus_python")
    }
}

/// Cargo takes `CARGO_TARGET_DIR` and its configuration into account.
fn target(project: &Project) -> Result<PathBuf, MeasuredError> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.args(["metadata", "--no-deps", "--format-version=1"]);
    let output = command.current_dir(project.root()).output();
    let output = output.map_err(|error| MeasuredError::NoFolder(error.to_string()))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(MeasuredError::NoFolder(reason));
    }
    let metadata = serde_json::from_slice::<Metadata>(&output.stdout);
    let metadata = metadata.map_err(|error| MeasuredError::NoFolder(error.to_string()))?;
    Ok(metadata.target_directory)
}
