//! The programs that pages can run. Cargo and Python are asked once, and again after a change.

use std::sync::Arc;

use axum::http::StatusCode;
use tokio::sync::Mutex;

use super::access::Refusal;
use super::watch::Count;
use crate::project::Project;
use crate::run::Programs;

#[derive(Debug)]
pub(super) struct KnownPrograms {
    changes: Count,
    /// The last result, and the count of changes when it was asked for.
    known: Mutex<Option<(u64, Arc<Programs>)>>,
}

impl KnownPrograms {
    /// A result is kept until the next change.
    pub(super) fn until(changes: Count) -> Self {
        let known = Mutex::default();
        Self { changes, known }
    }

    /// Pages that ask at the same time share one result.
    pub(super) async fn get(&self, project: &Project) -> Result<Arc<Programs>, Refusal> {
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
