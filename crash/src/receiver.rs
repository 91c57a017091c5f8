//! The receiver of callbacks: it loses some, is slow with others, and keeps what it acknowledged.

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::net::TcpListener;

use crate::wait;

/// How long an answer is held back that comes at all.
const SLOW: Duration = Duration::from_millis(400);

/// What came.
#[derive(Default)]
struct Post {
    /// How often each callback was tried.
    tries: HashMap<String, u64>,
    /// The codes that were acknowledged, by task.
    acknowledged: BTreeMap<String, Vec<String>>,
    lost: u64,
    delayed: u64,
}

/// The receiver.
#[derive(Clone)]
pub(crate) struct Receiver {
    seed: u64,
    post: Arc<Mutex<Post>>,
}

/// What is done with a try.
#[derive(Clone, Copy)]
enum Manner {
    Acknowledge,
    Slowly,
    Refuse,
    Hang,
}

impl Receiver {
    /// Listens; the receiver and its address.
    pub(crate) async fn start(seed: u64) -> std::io::Result<(Self, String)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = format!("http://{}/callbacks", listener.local_addr()?);
        let receiver = Self { seed, post: Arc::default() };
        let router = Router::new().route("/callbacks", post(receive)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok((receiver, address))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Post> {
        self.post.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The manner of a try depends on the seed, the callback and how often it was tried; the second
    /// try succeeds, because the third is made minutes later.
    fn manner(&self, id: &str, tries: u64) -> Manner {
        if tries > 1 {
            return Manner::Acknowledge;
        }
        let digest = id.bytes().fold(self.seed, |sum, byte| {
            sum.rotate_left(5).wrapping_add(u64::from(byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
        match StdRng::seed_from_u64(digest).random_range(0..20) {
            0..3 => Manner::Refuse,
            3 => Manner::Hang,
            4..6 => Manner::Slowly,
            _ => Manner::Acknowledge,
        }
    }

    /// The codes that were acknowledged for a task.
    pub(crate) fn acknowledged(&self, tid: &str) -> Vec<String> {
        self.lock().acknowledged.get(tid).cloned().unwrap_or_default()
    }

    /// Callbacks that were tried, lost and delayed.
    pub(crate) fn counts(&self) -> (usize, u64, u64) {
        let post = self.lock();
        (post.tries.len(), post.lost, post.delayed)
    }
}

async fn receive(
    State(receiver): State<Receiver>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let header = headers.get("webhook-id").and_then(|id| id.to_str().ok());
    let id = header.unwrap_or_default().to_owned();
    let manner = {
        let mut post = receiver.lock();
        let tries = post.tries.entry(id.clone()).or_default();
        *tries += 1;
        let manner = receiver.manner(&id, *tries);
        match manner {
            Manner::Refuse | Manner::Hang => post.lost += 1,
            Manner::Slowly => post.delayed += 1,
            Manner::Acknowledge => {}
        }
        manner
    };
    match manner {
        Manner::Refuse => return (StatusCode::INTERNAL_SERVER_ERROR, "no"),
        // The sender gives up; whatever is answered then, nobody hears it.
        Manner::Hang => {
            std::future::pending::<()>().await;
        }
        Manner::Slowly => wait(SLOW).await,
        Manner::Acknowledge => {}
    }
    let field = |wanted: &str| {
        let mut form = url::form_urlencoded::parse(&body);
        let found = form.find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    receiver.lock().acknowledged.entry(field("tid")).or_default().push(field("status"));
    (StatusCode::OK, "success")
}
