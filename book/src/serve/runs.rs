//! Requests to run a program.
//!
//! | Request | Response |
//! |---|---|
//! | `GET /run?programs=lesson3/hello,…` | what a page needs: the token, a number for itself, the options of its programs |
//! | `POST /run` | [`Event`]s as lines of JSON, until the run is over |
//!
//! Closing the response stops the run. That needs no second connection: a browser opens only
//! six per host, and tabs with runs may use them all.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::access::{self, Access, Refusal};
use super::programs::KnownPrograms;
use super::slots::Slots;
use super::watch::Count;
use crate::project::Project;
use crate::run::{Client, Ended, Event, Language, Listed, Rules, Run};

/// Requests are short.
const MAX_BYTES: usize = 4096;

#[derive(Debug)]
pub(super) struct Runs {
    project: Project,
    rules: Rules,
    access: Arc<Access>,
    /// How many pages were loaded.
    pages: AtomicU64,
    programs: KnownPrograms,
    slots: Arc<Slots>,
}

pub(super) fn routes(runs: Arc<Runs>, access: &Arc<Access>) -> Router {
    let with_token = middleware::from_fn_with_state(access.clone(), access::with_token);
    let own_page = middleware::from_fn_with_state(access.clone(), access::own_page);
    Router::new()
        .route("/run", get(about).merge(post(run).layer(with_token)))
        .layer(own_page)
        .layer(DefaultBodyLimit::max(MAX_BYTES))
        .with_state(runs)
}

#[derive(Deserialize)]
struct Page {
    programs: String,
}

#[derive(Serialize)]
struct About<'a> {
    token: &'a str,
    page: u64,
    programs: BTreeMap<&'a str, &'a Listed>,
}

#[derive(Debug, Deserialize)]
struct Request {
    page: u64,
    program: String,
    language: Language,
    #[serde(default)]
    options: BTreeMap<String, u64>,
}

async fn about(
    State(runs): State<Arc<Runs>>,
    Query(page): Query<Page>,
) -> Result<Response, Refusal> {
    let programs = runs.programs.get(&runs.project).await?;
    let about = About {
        token: &runs.access.token,
        page: runs.pages.fetch_add(1, Relaxed),
        programs: programs.only(page.programs.split(',')),
    };
    Ok(Json(about).into_response())
}

async fn run(
    State(runs): State<Arc<Runs>>,
    Json(request): Json<Request>,
) -> Result<Response, Refusal> {
    let programs = runs.programs.get(&runs.project).await?;
    let name = &request.program;
    let listed = programs.get(name).ok_or_else(|| {
        Refusal(
            StatusCode::NOT_FOUND,
            format!("There is no program `{name}`."),
        )
    })?;
    let arguments = listed
        .arguments(request.language, &request.options)
        .map_err(|reason| Refusal(StatusCode::BAD_REQUEST, format!("{name}: {reason}.")))?;
    let slot = Slots::take(&runs.slots, request.page).await?;
    let (events, received) = mpsc::channel(16);
    tokio::spawn(async move {
        if let Some(listed) = programs.get(&request.program) {
            let run = Run {
                project: &runs.project,
                rules: &runs.rules,
                listed,
                language: request.language,
                arguments: &arguments,
                client: Client {
                    events: &events,
                    stop: slot.stop(),
                    unread: runs.rules.unread,
                },
            };
            let last = match run.perform().await {
                Ok(timeline) => timeline.map(|timeline| Event::Timeline {
                    html: timeline.of_this_run(),
                }),
                Err(error) => Some(Event::Ended(Ended::failed(&error))),
            };
            if let Some(last) = last {
                run.client.send(last).await;
            }
        }
        // In this order: once the page sees the end, its slot is free.
        drop(slot);
        drop(events);
    });
    Ok(streamed(ReceiverStream::new(received)))
}

impl Runs {
    pub(super) fn new(
        project: &Project,
        rules: Rules,
        access: Arc<Access>,
        changes: Count,
    ) -> Arc<Self> {
        let runs = Arc::new(Self {
            slots: Arc::new(Slots::new(rules.at_once)),
            programs: KnownPrograms::until(changes),
            project: project.clone(),
            rules,
            access,
            pages: AtomicU64::default(),
        });
        // Asked early, so that the first page need not wait.
        let early = runs.clone();
        tokio::spawn(async move { drop(early.programs.get(&early.project).await) });
        runs
    }
}

/// An event a line.
fn streamed(events: ReceiverStream<Event>) -> Response {
    let lines = events.map(|event| {
        let line = serde_json::to_string(&event).expect("words and numbers become JSON");
        Ok::<_, Infallible>(line + "\n")
    });
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    (kind, Body::from_stream(lines)).into_response()
}
