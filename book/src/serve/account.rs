//! Which account a connection belongs to: on loopback, the kernel knows.
//!
//! Every account of a machine can connect to its loopback ports. Without this check, anyone
//! logged in could read the page's token and run programs as the account that serves the book.
//! A password in the address would keep them out too, but it ends up in the browser's history,
//! and bookmarks would not survive a restart.

use std::net::SocketAddr;

use nix::unistd::{Uid, geteuid};
use procfs::net;

/// The account that opened a connection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Account {
    /// The account that serves the book, or root, which could do all of this anyway. A port
    /// forwarded by ssh or an editor ends in a process of the reader's own.
    Own,
    Other(u32),
    /// The connection is closed already, or the kernel does not say.
    Unknown,
}

impl Account {
    /// Of the connection from `peer` to `server`, both on this machine.
    pub(super) fn behind(peer: SocketAddr, server: SocketAddr) -> Self {
        let connections = net::tcp().unwrap_or_default();
        let end = |entry: &&net::TcpNetEntry| {
            entry.local_address == peer && entry.remote_address == server
        };
        match connections.iter().find(end).map(|entry| entry.uid) {
            Some(uid) if uid == geteuid().as_raw() || Uid::from_raw(uid).is_root() => Self::Own,
            Some(uid) => Self::Other(uid),
            None => Self::Unknown,
        }
    }
}
