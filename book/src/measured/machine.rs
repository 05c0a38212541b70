//! The machine that figures were measured on.

use std::env;
use std::fmt;
use std::fs;
use std::process::Command;
use std::sync::LazyLock;
use std::thread;
use std::time::SystemTime;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct Machine {
    pub cpu: String,
    pub cores: usize,
    /// As `Linux 6.18.44`.
    pub kernel: String,
    pub compiler: String,
    /// The day of the last measurement, as `2026-11-22`.
    pub date: String,
}

impl Machine {
    /// This one.
    pub(crate) fn this(measured: SystemTime) -> Self {
        let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        // The rest is the distribution's build.
        let kernel = kernel.trim().split('-').next().unwrap_or_default();
        let date = Timestamp::try_from(measured).unwrap_or(Timestamp::UNIX_EPOCH);
        Self {
            cpu: cpu(&cpus).unwrap_or("unknown processor").to_owned(),
            cores: thread::available_parallelism().map_or(1, usize::from),
            kernel: format!("Linux {kernel}"),
            compiler: COMPILER.clone(),
            date: date.strftime("%Y-%m-%d").to_string(),
        }
    }
}

/// The compiler that cargo calls. Asked once, since a page of figures names it often.
static COMPILER: LazyLock<String> = LazyLock::new(|| {
    let program = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(program).arg("--version").output();
    let version = version.map(|output| compiler_name(&String::from_utf8_lossy(&output.stdout)));
    let version = version.ok().filter(|name| !name.is_empty());
    version.unwrap_or_else(|| "an unknown compiler".to_owned())
});

/// As charts name it.
impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cores = if self.cores == 1 { "core" } else { "cores" };
        let (count, cpu, kernel) = (self.cores, &self.cpu, &self.kernel);
        write!(
            f,
            "{cpu}, {count} {cores}, {kernel}, {}, {}",
            self.compiler, self.date
        )
    }
}

/// x86 has a `model name`; ARM usually has no name.
fn cpu(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo
        .lines()
        .find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim())
}

/// `rustc 1.95.0 (59807616e 2026-04-14)` without what is in parentheses.
fn compiler_name(version: &str) -> String {
    let name = version.split('(').next().unwrap_or_default();
    name.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_has_the_name_that_linux_knows() {
        let text =
            "processor\t: 0\nmodel name\t: AMD EPYC\nprocessor\t: 1\nmodel name\t: AMD EPYC\n";
        assert_eq!(cpu(text), Some("AMD EPYC"));
        assert_eq!(cpu("processor\t: 0\nBogoMIPS\t: 108.00\n"), None);
    }

    #[test]
    fn the_compiler_is_named_without_its_commit() {
        let version = "rustc 1.95.0 (59807616e 2026-04-14)\n";
        assert_eq!(compiler_name(version), "rustc 1.95.0");
        assert_eq!(compiler_name("rustc 1.95.0\n"), "rustc 1.95.0");
    }
}
