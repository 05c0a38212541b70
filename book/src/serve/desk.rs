//! Takes orders to run a program, and streams what becomes of them.
//!
//! | Request | Answer |
//! |---|---|
//! | `GET /run?programs=lesson3/hello,…` | what a page needs to order: the token, a number for itself, what its programs take |
//! | `POST /run` | [`Event`]s as lines of JSON, until the run is over |
//! | `POST /run/stop` | nothing; the run's own answer tells how it ended |
//!
//! A run whose answer nobody reads any more is ended.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{self, Sender};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::door::{self, Door, Refusal};
use super::places::Places;
use crate::project::Project;
use crate::run::{Ended, Event, Language, Programs, Rules, Run};
use crate::timeline::Timeline;

/// An order is short.
const MOST_BYTES: usize = 4096;

#[derive(Debug)]
pub(super) struct Desk {
    project: Project,
    rules: Rules,
    door: Arc<Door>,
    /// How many pages were loaded.
    pages: AtomicU64,
    places: Arc<Places>,
}

pub(super) fn routes(desk: Arc<Desk>, door: &Arc<Door>) -> Router {
    let with_token = middleware::from_fn_with_state(door.clone(), door::with_token);
    let own_page = middleware::from_fn_with_state(door.clone(), door::own_page);
    Router::new()
        .route(
            "/run",
            get(offer).merge(post(run).layer(with_token.clone())),
        )
        .route("/run/stop", post(stop).layer(with_token))
        .layer(own_page)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .with_state(desk)
}

#[derive(Deserialize)]
struct Shown {
    programs: String,
}

#[derive(Serialize)]
struct Offer {
    token: String,
    page: u64,
    programs: Programs,
}

#[derive(Debug, Deserialize)]
struct Order {
    page: u64,
    program: String,
    language: Language,
    #[serde(default)]
    options: BTreeMap<String, u64>,
}

#[derive(Debug, Deserialize)]
struct Stop {
    page: u64,
}

async fn offer(
    State(desk): State<Arc<Desk>>,
    Query(shown): Query<Shown>,
) -> Result<Json<Offer>, Refusal> {
    let shown: Vec<&str> = shown.programs.split(',').collect();
    Ok(Json(Offer {
        token: desk.door.token.clone(),
        page: desk.pages.fetch_add(1, Relaxed),
        programs: desk.programs().await?.only(&shown),
    }))
}

async fn run(State(desk): State<Arc<Desk>>, Json(order): Json<Order>) -> Result<Response, Refusal> {
    let programs = desk.programs().await?;
    let name = &order.program;
    let listed = programs.get(name).ok_or_else(|| {
        Refusal(
            StatusCode::NOT_FOUND,
            format!("There is no program `{name}`."),
        )
    })?;
    let arguments = listed
        .arguments(order.language, &order.options)
        .map_err(|reason| Refusal(StatusCode::BAD_REQUEST, format!("{name}: {reason}.")))?;
    let place = Places::take(&desk.places, order.page)?;
    let (events, told) = mpsc::channel(16);
    tokio::spawn(async move {
        if let Some(listed) = programs.get(&order.program) {
            let run = Run {
                project: &desk.project,
                rules: &desk.rules,
                listed,
                language: order.language,
                arguments: &arguments,
                events: &events,
                stop: place.stop(),
            };
            finish(run.perform().await, &events).await;
        }
        // The next run may begin as soon as the page knows that this one is over.
        drop(place);
        drop(events);
    });
    Ok(streamed(ReceiverStream::new(told)))
}

async fn stop(State(desk): State<Arc<Desk>>, Json(stop): Json<Stop>) -> StatusCode {
    desk.places.stop(stop.page);
    StatusCode::NO_CONTENT
}

impl Desk {
    pub(super) fn new(project: Project, rules: Rules, door: Arc<Door>) -> Arc<Self> {
        Arc::new(Self {
            places: Arc::new(Places::new(rules.at_once)),
            project,
            rules,
            door,
            pages: AtomicU64::default(),
        })
    }

    /// Asked each time: a program may have been added since.
    async fn programs(&self) -> Result<Programs, Refusal> {
        let programs = Programs::of(&self.project).await;
        programs.map_err(|reason| Refusal(StatusCode::INTERNAL_SERVER_ERROR, reason))
    }
}

/// Tells what came after the program's end: its timeline, or that the run failed.
async fn finish(done: io::Result<Option<Timeline>>, events: &Sender<Event>) {
    let event = match done {
        Ok(None) => return,
        Ok(Some(timeline)) => Event::Timeline {
            html: timeline.of_this_run(),
        },
        Err(error) => Event::Ended(Ended::failed(&error)),
    };
    // Where nobody listens any more, nobody misses it.
    let _ = events.send(event).await;
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
