//! The book on loopback: built, built again at every change, and shown at once.

use std::convert::Infallible;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch::{self, Receiver, Sender};
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::build::{BuildError, build};
use crate::project::Project;
use crate::watch::Changes;

const RELOAD: &str = "reload";
/// Tried first, so that the address stays the same from day to day.
const USUAL_PORT: u16 = 3000;
/// Nothing but the book's own files; styles in attributes are mdBook's table columns.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error("cannot listen on port {port}: {source}; choose another with --port")]
    Listen { port: u16, source: io::Error },
    #[error("cannot notice changes: {0}")]
    Watch(#[from] notify::Error),
    #[error("cannot serve {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
}

/// What pages are told: when the book was built, and why the last build failed.
#[derive(Debug, Clone)]
struct News {
    built: String,
    problem: Option<String>,
}

/// A served book; `run` answers requests until the program ends.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    listener: TcpListener,
    app: Router,
}

impl Server {
    /// Builds the book inside `folder` and starts to listen and to watch. Each port has
    /// a folder of its own there: two served books do not meet.
    ///
    /// # Errors
    /// If the book has problems, or the port is taken. Without a `port`, any free one will do.
    pub async fn start(
        project: Project,
        folder: &Path,
        port: Option<u16>,
    ) -> Result<Self, ServeError> {
        let listener = listen(port).await?;
        let address = listener.local_addr().map_err(io_at(folder))?;
        let folder = folder.join(address.port().to_string());
        let changes = Changes::of(&project)?;
        publish(&project, &folder)?;
        let (sender, news) = watch::channel(News {
            built: stamp(),
            problem: None,
        });
        let app = app(&folder.join("live"), news);
        std::thread::spawn(move || rebuild_for_ever(&project, &folder, &changes, &sender));
        Ok(Self {
            address,
            listener,
            app,
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub async fn run(self) -> io::Result<()> {
        axum::serve(self.listener, self.app).await
    }
}

async fn listen(port: Option<u16>) -> Result<TcpListener, ServeError> {
    let wanted = port.unwrap_or(USUAL_PORT);
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, wanted)).await;
    let bound = match (bound, port) {
        (Err(_), None) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await,
        (bound, _) => bound,
    };
    bound.map_err(|source| ServeError::Listen {
        port: wanted,
        source,
    })
}

/// Builds beside the folder that is served and then swaps the two, so that a reader
/// never meets half a book.
fn publish(project: &Project, folder: &Path) -> Result<(), ServeError> {
    let (next, live, old) = (folder.join("next"), folder.join("live"), folder.join("old"));
    build(project, &next, Some(RELOAD))?;
    if live.exists() {
        fs::rename(&live, &old).map_err(io_at(&live))?;
    }
    fs::rename(&next, &live).map_err(io_at(&next))?;
    if old.exists() {
        fs::remove_dir_all(&old).map_err(io_at(&old))?;
    }
    Ok(())
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> ServeError {
    let path = path.to_owned();
    |source| ServeError::Io { path, source }
}

fn rebuild_for_ever(project: &Project, folder: &Path, changes: &Changes, news: &Sender<News>) {
    while changes.wait() {
        match publish(project, folder) {
            Ok(()) => {
                println!("Built again.");
                news.send_replace(News {
                    built: stamp(),
                    problem: None,
                });
            }
            Err(error) => {
                eprintln!("{error}");
                news.send_modify(|news| news.problem = Some(error.to_string()));
            }
        }
    }
}

fn stamp() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_millis().to_string()
}

fn app(live: &Path, news: Receiver<News>) -> Router {
    let always = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
    };
    Router::new()
        .route(
            &format!("/{RELOAD}"),
            get(async move || Sse::new(events(news.clone())).keep_alive(KeepAlive::default())),
        )
        .fallback_service(ServeDir::new(live))
        .layer(always(header::CONTENT_SECURITY_POLICY, POLICY))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::REFERRER_POLICY, "no-referrer"))
        .layer(always(header::CACHE_CONTROL, "no-cache"))
}

fn events(news: Receiver<News>) -> impl Stream<Item = Result<Event, Infallible>> {
    WatchStream::new(news).map(|news| {
        Ok(match news.problem {
            None => Event::default().event("built").data(news.built),
            Some(problem) => Event::default().event("problem").data(problem),
        })
    })
}
