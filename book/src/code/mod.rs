//! Code and terminal sessions as a page shows them.
//!
//! | file | what it is for |
//! |---|---|
//! | `highlight` | code in colour |
//! | `listing` | code taken from a file, or from a part of it |
//! | `twins` | the Python and the Rust program side by side |
//! | `console` | a command and what it printed |

pub(crate) mod console;
pub(crate) mod highlight;
mod listing;
mod twins;

pub(crate) use listing::{Listing, listing};
pub(crate) use twins::twins;
