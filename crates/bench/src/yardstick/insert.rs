//! A bare web server: one row for each request, answered once it is durable.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use sqlx::SqlitePool;
use tokio::net::TcpListener;

use super::open;
use crate::clock;

/// Serves until it is killed.
pub async fn serve(listen: SocketAddr, database: &Path) -> Result<()> {
    let pool = open(database).await?;
    sqlx::query("CREATE TABLE deliveries (id TEXT PRIMARY KEY, body BLOB NOT NULL, at BIGINT NOT NULL)").execute(&pool).await?;
    let router = Router::new().route("/ready", get(|| async { "ready" })).route("/hook", post(take)).with_state(pool);
    Ok(axum::serve(TcpListener::bind(listen).await?, router).await?)
}

async fn take(State(pool): State<SqlitePool>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let id = headers.get("linear-delivery").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let row = sqlx::query("INSERT INTO deliveries VALUES ($1, $2, $3) ON CONFLICT DO NOTHING").bind(id).bind(&body[..]);
    match row.bind(clock::now().as_millisecond()).execute(&pool).await {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
