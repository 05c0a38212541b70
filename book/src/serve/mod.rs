//! The book on loopback: built, built again at every change, and shown at once.
//!
//! | file | what it is for |
//! |---|---|
//! | `live` | the pages, and news of the next build |
//! | `door` | who may come in: this book's own pages, and nobody else |
//! | `desk` | takes orders to run a program |
//! | `places` | how many runs there may be at once |

mod desk;
mod door;
mod live;
mod places;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::sse::{KeepAlive, Sse};
use axum::routing::get;
use axum::{Router, middleware};
use tokio::net::TcpListener;
use tokio::sync::watch::{self, Receiver};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::build::BuildError;
use crate::project::Project;
use crate::run::Rules;
use crate::watch::Changes;
use desk::Desk;
use door::Door;
use live::{News, publish, rebuild_for_ever};

const RELOAD: &str = "reload";
/// Tried first, so that the address stays the same from day to day.
const USUAL_PORT: u16 = 3000;
/// Nothing but the book's own files; styles in attributes are mdBook's table columns.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error("cannot listen on port {port}: {source}; choose another with --port")]
    Listen { port: u16, source: io::Error },
    #[error("cannot notice changes: {0}")]
    Watch(#[from] notify::Error),
    #[error("cannot make a token: {0}")]
    Token(#[from] getrandom::Error),
    #[error("cannot serve {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
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
        rules: Rules,
        folder: &Path,
        port: Option<u16>,
    ) -> Result<Self, ServeError> {
        let listener = listen(port).await?;
        let address = listener.local_addr().map_err(io_at(folder))?;
        let folder = folder.join(address.port().to_string());
        let changes = Changes::of(&project)?;
        publish(&project, &folder)?;
        let (sender, news) = watch::channel(News::built_now());
        let door = Arc::new(Door::at(address)?);
        let desk = Desk::new(project.clone(), rules, door.clone());
        let app = app(&folder.join("live"), news, door, desk);
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

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> ServeError {
    let path = path.to_owned();
    |source| ServeError::Io { path, source }
}

fn app(live: &Path, news: Receiver<News>, door: Arc<Door>, desk: Arc<Desk>) -> Router {
    let always = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
    };
    let news = get(async move || Sse::new(live::events(news)).keep_alive(KeepAlive::default()));
    Router::new()
        .route(&format!("/{RELOAD}"), news)
        .merge(desk::routes(desk, &door))
        .fallback_service(ServeDir::new(live))
        .layer(middleware::from_fn_with_state(door, door::host))
        .layer(always(header::CONTENT_SECURITY_POLICY, POLICY))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::REFERRER_POLICY, "no-referrer"))
        .layer(always(header::CACHE_CONTROL, "no-cache"))
        .layer(always(CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"))
}
