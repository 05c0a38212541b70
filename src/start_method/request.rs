//! A request for a child: what it is to be and do, and the descriptors that it gets.

use std::io;
use std::mem;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::sys::stat::Mode;
use serde::{Deserialize, Serialize};

use super::errand::Errand;
use crate::child::{Mailbox, ends_on_broken_pipe};
use crate::crossing::{Arrival, Ticket};
use crate::identity::Identity;
use crate::sys::call::Named;
use crate::sys::descriptor::Descriptor;
use crate::sys::letters;
use crate::sys::lifeline::Lifeline;

/// What a descriptor is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Role {
    /// The child ends with its parent.
    Lifeline,
    /// The page of its mailbox is in it.
    Mailbox,
    /// A long answer goes there.
    Answer,
    Directory,
    Stdin,
    Stdout,
    Stderr,
    /// It goes with the errand.
    Enclosed,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) name: String,
    pub(super) numbers: Vec<u32>,
    /// In the order of the descriptors; those of the handles follow.
    pub(super) roles: Vec<Role>,
    /// Where in the mailbox's file its page is.
    pub(super) page: u64,
    pub(super) ends_on_broken_pipe: bool,
    /// Which attempt to start the child this is.
    pub(super) attempt: u32,
    /// In the order of the handles in the argument.
    tickets: Vec<Ticket>,
    run: usize,
    function: usize,
}

impl Request {
    /// The request, and the errand that goes with it, which takes the descriptors of its handles.
    pub(super) fn read(bytes: &[u8], descriptors: &mut Vec<OwnedFd>) -> io::Result<(Self, Errand)> {
        let read: Result<(Self, _), _> = postcard::take_from_bytes(bytes);
        let (mut request, argument) = read.map_err(io::Error::other)?;
        let given = request.roles.len().min(descriptors.len());
        let files = descriptors.split_off(given);
        let tickets = mem::take(&mut request.tickets);
        let arrived = tickets.into_iter().zip(files);
        let arrived = arrived.map(|(ticket, file)| Arrival {
            ticket,
            file,
            from: None,
        });
        let errand = Errand {
            run: request.run,
            function: request.function,
            argument: argument.to_vec(),
            enclosed: Vec::new(),
            handles: Vec::new(),
            arrived: arrived.collect(),
        };
        Ok((request, errand))
    }
}

/// A request as it is sent: the bytes of the argument follow those of the request.
pub(super) struct Envelope<'a> {
    bytes: Vec<u8>,
    descriptors: Vec<BorrowedFd<'a>>,
}

/// Opens the current directory, for [`Envelope::new`].
pub(super) fn directory() -> io::Result<OwnedFd> {
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    open(".", flags, Mode::empty()).by("open")
}

impl<'a> Envelope<'a> {
    pub(super) fn new(
        identity: &Identity,
        mailbox: &'a Mailbox,
        errand: &'a Errand,
        enclosed: &[&'a Descriptor],
        lifeline: &'a Lifeline,
        directory: &'a OwnedFd,
        keeps_stdin: bool,
    ) -> io::Result<Self> {
        let (pages, page) = mailbox.address().ok_or(io::ErrorKind::InvalidInput)?;
        let mut given = vec![
            (Role::Lifeline, lifeline.reading_end()),
            (Role::Mailbox, pages.file()?.as_fd()),
            (Role::Directory, directory.as_fd()),
        ];
        if let Some(file) = mailbox.file() {
            given.push((Role::Answer, file.file()?.as_fd()));
        }
        if keeps_stdin {
            given.extend(standard(Role::Stdin, 0));
        }
        given.extend(standard(Role::Stdout, 1));
        given.extend(standard(Role::Stderr, 2));
        for descriptor in enclosed {
            given.push((Role::Enclosed, descriptor.file()?.as_fd()));
        }
        let (name, numbers) = identity.parts();
        let request = Request {
            name: name.to_owned(),
            numbers: numbers.to_vec(),
            roles: given.iter().map(|(role, _)| *role).collect(),
            page,
            ends_on_broken_pipe: ends_on_broken_pipe(),
            attempt: mailbox.attempt(),
            tickets: errand
                .handles
                .iter()
                .map(|handle| handle.ticket())
                .collect(),
            run: errand.run,
            function: errand.function,
        };
        let mut bytes = postcard::to_allocvec(&request).map_err(io::Error::other)?;
        bytes.extend_from_slice(&errand.argument);
        let mut descriptors: Vec<_> = given.into_iter().map(|(_, given)| given).collect();
        for handle in &errand.handles {
            descriptors.push(handle.memory().file()?.file()?.as_fd());
        }
        Ok(Self { bytes, descriptors })
    }

    pub(super) fn send(&self, socket: impl AsFd) -> io::Result<()> {
        letters::send(socket, &self.bytes, &self.descriptors)
    }
}

/// One of stdin, stdout and stderr, unless the program has closed it.
fn standard(role: Role, number: i32) -> Option<(Role, BorrowedFd<'static>)> {
    // SAFETY: it is used at once, and if it is closed meanwhile, nothing is sent.
    let file = unsafe { BorrowedFd::borrow_raw(number) };
    let is_open = fcntl(file, FcntlArg::F_GETFD).is_ok();
    is_open.then_some((role, file))
}
