//! Takes orders to run a program, and streams what becomes of them.
//!
//! | Request | Answer |
//! |---|---|
//! | `GET /run?programs=lesson3/hello,…` | what a page needs to order: the token, a number for itself, what its programs take |
//! | `POST /run` | [`Event`]s as lines of JSON, until the run is over |
//!
//! A run is stopped by no longer reading its answer, so it takes no second connection: a
//! browser opens only six to a host, and tabs with runs may have them all.

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

use super::door::{self, Door, Refusal};
use super::offers::Offers;
use super::places::Places;
use crate::project::Project;
use crate::run::{Ended, Event, Language, Listed, Rules, Run};
use crate::watch::Count;

/// An order is short.
const MOST_BYTES: usize = 4096;

#[derive(Debug)]
pub(super) struct Desk {
    project: Project,
    rules: Rules,
    door: Arc<Door>,
    /// How many pages were loaded.
    pages: AtomicU64,
    offers: Offers,
    places: Arc<Places>,
}

pub(super) fn routes(desk: Arc<Desk>, door: &Arc<Door>) -> Router {
    let with_token = middleware::from_fn_with_state(door.clone(), door::with_token);
    let own_page = middleware::from_fn_with_state(door.clone(), door::own_page);
    Router::new()
        .route("/run", get(offer).merge(post(run).layer(with_token)))
        .layer(own_page)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .with_state(desk)
}

#[derive(Deserialize)]
struct Shown {
    programs: String,
}

#[derive(Serialize)]
struct Offer<'a> {
    token: &'a str,
    page: u64,
    programs: BTreeMap<&'a str, &'a Listed>,
}

#[derive(Debug, Deserialize)]
struct Order {
    page: u64,
    program: String,
    language: Language,
    #[serde(default)]
    options: BTreeMap<String, u64>,
}

async fn offer(
    State(desk): State<Arc<Desk>>,
    Query(shown): Query<Shown>,
) -> Result<Response, Refusal> {
    let programs = desk.offers.programs(&desk.project).await?;
    let offer = Offer {
        token: &desk.door.token,
        page: desk.pages.fetch_add(1, Relaxed),
        programs: programs.only(shown.programs.split(',')),
    };
    Ok(Json(offer).into_response())
}

async fn run(State(desk): State<Arc<Desk>>, Json(order): Json<Order>) -> Result<Response, Refusal> {
    let programs = desk.offers.programs(&desk.project).await?;
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
    let place = Places::take(&desk.places, order.page).await?;
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
            let last = match run.perform().await {
                Ok(timeline) => timeline.map(|timeline| Event::Timeline {
                    html: timeline.of_this_run(),
                }),
                Err(error) => Some(Event::Ended(Ended::failed(&error))),
            };
            if let Some(last) = last {
                run.tell(last).await;
            }
        }
        // The next run may begin as soon as the page knows that this one is over.
        drop(place);
        drop(events);
    });
    Ok(streamed(ReceiverStream::new(told)))
}

impl Desk {
    pub(super) fn new(
        project: &Project,
        rules: Rules,
        door: Arc<Door>,
        changes: Count,
    ) -> Arc<Self> {
        let desk = Arc::new(Self {
            places: Arc::new(Places::new(rules.at_once)),
            offers: Offers::until(changes),
            project: project.clone(),
            rules,
            door,
            pages: AtomicU64::default(),
        });
        // The first page need not wait for the answer.
        let early = desk.clone();
        tokio::spawn(async move { drop(early.offers.programs(&early.project).await) });
        desk
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
