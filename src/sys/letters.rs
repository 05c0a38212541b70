//! Letters: bytes and descriptors that are sent together from one process to another.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read, Seek, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg,
    sendmsg, socketpair,
};

use super::call::Named;
use super::checked_file::above_standard;
use super::descriptor::Descriptor;
use super::memory::nameless_file;

/// Longer letters are sent in a file, so that the receiver needs little room.
const LONGEST: usize = 4096;

const INLINE: u8 = 0;
const IN_FILE: u8 = 1;

/// The most descriptors that the kernel accepts at once.
const MOST_DESCRIPTORS: usize = 253;

/// A pair of nameless sockets that preserve the boundaries of letters.
pub(crate) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = SockFlag::SOCK_CLOEXEC;
    let (one, other) =
        socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags).by("socketpair")?;
    Ok((above_standard(one)?, above_standard(other)?))
}

/// What was received.
pub(crate) struct Letter {
    bytes: Vec<u8>,
    descriptors: Vec<OwnedFd>,
}

/// # Errors
/// `EPIPE` or `ECONNRESET` if nobody is left to receive it, and others.
pub(crate) fn send(socket: impl AsFd, bytes: &[u8], descriptors: &[BorrowedFd]) -> io::Result<()> {
    let mut numbers: Vec<RawFd> = descriptors.iter().map(AsRawFd::as_raw_fd).collect();
    let file = (bytes.len() > LONGEST)
        .then(|| in_file(bytes))
        .transpose()?;
    let (kind, bytes) = match &file {
        Some(file) => {
            numbers.push(file.file()?.as_raw_fd());
            (IN_FILE, &[][..])
        }
        None => (INLINE, bytes),
    };
    let kind = [kind];
    let parts = [IoSlice::new(&kind), IoSlice::new(bytes)];
    let control = [ControlMessage::ScmRights(&numbers)];
    let socket = socket.as_fd().as_raw_fd();
    retried(|| sendmsg::<()>(socket, &parts, &control, MsgFlags::MSG_NOSIGNAL, None))
        .by("sendmsg")?;
    Ok(())
}

fn in_file(bytes: &[u8]) -> io::Result<Descriptor> {
    let file = nameless_file(c"letter")?;
    file.file()?.write_all(bytes)?;
    Ok(file)
}

/// Waits for the next letter. Returns `None` if nobody is left to send one.
///
/// # Errors
/// If there was no room for all of its descriptors, and others. The descriptors that did fit are
/// then leaked, so this process should exit.
pub(crate) fn receive(socket: impl AsFd) -> io::Result<Option<Letter>> {
    let socket = socket.as_fd().as_raw_fd();
    let mut bytes = vec![0; 1 + LONGEST];
    let mut space = cmsg_space!([RawFd; MOST_DESCRIPTORS]);
    let (len, descriptors) = retried(|| {
        let mut parts = [IoSliceMut::new(&mut bytes)];
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        let received = recvmsg::<()>(socket, &mut parts, Some(&mut space), flags)?;
        let mut descriptors = Vec::new();
        for message in received.cmsgs()? {
            if let ControlMessageOwned::ScmRights(numbers) = message {
                // SAFETY: the kernel has just made them for this process.
                let own = numbers
                    .iter()
                    .map(|fd| unsafe { OwnedFd::from_raw_fd(*fd) });
                descriptors.extend(own);
            }
        }
        Ok((received.bytes, descriptors))
    })
    .by("recvmsg")?;
    bytes.truncate(len);
    Ok((len > 0).then_some(Letter { bytes, descriptors }))
}

impl Letter {
    /// The bytes, and the descriptors that came with them.
    pub(crate) fn open(mut self) -> io::Result<(Vec<u8>, Vec<OwnedFd>)> {
        let bytes = match self.bytes.split_first() {
            Some((&INLINE, bytes)) => bytes.to_vec(),
            _ => {
                let file = self.descriptors.pop().ok_or(io::ErrorKind::InvalidData)?;
                let mut file = File::from(file);
                file.rewind()?;
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes)?;
                bytes
            }
        };
        Ok((bytes, self.descriptors))
    }
}

fn retried<R>(mut call: impl FnMut() -> nix::Result<R>) -> nix::Result<R> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}
