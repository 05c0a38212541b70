//! The file of a trace, and the events in it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use nix::sched::sched_getcpu;
use serde::{Deserialize, Serialize};

use crate::sys::checked_file::CheckedFile;
use crate::sys::clock::now;

/// The length of each line, including its end. A page of the file holds a whole number of them.
const LINE: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Phase {
    #[serde(rename = "M")]
    Metadata,
    #[serde(rename = "B")]
    Begin,
    #[serde(rename = "E")]
    End,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Event {
    ph: Phase,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    cat: String,
    /// Microseconds.
    ts: f64,
    pid: u32,
    tid: u32,
    args: Args,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Args {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cpu: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) items: Option<u64>,
}

impl Event {
    /// An event that happens now, to process `pid`.
    pub(super) fn new(ph: Phase, cat: &str, pid: u32) -> Self {
        Self {
            ph,
            name: String::new(),
            cat: cat.to_owned(),
            ts: now().as_nanos() as f64 / 1e3,
            pid,
            tid: pid,
            args: Args::default(),
        }
    }

    /// An event that happens now, to this process, on this CPU.
    pub(super) fn here(ph: Phase, cat: &str, name: &str) -> Self {
        let mut event = Self::new(ph, cat, std::process::id());
        name.clone_into(&mut event.name);
        event.args.cpu = sched_getcpu().ok();
        event
    }

    pub(super) fn with(mut self, set: impl FnOnce(&mut Args)) -> Self {
        set(&mut self.args);
        self
    }

    /// Appends the event as a line.
    fn append_to(&self, text: &mut Vec<u8>) {
        let start = text.len();
        let written = serde_json::to_writer(&mut *text, self);
        text.push(b',');
        if written.is_err() || text.len() - start >= LINE {
            // A name is too long for its line.
            text.truncate(start);
            let mut event = self.clone();
            let name = event.args.name.as_mut().unwrap_or(&mut event.name);
            name.truncate(name.floor_char_boundary(name.len() / 2));
            return event.append_to(text);
        }
        text.resize(start + LINE - 1, b' ');
        text.push(b'\n');
    }
}

pub(super) struct TraceFile {
    file: CheckedFile,
    /// What has been read so far, to know which events lack an end.
    read: Mutex<Read>,
}

#[derive(Default)]
struct Read {
    /// Up to here.
    len: u64,
    /// What each process has begun and not ended.
    open: BTreeMap<u32, Vec<Event>>,
}

impl TraceFile {
    pub(super) fn open(name: &Path) -> io::Result<Self> {
        let mut file = File::options()
            .read(true)
            .append(true)
            .create(true)
            .open(name)?;
        // All children share the lock until the last of them has ended. If another process holds
        // it, this one is part of a larger program whose processes all append to one file.
        if file.try_lock().is_ok() {
            file.set_len(0)?;
            file.write_all(format!("{:width$}\n", "[", width = LINE - 1).as_bytes())?;
        }
        Ok(Self {
            file: CheckedFile::new(file.into())?,
            read: Mutex::default(),
        })
    }

    pub(super) fn write(&self, events: &[Event]) {
        let mut text = Vec::with_capacity(LINE * events.len());
        for event in events {
            event.append_to(&mut text);
        }
        // A full disk must not stop the program that is traced.
        let _ = self.file.file().and_then(|mut file| file.write_all(&text));
    }

    /// Writes the missing ends for a process that is gone, and for the processes it had started,
    /// which die with it.
    pub(super) fn end_all_of(&self, pid: u32) -> io::Result<()> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let Read { len, open } = &mut *read;
        // Only whole lines: another process may be in the middle of writing one.
        let file = self.file.file()?;
        let end = file.metadata()?.len() / LINE as u64 * LINE as u64;
        let mut text = vec![0; end.saturating_sub(*len) as usize];
        file.read_exact_at(&mut text, *len)?;
        *len = end;
        for line in text.chunks(LINE) {
            let line = line.trim_ascii_end();
            // The first line is not an event.
            let Ok(event) =
                serde_json::from_slice::<Event>(line.strip_suffix(b",").unwrap_or(line))
            else {
                continue;
            };
            let begun = open.entry(event.pid).or_default();
            match event.ph {
                Phase::Begin => begun.push(event),
                Phase::End => drop(begun.pop()),
                Phase::Metadata => {}
            }
        }
        open.retain(|_, begun| !begun.is_empty());
        let mut gone = vec![pid];
        let mut ends = Vec::new();
        while let Some(pid) = gone.pop() {
            let begun = open.remove(&pid).unwrap_or_default();
            ends.extend(
                begun
                    .iter()
                    .rev()
                    .map(|event| Event::new(Phase::End, &event.cat, pid)),
            );
            let is_child =
                |begun: &&Vec<Event>| begun.first().is_some_and(|b| b.args.parent == Some(pid));
            gone.extend(open.values().filter(is_child).map(|begun| begun[0].pid));
        }
        self.write(&ends);
        Ok(())
    }
}
