//! Keeps what was measured, a file for each row, where Criterion keeps its own: the book finds it
//! there, whether all rows were run or a few.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

pub(crate) struct Keeper {
    folder: PathBuf,
}

impl Keeper {
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        let folder = criterion()?.join("versus_python");
        fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    /// A reader meets the old file or the new one, and never half of it.
    pub(crate) fn keep(&self, name: &str, row: &Value) -> Result<(), Box<dyn Error>> {
        let new = self.folder.join(format!("{name}.new"));
        fs::write(&new, format!("{row:#}\n"))?;
        fs::rename(&new, self.folder.join(format!("{name}.json")))?;
        Ok(())
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// As Criterion finds it.
fn criterion() -> Result<PathBuf, Box<dyn Error>> {
    if let Some(home) = env::var_os("CRITERION_HOME") {
        return Ok(home.into());
    }
    if let Some(target) = env::var_os("CARGO_TARGET_DIR") {
        return Ok(Path::new(&target).join("criterion"));
    }
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = Command::new(cargo);
    cargo.args(["metadata", "--no-deps", "--format-version=1"]);
    let metadata: Value = serde_json::from_slice(&cargo.output()?.stdout)?;
    let target = metadata["target_directory"].as_str();
    Ok(Path::new(target.ok_or("cargo does not say where it builds")?).join("criterion"))
}
