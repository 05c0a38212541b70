//! The reader's own figures in served pages, beside the recorded ones: they appear as soon as
//! `cargo bench` has measured them, without a build.
//!
//! A page is filled in as it is served. An open page is notified of new figures and requests
//! itself again.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::SystemTime;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use tokio::sync::watch::{self, Receiver, Sender};
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt};

use super::watch::Folder;
use crate::figure;
use crate::measured::{Folder as Results, Measured};
use crate::project::Project;

/// Far more than any page.
const MOST_BYTES: usize = 64 << 20;

#[derive(Debug)]
pub(super) struct OwnFigures {
    project: Project,
    results: Results,
    /// When the figures last changed, in milliseconds since 1970.
    when: Sender<String>,
}

impl OwnFigures {
    /// Watches the results of `project` until the program ends. If that fails, pages show the
    /// figures as they are when the page is loaded.
    pub(super) fn of(project: &Project) -> Arc<Self> {
        let results = Results::of(project).unwrap_or_else(|_| Results::usual(project));
        let folder = Folder::at(results.criterion());
        let own = Arc::new(Self {
            project: project.clone(),
            results,
            when: watch::channel(now()).0,
        });
        let watching = own.clone();
        std::thread::spawn(move || {
            if let Err(error) = folder.and_then(|folder| watching.tell_for_ever(folder)) {
                let folder = watching.results.criterion().display();
                eprintln!(
                    "Cannot watch {folder} for new figures, so reload a page to see them: {error}"
                );
            }
        });
        own
    }

    fn tell_for_ever(&self, mut folder: Folder) -> notify::Result<()> {
        loop {
            folder.wait()?;
            self.when.send_replace(now());
        }
    }

    pub(super) fn events(&self) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
        let when: Receiver<String> = self.when.subscribe();
        WatchStream::new(when).map(|when| {
            let news = serde_json::json!({ "measured": when }).to_string();
            Ok(Event::default().event("measured").data(news))
        })
    }

    fn fill_in(&self, page: &str) -> String {
        // Read first, so that figures arriving meanwhile count as new.
        let when = self.when.borrow().clone();
        let own = Measured::own(&self.results);
        figure::fill_in(&self.project, page, own.as_ref(), &when)
    }
}

fn now() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_millis().to_string()
}

/// Puts the figures into a page. Conditional requests are answered in full, since the figures may
/// have changed when the file has not.
pub(super) async fn fill_in(
    State(own): State<Arc<OwnFigures>>,
    mut request: Request,
    next: Next,
) -> Response {
    if !request.uri().path().ends_with(".html") {
        return next.run(request).await;
    }
    for condition in [
        header::IF_MODIFIED_SINCE,
        header::IF_UNMODIFIED_SINCE,
        header::IF_NONE_MATCH,
        header::RANGE,
    ] {
        request.headers_mut().remove(condition);
    }
    let (mut head, body) = next.run(request).await.into_parts();
    let is_page = head
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind == "text/html");
    if !is_page {
        return Response::from_parts(head, body);
    }
    let Ok(bytes) = to_bytes(body, MOST_BYTES).await else {
        return axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let page = match String::from_utf8(bytes.to_vec()) {
        Ok(page) if figure::has_figures(&page) => page,
        _ => return Response::from_parts(head, Body::from(bytes)),
    };
    let filled = tokio::task::spawn_blocking(move || own.fill_in(&page)).await;
    let Ok(filled) = filled else {
        return axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    for name in [header::LAST_MODIFIED, header::ETAG, header::ACCEPT_RANGES] {
        head.headers.remove(name);
    }
    head.headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(filled.len()));
    Response::from_parts(head, Body::from(filled))
}
