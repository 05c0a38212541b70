//! A supervised program: what it prints, and how it ended.

use std::ffi::OsStr;
use std::io::{self, pipe};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as Socket;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};

use super::Rules;
use super::supervisor::{COMMAND, Report};
use crate::project::Project;

/// A running program. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Supervised {
    supervisor: Child,
    /// The program runs as long as this is open.
    line: UnixStream,
    /// Both its standard output and error, in the order in which it wrote.
    printed: Receiver,
    /// Bytes that were read but not returned yet.
    pending: Vec<u8>,
}

impl Supervised {
    /// Starts `command` in the project's folder, with `environment` added to ours.
    pub(super) fn start<S: AsRef<OsStr>>(
        rules: &Rules,
        project: &Project,
        command: &[S],
        environment: &[(&str, &OsStr)],
    ) -> io::Result<Self> {
        let (line, supervisors_line) = Socket::pair()?;
        line.set_nonblocking(true)?;
        let (printed, writer) = pipe()?;
        let supervisor = Command::new(&rules.supervisor)
            .args([COMMAND, "--"])
            .args(command)
            .current_dir(project.root())
            .envs(environment.iter().copied())
            // With it, Python writes each line and its newline separately.
            .env_remove("PYTHONUNBUFFERED")
            .stdin(OwnedFd::from(supervisors_line))
            .stdout(writer.try_clone()?)
            .stderr(writer)
            // Ctrl-C ends this process; the supervisor has to outlive it to clean up.
            .process_group(0)
            .spawn()?;
        Ok(Self {
            supervisor,
            line: UnixStream::from_std(line)?,
            printed: Receiver::from_owned_fd(printed.into())?,
            pending: Vec::new(),
        })
    }

    /// The next piece of its output, or `None` at the end.
    pub(super) async fn read(&mut self) -> io::Result<Option<String>> {
        self.pending.reserve(8192);
        let read = self.printed.read_buf(&mut self.pending).await?;
        Ok((read > 0).then(|| take_text(&mut self.pending)))
    }

    /// Ends the program if it still runs. Nothing of it is left when this returns.
    pub(super) async fn end(mut self) -> io::Result<Report> {
        // Writing to a closed pipe fails, so the program cannot block on it.
        drop(self.printed);
        self.line.shutdown().await?;
        let mut report = Vec::new();
        self.line.read_to_end(&mut report).await?;
        let status = self.supervisor.wait().await?;
        serde_json::from_slice(&report)
            .map_err(|_| io::Error::other(format!("the program's supervisor ended: {status}")))
    }
}

/// The text so far. An incomplete character stays for the next call.
fn take_text(bytes: &mut Vec<u8>) -> String {
    let whole = match str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    };
    let taken: Vec<u8> = bytes.drain(..whole).collect();
    String::from_utf8_lossy(&taken).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incomplete_character_waits_for_its_rest() {
        let mut bytes = "ab é".as_bytes()[..4].to_vec();
        assert_eq!(take_text(&mut bytes), "ab ");
        bytes.push("é".as_bytes()[1]);
        assert_eq!(take_text(&mut bytes), "é");
        assert!(bytes.is_empty());
    }

    #[test]
    fn invalid_bytes_are_shown_as_such() {
        let mut bytes = b"a\xffb".to_vec();
        assert_eq!(take_text(&mut bytes), "a\u{fffd}b");
    }
}
