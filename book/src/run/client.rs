//! The page that asked for a run: it receives the events and may stop the run.

use std::io;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::mpsc::Sender;
use tokio::{select, time};

use super::event::{Event, Over};

#[derive(Debug)]
pub struct Client<'a> {
    pub events: &'a Sender<Event>,
    /// Notified when the run has to end.
    pub stop: &'a Notify,
    /// A page that leaves an event unread for this long counts as gone.
    pub unread: Duration,
}

impl Client<'_> {
    /// False once nobody receives the events: the page is gone, or does not read them.
    pub async fn send(&self, event: Event) -> bool {
        let sent = self.events.send_timeout(event, self.unread);
        sent.await.is_ok()
    }

    /// Runs `work` until it is done, the client stops it or is gone, or `timeout` is over.
    pub(super) async fn until_over(
        &self,
        timeout: Duration,
        work: impl Future<Output = io::Result<Over>>,
    ) -> io::Result<Over> {
        select! {
            over = work => over,
            () = self.stop.notified() => Ok(Over::Stopped),
            () = self.events.closed() => Ok(Over::Gone),
            () = time::sleep(timeout) => Ok(Over::TooLong(timeout)),
        }
    }
}
