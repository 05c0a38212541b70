//! The keeper as seen from here: a program that runs, what it prints, and how it ended.

use std::ffi::OsStr;
use std::io::{self, pipe};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as Socket;
use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};

use super::keeper::{COMMAND, Report};

/// A running program. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Kept {
    keeper: Child,
    /// The program runs for as long as this is open.
    line: UnixStream,
    /// Both its standard output and error, in the order in which it wrote.
    printed: Receiver,
    /// What it wrote and nobody heard yet.
    unheard: Vec<u8>,
}

impl Kept {
    /// Starts `command` in `folder`, with `environment` added to ours.
    pub(super) fn start<S: AsRef<OsStr>>(
        keeper: &Path,
        command: &[S],
        folder: &Path,
        environment: &[(&str, &OsStr)],
    ) -> io::Result<Self> {
        let (line, keepers_line) = Socket::pair()?;
        line.set_nonblocking(true)?;
        let (printed, writer) = pipe()?;
        let keeper = Command::new(keeper)
            .args([COMMAND, "--"])
            .args(command)
            .current_dir(folder)
            .envs(environment.iter().copied())
            // It would make Python write each line and its end separately.
            .env_remove("PYTHONUNBUFFERED")
            .stdin(OwnedFd::from(keepers_line))
            .stdout(writer.try_clone()?)
            .stderr(writer)
            // Ctrl-C is for us. The keeper learns of our end, and has work to do then.
            .process_group(0)
            .spawn()?;
        Ok(Self {
            keeper,
            line: UnixStream::from_std(line)?,
            printed: Receiver::from_owned_fd(printed.into())?,
            unheard: Vec::new(),
        })
    }

    /// What it printed since, or nothing once all is said.
    pub(super) async fn hear(&mut self) -> io::Result<Option<String>> {
        self.unheard.reserve(8192);
        let read = self.printed.read_buf(&mut self.unheard).await?;
        Ok((read > 0).then(|| take_text(&mut self.unheard)))
    }

    /// Ends the program if it still runs. Nothing of it is left when this returns.
    pub(super) async fn end(mut self) -> io::Result<Report> {
        // What it may still write goes nowhere, and so holds nobody up.
        drop(self.printed);
        self.line.shutdown().await?;
        let mut report = Vec::new();
        self.line.read_to_end(&mut report).await?;
        let status = self.keeper.wait().await?;
        serde_json::from_slice(&report)
            .map_err(|_| io::Error::other(format!("the program's keeper ended: {status}")))
    }
}

/// What can be read as text so far. A character that is cut waits for its rest.
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
    fn a_character_that_is_cut_waits_for_its_rest() {
        let mut bytes = "ab é".as_bytes()[..4].to_vec();
        assert_eq!(take_text(&mut bytes), "ab ");
        bytes.push("é".as_bytes()[1]);
        assert_eq!(take_text(&mut bytes), "é");
        assert!(bytes.is_empty());
    }

    #[test]
    fn what_is_no_text_is_shown_as_such() {
        let mut bytes = b"a\xffb".to_vec();
        assert_eq!(take_text(&mut bytes), "a\u{fffd}b");
    }
}
