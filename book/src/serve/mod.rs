//! The book on loopback: built, built again at every change, and shown at once.
//!
//! | file | what it is for |
//! |---|---|
//! | `listen` | the port, and the connections that come in on it |
//! | `account` | whose connection it is |
//! | `door` | who may come in: this book's own pages, and nobody else |
//! | `live` | the pages, and news of the next build |
//! | `own` | the reader's own figures in them |
//! | `desk` | takes orders to run a program |
//! | `offers` | which programs there are, asked once and remembered |
//! | `places` | how many runs there may be at once |

mod account;
mod desk;
mod door;
mod listen;
mod live;
mod offers;
mod own;
mod places;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::sse::{KeepAlive, Sse};
use axum::routing::{get, get_service};
use axum::{Router, middleware};
use tokio::net::TcpListener;
use tokio::sync::watch::{self, Receiver};
use tokio_stream::StreamExt;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::build::BuildError;
use crate::project::Project;
use crate::run::Rules;
use crate::watch::Changes;
use desk::Desk;
use door::Door;
use live::{Live, News};
use own::Own;

/// Tried first, so that the address stays the same from day to day.
pub const USUAL_PORT: u16 = 3000;

const RELOAD: &str = "reload";
/// Nothing but the book's own files; styles in attributes are mdBook's table columns.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
    base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");
const CROSS_ORIGIN_OPENER_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-opener-policy");

/// Where the book is to be found, and by whom.
#[derive(Debug, Clone)]
pub struct Options {
    /// `None`: the usual port, or any free one where that is taken.
    pub port: Option<u16>,
    /// Names by which this machine may be called, beside `localhost` and its addresses.
    pub hosts: Vec<String>,
    /// How long a client may take to send a request.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: None,
            hosts: Vec::new(),
            patience: Duration::from_secs(10),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(
        "port {port} is taken, perhaps by this book: look at http://localhost:{port}/, or choose \
         another with --port (without it, any free port will do)"
    )]
    PortTaken { port: u16 },
    #[error("this account may not listen on port {port}; choose one from 1024 up with --port")]
    PortReserved { port: u16 },
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
    patience: Duration,
}

impl Server {
    /// Builds the book inside `folder` and starts to listen and to watch. Each port has
    /// a folder of its own there: two served books do not meet.
    ///
    /// # Errors
    /// If the book has problems, or the port can't be had.
    pub async fn start(
        project: Project,
        rules: Rules,
        folder: &Path,
        options: Options,
    ) -> Result<Self, ServeError> {
        let listener = listen::bind(options.port).await?;
        let address = listener.local_addr().map_err(io_at(folder))?;
        let folder = folder.join(address.port().to_string());
        let changes = Changes::of(&project)?;
        let live = Live::publish(&project, &folder)?;
        let (sender, news) = watch::channel(live.news());
        let door = Arc::new(Door::named(options.hosts)?);
        let desk = Desk::new(&project, rules, door.clone(), changes.count());
        let own = Own::of(&project);
        let app = app(
            &folder.join("live"),
            news,
            own,
            door,
            desk,
            options.patience,
        );
        std::thread::spawn(move || live.rebuild_for_ever(&project, &changes, &sender));
        Ok(Self {
            address,
            listener,
            app,
            patience: options.patience,
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub async fn run(self) -> io::Result<()> {
        listen::answer(self.listener, self.app, self.patience).await
    }
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> ServeError {
    let path = path.to_owned();
    |source| ServeError::Io { path, source }
}

fn app(
    live: &Path,
    news: Receiver<News>,
    own: Arc<Own>,
    door: Arc<Door>,
    desk: Arc<Desk>,
    patience: Duration,
) -> Router {
    let always = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
    };
    let told = own.clone();
    let news = get(async move || {
        let events = live::events(news).merge(told.events());
        Sse::new(events).keep_alive(KeepAlive::default())
    });
    // Without folders there are no redirects, which `//host` would lead elsewhere.
    let files = ServeDir::new(live).append_index_html_on_directories(false);
    let files = files.not_found_service(ServeFile::new(live.join("404.html")));
    let with_own = middleware::from_fn_with_state(own, own::fill_in);
    let pages = Router::new().fallback_service(files).layer(with_own);
    Router::new()
        .route("/", get_service(ServeFile::new(live.join("index.html"))))
        .route(&format!("/{RELOAD}"), news)
        .merge(desk::routes(desk, &door))
        .fallback_service(pages)
        .layer(RequestBodyTimeoutLayer::new(patience))
        .layer(middleware::from_fn_with_state(door, door::own_reader))
        .layer(always(header::CONTENT_SECURITY_POLICY, POLICY))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::REFERRER_POLICY, "no-referrer"))
        .layer(always(header::CACHE_CONTROL, "no-cache"))
        .layer(always(CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"))
        .layer(always(CROSS_ORIGIN_OPENER_POLICY, "same-origin"))
}
