//! A place on loopback where a tool's webhooks arrive and are kept: what stands in for a client in tests.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A request that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub method: String,
    /// The whole address that was called.
    pub url: String,
    /// Lower-case names.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// How a letter is answered: status, content type, body.
pub type Reader = Arc<dyn Fn(&Letter) -> (u16, &'static str, String) + Send + Sync>;

struct Shelf {
    base: String,
    reader: Reader,
    /// A header of the letter that is repeated in the answer.
    repeats: Option<&'static str>,
    letters: Mutex<Vec<Letter>>,
    count: watch::Sender<usize>,
}

/// The mailbox; it closes when dropped.
pub struct Mailbox {
    shelf: Arc<Shelf>,
    _server: JoinSet<()>,
}

impl Mailbox {
    /// Opens one that answers 200 to everything.
    ///
    /// # Errors
    /// No port is free.
    pub async fn open() -> io::Result<Self> {
        Self::with_reader(Arc::new(|_| (200, "text/plain", String::new()))).await
    }

    /// Opens one that answers as `reader` says.
    ///
    /// # Errors
    /// No port is free.
    pub async fn with_reader(reader: Reader) -> io::Result<Self> {
        Self::start(reader, None).await
    }

    /// Opens one that answers 200 to everything, with this header (in lower case) as it stands in the letter: a handshake.
    ///
    /// # Errors
    /// No port is free.
    pub async fn repeating(header: &'static str) -> io::Result<Self> {
        Self::start(Arc::new(|_| (200, "text/plain", String::new())), Some(header)).await
    }

    async fn start(reader: Reader, repeats: Option<&'static str>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let shelf = Arc::new(Shelf { base, reader, repeats, letters: Mutex::default(), count: watch::Sender::new(0) });
        let router = Router::new().fallback(receive).with_state(Arc::clone(&shelf));
        let mut server = JoinSet::new();
        server.spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!(%error, "the mailbox closed");
            }
        });
        Ok(Self { shelf, _server: server })
    }

    /// Where letters are sent to.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.shelf.base)
    }

    /// All letters so far.
    pub fn letters(&self) -> Vec<Letter> {
        self.shelf.letters().clone()
    }

    /// Waits until there are so many.
    pub async fn wait_for(&self, count: usize) -> Vec<Letter> {
        let mut counted = self.shelf.count.subscribe();
        // An error would mean that the mailbox is gone, and it is borrowed here.
        let _ = counted.wait_for(|have| *have >= count).await;
        self.letters()
    }
}

impl Shelf {
    fn letters(&self) -> std::sync::MutexGuard<'_, Vec<Letter>> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn receive(State(shelf): State<Arc<Shelf>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let headers = headers.iter().map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let letter =
        Letter { method: method.to_string(), url: format!("{}{uri}", shelf.base), headers: headers.collect(), body: body.to_vec() };
    let (status, content_type, text) = (shelf.reader)(&letter);
    let repeated = shelf.repeats.and_then(|name| Some((name, letter.headers.get(name)?.clone())));
    let count = {
        let mut letters = shelf.letters();
        letters.push(letter);
        letters.len()
    };
    shelf.count.send_replace(count);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, [(header::CONTENT_TYPE, content_type)], text).into_response();
    if let Some((name, value)) = repeated
        && let Ok(value) = HeaderValue::from_str(&value)
    {
        response.headers_mut().insert(name, value);
    }
    response
}
