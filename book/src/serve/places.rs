//! How many runs there may be: one a page, and some in all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

use super::door::Refusal;

/// A program that was told to end may take this long, and its place is free after that.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Places {
    most: usize,
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
pub(super) struct Place {
    places: Arc<Places>,
    page: u64,
    stop: Arc<Notify>,
    permit: Option<OwnedSemaphorePermit>,
    /// Closes when the place is given back.
    _over: watch::Sender<()>,
}

impl Places {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            free: Arc::new(Semaphore::new(most)),
            taken: Mutex::default(),
        }
    }

    /// Takes a place for `page`. A run that the page has already is stopped, and waited for.
    pub(super) async fn take(places: &Arc<Self>, page: u64) -> Result<Place, Refusal> {
        let mut place = loop {
            match Self::claim(places, page) {
                Ok(place) => break place,
                Err(mut earlier) => {
                    earlier.stop.notify_one();
                    // It fails once the place is given back, and nothing is ever sent.
                    let _ = earlier.over.changed().await;
                }
            }
        };
        match timeout(PATIENCE, places.free.clone().acquire_owned()).await {
            Ok(permit) => place.permit = permit.ok(),
            Err(_) => {
                let reason = format!(
                    "{} programs are running, the most at a time. Stop one, perhaps in another tab.",
                    places.most
                );
                return Err(Refusal(StatusCode::TOO_MANY_REQUESTS, reason));
            }
        }
        Ok(place)
    }

    fn claim(places: &Arc<Self>, page: u64) -> Result<Place, Taken> {
        let mut taken = places.taken();
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
        Ok(Place {
            places: places.clone(),
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
