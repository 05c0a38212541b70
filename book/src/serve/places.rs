//! How many runs there may be: one a page, and some in all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use tokio::sync::Notify;

use super::door::Refusal;

#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    /// The pages that have a run, and how to stop it.
    taken: Mutex<HashMap<u64, Arc<Notify>>>,
}

/// The right to run, given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    page: u64,
    stop: Arc<Notify>,
}

impl Places {
    pub(super) fn new(most: usize) -> Self {
        let taken = Mutex::default();
        Self { most, taken }
    }

    pub(super) fn take(places: &Arc<Self>, page: u64) -> Result<Place, Refusal> {
        let mut taken = places.taken();
        if taken.contains_key(&page) {
            let reason = "This page runs a program already. Stop it first.";
            return Err(Refusal(StatusCode::CONFLICT, reason.to_owned()));
        }
        if taken.len() >= places.most {
            let reason = format!(
                "{} programs run, and that is the most. Stop one.",
                places.most
            );
            return Err(Refusal(StatusCode::TOO_MANY_REQUESTS, reason));
        }
        let stop = Arc::new(Notify::new());
        taken.insert(page, stop.clone());
        Ok(Place {
            places: places.clone(),
            page,
            stop,
        })
    }

    /// Tells the page's run to end, if it has one.
    pub(super) fn stop(&self, page: u64) {
        if let Some(stop) = self.taken().get(&page) {
            stop.notify_one();
        }
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<u64, Arc<Notify>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    pub(super) fn stop(&self) -> &Notify {
        &self.stop
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().remove(&self.page);
    }
}
