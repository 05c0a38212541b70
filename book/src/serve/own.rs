//! The reader's own figures in served pages: beside the recorded ones as soon as `cargo bench` has
//! measured them, without a build.
//!
//! A page gets them on its way out, so it is the page itself that an open one asks for again when
//! there are others.

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

use crate::figures;
use crate::project::Project;
use crate::record::{Kept, Measured};
use crate::watch::Folder;

/// No page is that long.
const MOST_BYTES: usize = 64 << 20;

#[derive(Debug)]
pub(super) struct Own {
    project: Project,
    kept: Kept,
    /// When the figures last changed.
    when: Sender<String>,
}

impl Own {
    /// Watches the figures of `project` until the program ends. Where that fails, pages show them
    /// as they are when they are loaded: the book is there all the same.
    pub(super) fn of(project: &Project) -> Arc<Self> {
        let kept = Kept::of(project).unwrap_or_else(|_| Kept::usual(project));
        let folder = Folder::at(kept.criterion());
        let own = Arc::new(Self {
            project: project.clone(),
            kept,
            when: watch::channel(now()).0,
        });
        let watching = own.clone();
        std::thread::spawn(move || {
            if let Err(error) = folder.and_then(|folder| watching.tell_for_ever(folder)) {
                let folder = watching.kept.criterion().display();
                eprintln!("New figures in {folder} are shown once a page is loaded again: {error}");
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
        // Read before the figures: those that come meanwhile are news.
        let when = self.when.borrow().clone();
        let own = Measured::own(&self.kept);
        figures::fill_in(&self.project, page, own.as_ref(), &when)
    }
}

fn now() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_millis().to_string()
}

/// Puts the figures into a page. It is asked for anew each time: its file may be unchanged when
/// its figures are not.
pub(super) async fn fill_in(
    State(own): State<Arc<Own>>,
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
        Ok(page) if figures::has_figures(&page) => page,
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
