//! How a worker is started.

use super::settings::Settings;
use super::source::Source;
use crate::child::{Child, Legacy, Mailbox, start};
use crate::error::Error;
use crate::identity::Identity;
use crate::pool::shared::arena;
use crate::pool::shared::functions::Functions;
use crate::pool::shared::table::Table;
use crate::pool::worker::{Context, begin, errand};
use crate::start_method::{self, StartMethod};
use crate::sys::descriptor::Descriptor;
use crate::sys::window::Window;

/// What all workers of a pool have in common.
pub(super) struct Common<'a> {
    pub(super) workers: usize,
    pub(super) settings: &'a Settings,
    /// What a worker rings to wake its parent.
    pub(super) button: &'a Descriptor,
    pub(super) table: &'a Table,
    pub(super) functions: &'a Functions,
    pub(super) input: &'a Window,
}

impl Common<'_> {
    /// Starts the worker with this number.
    pub(super) fn spawn(&self, number: usize) -> Result<(Child, Source), Error> {
        let settings = self.settings;
        let identity = Identity::of_next_child(kind(settings.start_method), None);
        let name = identity.name.to_string();
        let failed = |error| Error::system(format!("start {name}"), error);
        let window = arena::new_window().map_err(failed)?;
        // Reserves a number for the descriptor that watches the worker, which can't be opened
        // earlier.
        let place = self.button.file().map_err(failed)?;
        let place = place.try_clone().map_err(failed)?;
        self.input.file().map_err(failed)?;
        let context = Context {
            table: self.table,
            functions: self.functions,
            number,
            input: self.input,
            output: &window,
            doorbell: self.button,
            is_timed: settings.task_timeout.is_some(),
            chunks: settings.max_chunks_per_worker,
            kills_programs: settings.kills_programs,
        };
        let mut child = match settings.start_method {
            StartMethod::Fork => self.fork(identity, &context),
            _ => self.start_anew(identity, &context),
        }?;
        drop(place);
        if settings.kills_programs {
            child.kill_group_at_end();
        }
        let source = Source::new(name, child.pid(), window);
        Ok((child, source))
    }

    fn fork(&self, identity: Identity, context: &Context) -> Result<Child, Error> {
        let mailbox = mailbox(&identity, Mailbox::of::<()>)?;
        let legacy = Legacy {
            descriptors: vec![
                context.input.descriptor(),
                context.output.descriptor(),
                context.doorbell,
            ],
            lent: Vec::new(),
            keeps_stdin: self.settings.keeps_stdin,
        };
        self.lend(true);
        let child = start(identity, mailbox, legacy, |mailbox| {
            begin(context, mailbox, || match &self.settings.initializer {
                Some(initializer) => initializer.make(),
                None => Ok(Box::new(())),
            })
        });
        self.lend(false);
        child
    }

    /// Sets whether children forked from now on get the table and the functions.
    fn lend(&self, lent: bool) {
        let parts = [self.table.memory(), Some(self.functions.memory())];
        parts.into_iter().flatten().for_each(|part| part.lend(lent));
    }

    fn start_anew(&self, identity: Identity, context: &Context) -> Result<Child, Error> {
        let mailbox = mailbox(&identity, Mailbox::to_send::<()>)?;
        let settings = self.settings;
        let name = &identity.name;
        let initializer = settings.initializer.as_ref();
        let initializer = initializer.map(|it| it.to_send(name)).transpose()?;
        let (errand, enclosed) = errand(name, context, self.workers, initializer)?;
        start_method::start(
            settings.start_method,
            identity,
            mailbox,
            errand,
            &enclosed,
            settings.keeps_stdin,
        )
    }
}

fn mailbox(identity: &Identity, new: fn() -> std::io::Result<Mailbox>) -> Result<Mailbox, Error> {
    new().map_err(|error| Error::system(format!("start {}", identity.name), error))
}

/// The first part of a worker's name, as in Python.
fn kind(method: StartMethod) -> &'static str {
    match method {
        StartMethod::Fork => "ForkPoolWorker",
        StartMethod::ForkServer => "ForkServerPoolWorker",
        StartMethod::Spawn => "SpawnPoolWorker",
    }
}
