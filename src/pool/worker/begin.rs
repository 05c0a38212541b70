//! How a worker begins: as a copy of its parent, or from what it was sent.

use std::io;
use std::ops::Range;
use std::os::fd::OwnedFd;

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::initializer::{Sent, State};
use super::work;
use crate::child::Mailbox;
use crate::error::Error;
use crate::pool::shared::functions::Functions;
use crate::pool::shared::table::Table;
use crate::start_method::{Errand, Received};
use crate::sys::descriptor::Descriptor;
use crate::sys::program_group;
use crate::sys::shared_part::SharedPart;
use crate::sys::signals::leave_sigint_to_parent;
use crate::sys::window::Window;

/// Makes the state and works, and returns the exit code.
pub(in crate::pool) fn begin(
    context: &Context,
    mailbox: &Mailbox,
    make_state: impl FnOnce() -> State,
) -> i32 {
    // The parent decides what Ctrl-C means; if it ends, so do the workers.
    leave_sigint_to_parent();
    let state = lead_programs(context).and_then(|()| make_state());
    mailbox.exit_if_copied();
    let worked =
        state.and_then(|mut state| work(context, mailbox, &mut *state).map_err(|e| e.to_string()));
    worked.unwrap_or_else(|reason| {
        mailbox.post_failure(&reason);
        1
    })
}

/// Called before any code that could start a program.
fn lead_programs(context: &Context) -> Result<(), String> {
    if !context.kills_programs {
        return Ok(());
    }
    program_group::lead()
        .map_err(|error| format!("cannot make programs end with the worker: {error}"))
}

/// A [`Context`] in the form in which it is sent.
#[derive(Serialize, Deserialize)]
struct Assignment {
    number: usize,
    workers: usize,
    /// Where the table and the functions lie in their files.
    table: u64,
    functions: u64,
    input: Range<u64>,
    output: Range<u64>,
    is_timed: bool,
    chunks: Option<u64>,
    kills_programs: bool,
    initializer: Option<Sent>,
}

/// What a worker that inherits nothing must do, and the descriptors it needs.
///
/// # Errors
/// If the context is not in memory that can be sent.
pub(in crate::pool) fn errand<'a>(
    name: &str,
    context: &Context<'a>,
    workers: usize,
    initializer: Option<(Sent, Vec<u8>)>,
) -> Result<(Errand, [&'a Descriptor; 5]), Error> {
    let table = context.table.memory().and_then(SharedPart::address);
    let places = table.zip(context.functions.memory().address());
    let ((table_file, table), (functions_file, functions)) = places
        .ok_or_else(|| Error::system(format!("start {name}"), io::ErrorKind::InvalidInput))?;
    let (initializer, argument) = initializer.unzip();
    let assignment = Assignment {
        number: context.number,
        workers,
        table,
        functions,
        input: context.input.range(),
        output: context.output.range(),
        is_timed: context.is_timed,
        chunks: context.chunks,
        kills_programs: context.kills_programs,
        initializer,
    };
    let mut bytes = postcard::to_allocvec(&assignment).map_err(Error::encode::<Assignment>)?;
    bytes.extend(argument.unwrap_or_default());
    let enclosed = [
        table_file,
        functions_file,
        context.input.descriptor(),
        context.output.descriptor(),
        context.doorbell,
    ];
    Ok((Errand::of_run(name, begin_by_errand, bytes)?, enclosed))
}

fn begin_by_errand(received: Received, mailbox: &Mailbox) -> i32 {
    let begun = arrive(received.enclosed, &received.argument, mailbox);
    begun.unwrap_or_else(|error| {
        mailbox.post_failure(&error.to_string());
        1
    })
}

fn arrive(enclosed: Vec<OwnedFd>, bytes: &[u8], mailbox: &Mailbox) -> io::Result<i32> {
    let taken = postcard::take_from_bytes::<Assignment>(bytes);
    let (assignment, argument) = taken.map_err(io::Error::other)?;
    let enclosed: [OwnedFd; 5] = enclosed
        .try_into()
        .map_err(|_| io::ErrorKind::InvalidData)?;
    let [table, functions, input, output, doorbell] = enclosed;
    let len = Table::len(assignment.workers);
    // SAFETY: the parent has mapped both, and sealed the files against getting shorter.
    let table = unsafe { SharedPart::received(table, assignment.table, len) }?;
    // SAFETY: as above.
    let functions =
        unsafe { SharedPart::received(functions, assignment.functions, Functions::LEN) }?;
    let context = Context {
        table: &Table::received(table, assignment.workers),
        functions: &Functions::from_part(functions),
        number: assignment.number,
        input: &Window::received(Descriptor::new(input)?, assignment.input),
        output: &Window::received(Descriptor::new(output)?, assignment.output),
        doorbell: &Descriptor::new(doorbell)?,
        is_timed: assignment.is_timed,
        chunks: assignment.chunks,
        kills_programs: assignment.kills_programs,
    };
    Ok(begin(&context, mailbox, || match assignment.initializer {
        // SAFETY: the parent runs the same program.
        Some(initializer) => unsafe { initializer.make(argument) },
        None => Ok(Box::new(())),
    }))
}
