//! Which programs there are: cargo and Python are asked once, and again after a change.

use std::sync::Arc;

use axum::http::StatusCode;
use tokio::sync::Mutex;

use super::door::Refusal;
use crate::project::Project;
use crate::run::Programs;
use crate::watch::Count;

#[derive(Debug)]
pub(super) struct Offers {
    changes: Count,
    /// The last answer, and the count of changes before it was asked for.
    known: Mutex<Option<(u64, Arc<Programs>)>>,
}

impl Offers {
    /// Remembers until `changes` counts another.
    pub(super) fn until(changes: Count) -> Self {
        let known = Mutex::default();
        Self { changes, known }
    }

    /// Pages that ask at the same time wait for one answer.
    pub(super) async fn programs(&self, project: &Project) -> Result<Arc<Programs>, Refusal> {
        let mut known = self.known.lock().await;
        let count = self.changes.now();
        if let Some((since, programs)) = &*known
            && *since == count
        {
            return Ok(programs.clone());
        }
        let programs = Programs::of(project).await;
        let programs = programs.map(Arc::new);
        let programs =
            programs.map_err(|reason| Refusal(StatusCode::INTERNAL_SERVER_ERROR, reason))?;
        *known = Some((count, programs.clone()));
        Ok(programs)
    }
}
