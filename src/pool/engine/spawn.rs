//! How a worker is started.

use std::any::Any;

use super::settings::Settings;
use super::source::Source;
use crate::error::Error;
use crate::pool::shared::arena;
use crate::pool::shared::functions::Functions;
use crate::pool::shared::table::Table;
use crate::pool::worker::{Context, work};
use crate::process::{Child, Identity, Legacy, Mailbox, start};
use crate::sys::descriptor::Descriptor;
use crate::sys::program_group;
use crate::sys::signals::leave_sigint_to_parent;
use crate::sys::window::Window;

/// Starts the worker with this number, which rings `button` to wake its parent.
pub(super) fn spawn(
    number: usize,
    settings: &Settings,
    button: &Descriptor,
    table: &Table,
    functions: &Functions,
    input: &Window,
) -> Result<(Child, Source), Error> {
    let identity = Identity::of_next_child("ForkPoolWorker", None);
    let name = identity.name.to_string();
    let failed = |error| Error::system(format!("start {name}"), error);
    let window = arena::new_window().map_err(failed)?;
    let mailbox = Mailbox::of::<()>().map_err(failed)?;
    // Reserves a number for the descriptor by which the worker is watched, which can't be opened
    // before.
    let place = button.file().map_err(failed)?;
    let place = place.try_clone().map_err(failed)?;
    input.file().map_err(failed)?;
    let legacy = Legacy {
        descriptors: vec![input.descriptor(), window.descriptor(), button],
        lent: Vec::new(),
        keeps_stdin: settings.keeps_stdin,
    };
    table.lend(true);
    functions.lend(true);
    let child = start(identity, mailbox, legacy, |mailbox| {
        let context = Context {
            table,
            functions,
            number,
            input,
            output: &window,
            doorbell: button,
            is_timed: settings.task_timeout.is_some(),
            chunks: settings.max_chunks_per_worker,
        };
        // The parent decides what Ctrl-C means; if it ends, so do the workers.
        leave_sigint_to_parent();
        let state = lead_programs(settings).and_then(|()| initialize(settings));
        mailbox.leave_if_copied();
        let worked = state
            .and_then(|mut state| work(&context, mailbox, &mut *state).map_err(|e| e.to_string()));
        worked.unwrap_or_else(|reason| {
            mailbox.leave_failure(&reason);
            1
        })
    });
    table.lend(false);
    functions.lend(false);
    let mut child = child?;
    drop(place);
    if settings.kills_programs {
        child.kill_group_at_end();
    }
    let source = Source::new(name, child.pid(), window);
    Ok((child, source))
}

/// In the worker, before any code that could start a program.
fn lead_programs(settings: &Settings) -> Result<(), String> {
    if !settings.kills_programs {
        return Ok(());
    }
    program_group::lead()
        .map_err(|error| format!("cannot make programs end with the worker: {error}"))
}

/// In the worker.
fn initialize(settings: &Settings) -> Result<Box<dyn Any>, String> {
    let Some(initializer) = &settings.initializer else {
        return Ok(Box::new(()));
    };
    initializer()
}
