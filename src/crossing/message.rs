//! Handles in a message: behind its bytes stands which process has their descriptors.

use std::io;
use std::os::fd::OwnedFd;

use nix::errno::Errno;
use serde::{Deserialize, Serialize};

use super::{Arrival, Parcel, Ticket};
use crate::sys::checked_file::Whereabouts;
use crate::sys::owner::Owner;

#[derive(Serialize, Deserialize)]
struct Manifest {
    sender: u64,
    items: Vec<(Ticket, Whereabouts)>,
}

const LEN: usize = size_of::<u64>();

/// Appends to a message what its receiver needs to get the handles.
pub(crate) fn append(parcels: &[Parcel], message: &mut Vec<u8>) -> io::Result<()> {
    let items = parcels.iter().map(|parcel| {
        let file = parcel.memory().file()?;
        Ok((parcel.ticket(), file.whereabouts()))
    });
    let manifest = Manifest {
        sender: Owner::current().word(),
        items: items.collect::<io::Result<_>>()?,
    };
    let before = message.len();
    *message = postcard::to_extend(&manifest, std::mem::take(message)).map_err(io::Error::other)?;
    let len = (message.len() - before) as u64;
    message.extend_from_slice(&len.to_ne_bytes());
    Ok(())
}

/// What was sent, without what was appended, and the handles in it.
pub(crate) fn open(message: &[u8]) -> Result<(&[u8], Vec<Arrival>), String> {
    let corrupt = || "its list of handles is corrupt".to_owned();
    let (rest, len) = message.split_last_chunk::<LEN>().ok_or_else(corrupt)?;
    let start = rest.len().checked_sub(u64::from_ne_bytes(*len) as usize);
    let (message, manifest) = rest
        .split_at_checked(start.ok_or_else(corrupt)?)
        .ok_or_else(corrupt)?;
    let manifest: Manifest = postcard::from_bytes(manifest).map_err(|_| corrupt())?;
    let sender = Owner::from_word(manifest.sender).ok_or_else(corrupt)?;
    let arrived = manifest.items.into_iter().map(|(ticket, whereabouts)| {
        Ok(Arrival {
            ticket,
            file: fetch(sender, whereabouts)?,
            from: Some(sender),
        })
    });
    Ok((message, arrived.collect::<Result<_, String>>()?))
}

/// Opens what the sender has open.
fn fetch(sender: Owner, whereabouts: Whereabouts) -> Result<OwnedFd, String> {
    let pid = sender.pid();
    let gone =
        || format!("a handle in it is gone with process {pid}, which has sent it and has ended");
    if !sender.is_alive() {
        return Err(gone());
    }
    whereabouts
        .open_in(pid)
        .map_err(|error| match error.raw_os_error().map(Errno::from_raw) {
            _ if !sender.is_alive() => gone(),
            Some(Errno::ENOENT) => {
                format!("a handle in it is gone: process {pid}, which has sent it, has closed it")
            }
            Some(Errno::EACCES | Errno::EPERM) => format!(
                "this process may not open a handle in it, which process {pid} has: that one has \
                 another user, or has changed it; let processes change it before they start others"
            ),
            Some(Errno::EMFILE) => format!(
                "this process has no descriptor left for a handle in it (see `ulimit -n`): {error}"
            ),
            _ => format!("a handle in it can't be opened in process {pid}: {error}"),
        })
}
