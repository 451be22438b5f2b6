//! What those who run the hub watch, as text for Prometheus at `/metrics`. It names tools and our own routes, never a workspace, a
//! person or a path. docs/METRICS.md lists it all.

use std::net::SocketAddr;
use std::sync::OnceLock;

use axum::Router;
use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::app::App;
use crate::identity::Admin;
use crate::problem::{Answer, Problem};

/// Seconds: from an answer out of memory to a long pass.
const BUCKETS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0];

/// How a proxy says for whom it asks.
const FORWARDED: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

/// What a metric is.
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Every metric: what it is, its name, what it says.
const METRICS: [(Kind, &str, &str); 13] = [
    (Kind::Gauge, "harmony_build_info", "Always 1; the label says the version."),
    (Kind::Counter, "harmony_http_requests_total", "Requests, by route and status."),
    (Kind::Histogram, "harmony_http_request_seconds", "How long their answers took."),
    (Kind::Counter, "harmony_webhooks_total", "Webhooks of tools, by what became of them."),
    (Kind::Counter, "harmony_passes_total", "Passes of streams, by how they ended."),
    (Kind::Histogram, "harmony_pass_seconds", "How long they took."),
    (Kind::Counter, "harmony_tool_calls_total", "Calls to tools, each attempt, by how they ended."),
    (Kind::Histogram, "harmony_tool_call_seconds", "How long they took."),
    (Kind::Gauge, "harmony_streams", "Streams that are switched on."),
    (Kind::Gauge, "harmony_streams_failing", "Streams whose last pass failed."),
    (
        Kind::Gauge,
        "harmony_stream_waiting_seconds",
        "Age of the oldest wish that no worker took up; for a live push, of the oldest unread change.",
    ),
    (Kind::Gauge, "harmony_stream_in_step_seconds", "Time since the stream that was in step longest ago was in step."),
    (Kind::Gauge, "harmony_unsettled_intents", "Writes whose outcome is not known: open, or uncertain until a person looks."),
];

/// The counting of this process; begins with the first call.
fn recorder() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| {
        let handle = builder().install_recorder().expect("nothing else in this process installs a recorder");
        describe();
        handle
    })
}

fn builder() -> PrometheusBuilder {
    PrometheusBuilder::new().set_buckets(&BUCKETS).expect("there are buckets")
}

fn describe() {
    for (kind, name, what) in METRICS {
        match kind {
            Kind::Counter => describe_counter!(name, what),
            Kind::Gauge => describe_gauge!(name, what),
            Kind::Histogram => describe_histogram!(name, Unit::Seconds, what),
        }
    }
}

/// Begins to count in this process; before, nothing is counted.
pub fn begin() {
    recorder();
}

/// Puts what was measured into its buckets. To be called now and then, so that measurements do not pile up where nobody reads them.
pub fn tidy() {
    recorder().run_upkeep();
}

/// `/metrics`.
pub fn router() -> Router<App> {
    Router::new().route("/metrics", get(read))
}

/// Counts a request by the route that took it.
pub async fn measure(State(app): State<App>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = known(request.method());
    let began = app.hub().env().now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    counter!("harmony_http_requests_total", "method" => method, "route" => route.clone(), "status" => status).increment(1);
    histogram!("harmony_http_request_seconds", "route" => route).record(seconds(began, app.hub().env().now()));
    response
}

/// Anybody may send any word as a method.
fn known(method: &Method) -> &'static str {
    const KNOWN: [Method; 7] = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    const NAMES: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.iter().position(|known| known == method).map_or("other", |at| NAMES[at])
}

/// Whoever may read: a program on this machine, or an admin.
struct Watcher;

impl FromRequestParts<App> for Watcher {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let local = parts.extensions.get::<ConnectInfo<SocketAddr>>().is_some_and(|ConnectInfo(from)| from.ip().is_loopback());
        // A proxy on this machine asks for others.
        let forwarded = FORWARDED.iter().any(|name| parts.headers.contains_key(*name));
        if !local || forwarded {
            Admin::from_request_parts(parts, app).await?;
        }
        Ok(Self)
    }
}

async fn read(State(app): State<App>, _watcher: Watcher) -> Answer<Response> {
    let counted = recorder().render();
    let text = counted + &standing(&app).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

/// What is read at this moment: in a recorder of its own, so that what is gone is not shown for ever.
async fn standing(app: &App) -> Answer<String> {
    let store = app.hub().store();
    let (lags, intents) = (store.stream_lags_across_workspaces().await?, store.unsettled_intents_across_workspaces().await?);
    let now = app.hub().env().now();
    let recorder = builder().build_recorder();
    metrics::with_local_recorder(&recorder, || {
        describe();
        gauge!("harmony_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        for lag in lags {
            let labels = [("integration", lag.integration), ("capability", lag.capability), ("way", lag.way)];
            gauge!("harmony_streams", &labels).set(count(lag.streams));
            gauge!("harmony_streams_failing", &labels).set(count(lag.failing));
            gauge!("harmony_stream_waiting_seconds", &labels).set(lag.waiting_since.map_or(0.0, |since| seconds(since, now)));
            if let Some(at) = lag.in_step_at {
                gauge!("harmony_stream_in_step_seconds", &labels).set(seconds(at, now));
            }
        }
        for some in intents {
            let labels = [("integration", some.integration), ("capability", some.capability), ("state", some.state)];
            gauge!("harmony_unsettled_intents", &labels).set(count(some.count));
        }
    });
    Ok(recorder.handle().render())
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.0)
}

#[expect(clippy::cast_precision_loss, reason = "nobody has so many rows that the last digit is lost")]
const fn count(rows: i64) -> f64 {
    rows as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_in_the_documents_is_this_one() {
        let document = include_str!("../../../docs/METRICS.md");
        let named: Vec<&str> = document.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        assert_eq!(named, METRICS.map(|(_, name, _)| name), "docs/METRICS.md has a row for each, in this order");
    }
}
