//! The same measurements in Python, where there is one.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use lesson_measuring::Failure;

/// Runs the Python twin of a program with `--tsv`, and returns the table that it prints, row by
/// row. `None`: this machine has no `python3`, or the twin is not where it was.
///
/// # Errors
/// If the twin fails.
pub fn table_of(program: &str, options: &[String]) -> Result<Option<Vec<Vec<String>>>, Failure> {
    let twin = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("python/{program}.py"));
    if !twin.exists() {
        return Ok(None);
    }
    let mut python = Command::new("python3");
    python
        .arg(twin)
        .arg("--tsv")
        .args(options)
        .stderr(Stdio::inherit());
    let output = match python.output() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::new(format!("cannot start python3: {error}"))),
        Ok(output) => output,
    };
    if !output.status.success() {
        return Err(Failure::new(format!(
            "the Python twin failed: {}",
            output.status
        )));
    }
    let lines = String::from_utf8_lossy(&output.stdout);
    let cells = |line: &str| line.split('\t').map(str::to_owned).collect();
    Ok(Some(lines.lines().map(cells).collect()))
}
