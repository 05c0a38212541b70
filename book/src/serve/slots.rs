//! Limits on runs: one per page, and a few in total.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

use super::access::Refusal;

/// How long to wait for a free slot: a program that was stopped may need this long to end.
const TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Slots {
    max: usize,
    free: Arc<Semaphore>,
    /// The pages that have a run.
    taken: Mutex<HashMap<u64, Taken>>,
}

/// A page's run: how to stop it, and a channel that closes once it is over.
#[derive(Debug, Clone)]
struct Taken {
    stop: Arc<Notify>,
    over: watch::Receiver<()>,
}

/// The right to run, given back when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Slots>,
    page: u64,
    stop: Arc<Notify>,
    permit: Option<OwnedSemaphorePermit>,
    /// Closes when the slot is given back.
    _over: watch::Sender<()>,
}

impl Slots {
    pub(super) fn new(max: usize) -> Self {
        Self {
            max,
            free: Arc::new(Semaphore::new(max)),
            taken: Mutex::default(),
        }
    }

    /// Takes a slot for `page`. If the page already has a run, stops it and waits for its end.
    pub(super) async fn take(slots: &Arc<Self>, page: u64) -> Result<Slot, Refusal> {
        let mut slot = loop {
            match Self::claim(slots, page) {
                Ok(slot) => break slot,
                Err(mut earlier) => {
                    earlier.stop.notify_one();
                    // It fails once the slot is given back, and nothing is ever sent.
                    let _ = earlier.over.changed().await;
                }
            }
        };
        match timeout(TIMEOUT, slots.free.clone().acquire_owned()).await {
            Ok(permit) => slot.permit = permit.ok(),
            Err(_) => {
                let reason = format!(
                    "{} programs are already running, the most at a time. Stop one first, perhaps in another tab.",
                    slots.max
                );
                return Err(Refusal(StatusCode::TOO_MANY_REQUESTS, reason));
            }
        }
        Ok(slot)
    }

    fn claim(slots: &Arc<Self>, page: u64) -> Result<Slot, Taken> {
        let mut taken = slots.taken();
        if let Some(earlier) = taken.get(&page) {
            return Err(earlier.clone());
        }
        let stop = Arc::new(Notify::new());
        let (sender, over) = watch::channel(());
        taken.insert(
            page,
            Taken {
                stop: stop.clone(),
                over,
            },
        );
        Ok(Slot {
            slots: slots.clone(),
            page,
            stop,
            permit: None,
            _over: sender,
        })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<u64, Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    pub(super) fn stop(&self) -> &Notify {
        &self.stop
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.taken().remove(&self.page);
    }
}
