//! Serves the book on loopback, and rebuilds it at every change.
//!
//! | file | what it is for |
//! |---|---|
//! | `listen` | the port, and the connections that come in on it |
//! | `account` | which account a connection belongs to |
//! | `access` | only this book's own pages, opened by the reader's own account |
//! | `watch` | notices changes |
//! | `live` | the pages, and notification of the next build |
//! | `own_figures` | the reader's own figures in them |
//! | `runs` | requests to run a program |
//! | `programs` | the programs that pages can run |
//! | `slots` | limits on the number of runs |

mod access;
mod account;
mod listen;
mod live;
mod own_figures;
mod programs;
mod runs;
mod slots;
mod watch;

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
use tokio::sync::watch::{Receiver, channel};
use tokio_stream::StreamExt;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::build::BuildError;
use crate::project::Project;
use crate::run::Rules;
use access::Access;
use live::{BuildState, Live};
use own_figures::OwnFigures;
use runs::Runs;
use watch::Changes;

/// Tried first, so that the address stays the same from day to day.
pub const USUAL_PORT: u16 = 3000;

const RELOAD: &str = "reload";
/// Only the book's own files. mdBook aligns table columns by style attributes.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
    base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");
const CROSS_ORIGIN_OPENER_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-opener-policy");

/// Where the book is served.
#[derive(Debug, Clone)]
pub struct Options {
    /// `None`: the usual port, or any free one if that is taken.
    pub port: Option<u16>,
    /// Names that this server answers to, besides `localhost` and loopback addresses.
    pub hosts: Vec<String>,
    /// How long a client may take to send a request.
    pub timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: None,
            hosts: Vec::new(),
            timeout: Duration::from_secs(10),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(
        "port {port} is taken, perhaps by this book: look at http://localhost:{port}/, or choose \
         another with --port (without it, any free port is used)"
    )]
    PortTaken { port: u16 },
    #[error("this account may not listen on port {port}; choose one from 1024 up with --port")]
    PortReserved { port: u16 },
    #[error("cannot listen on port {port}: {source}; choose another with --port")]
    Listen { port: u16, source: io::Error },
    #[error("cannot watch for changes: {0}")]
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
    timeout: Duration,
}

impl Server {
    /// Builds the book inside `folder` and starts to listen and to watch. Each port has its own
    /// folder there, so two servers do not disturb each other.
    ///
    /// # Errors
    /// If the book has problems, or the port is not available.
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
        let (sender, state) = channel(live.state());
        let access = Arc::new(Access::new(options.hosts)?);
        let runs = Runs::new(&project, rules, access.clone(), changes.count());
        let own = OwnFigures::of(&project);
        let app = app(
            &folder.join("live"),
            state,
            own,
            access,
            runs,
            options.timeout,
        );
        std::thread::spawn(move || live.rebuild_for_ever(&project, &changes, &sender));
        Ok(Self {
            address,
            listener,
            app,
            timeout: options.timeout,
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub async fn run(self) -> io::Result<()> {
        listen::answer(self.listener, self.app, self.timeout).await
    }
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> ServeError {
    let path = path.to_owned();
    |source| ServeError::Io { path, source }
}

fn app(
    live: &Path,
    state: Receiver<BuildState>,
    own: Arc<OwnFigures>,
    access: Arc<Access>,
    runs: Arc<Runs>,
    timeout: Duration,
) -> Router {
    let always = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
    };
    let figures = own.clone();
    let changes = get(async move || {
        let events = live::events(state).merge(figures.events());
        Sse::new(events).keep_alive(KeepAlive::default())
    });
    // Redirects to a folder's index could be made to lead to another host (`//host`).
    let files = ServeDir::new(live).append_index_html_on_directories(false);
    let files = files.not_found_service(ServeFile::new(live.join("404.html")));
    let with_own = middleware::from_fn_with_state(own, own_figures::fill_in);
    let pages = Router::new().fallback_service(files).layer(with_own);
    Router::new()
        .route("/", get_service(ServeFile::new(live.join("index.html"))))
        .route(&format!("/{RELOAD}"), changes)
        .merge(runs::routes(runs, &access))
        .fallback_service(pages)
        .layer(RequestBodyTimeoutLayer::new(timeout))
        .layer(middleware::from_fn_with_state(access, access::own_reader))
        .layer(always(header::CONTENT_SECURITY_POLICY, POLICY))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::REFERRER_POLICY, "no-referrer"))
        .layer(always(header::CACHE_CONTROL, "no-cache"))
        .layer(always(CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"))
        .layer(always(CROSS_ORIGIN_OPENER_POLICY, "same-origin"))
}
