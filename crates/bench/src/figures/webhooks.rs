//! Webhooks: how many a second are proven, written durably and then acknowledged, beside a server that only inserts a row.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header;
use serde_json::json;
use sha2::Sha256;
use tokio::process::Command;
use tokio::task::JoinSet;
use url::Url;
use uuid::Uuid;

use crate::clock;
use crate::process::Process;
use crate::stage::{Stage, free_address};
use crate::table::Line;

/// Deliveries under way at once.
const AT_ONCE: usize = 32;
/// How long they come before they are counted, and while they are.
const WARM_UP: Duration = Duration::from_secs(2);
const COUNTED: Duration = Duration::from_secs(8);
/// At least this share of the yardstick's.
const LEAST: f64 = 0.5;

/// Measures the hub, then the yardstick.
pub async fn lines(stage: &Stage) -> Result<Vec<Line>> {
    let hub = stage.serve().await?;
    let connection = match stage.connected("linear").await? {
        Some(connection) => connection,
        None => stage.connect("linear").await?,
    };
    let organization = stage.organization().await?;
    let own = load(&stage.hub.join(&format!("hooks/linear/{connection}"))?, &organization).await?;
    stage.books().await?.settled().await?;
    hub.end().await?;
    let at = free_address()?;
    let bare: Url = format!("http://{at}").parse()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["insert", "--listen", &at.to_string(), "--database"]).arg(stage.file("deliveries.db"));
    let mut server = Process::start("the yardstick", &mut command)?;
    server.ready(&stage.client, &bare.join("ready")?).await?;
    let beside = load(&bare.join("hook")?, &organization).await?;
    server.end().await?;
    let ratio = own / beside;
    Ok(vec![Line {
        beside: format!("{beside:.0} a second"),
        ratio: format!("{ratio:.2}"),
        ..Line::alone(
            "Webhooks acknowledged after fsync, 32 at once; beside it: axum and one insert",
            format!("{own:.0} a second"),
            "at least 0.5",
            ratio >= LEAST,
        )
    }])
}

/// Sends signed deliveries, each with an id of its own, and answers how many a second were acknowledged.
async fn load(url: &Url, organization: &str) -> Result<f64> {
    let client = crate::stage::client()?;
    let taken = Arc::new(AtomicU64::new(0));
    let ends = Instant::now() + WARM_UP + COUNTED;
    let mut senders = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (client, url, organization, taken) = (client.clone(), url.clone(), organization.to_owned(), Arc::clone(&taken));
        senders.spawn(async move {
            while Instant::now() < ends {
                let answer = delivery(&client, &url, &organization).send().await?;
                ensure!(answer.status().is_success(), "a webhook was answered {}", answer.status());
                taken.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        });
    }
    tokio::time::sleep(WARM_UP).await;
    let (begun, before) = (Instant::now(), taken.load(Ordering::Relaxed));
    tokio::time::sleep(COUNTED).await;
    let count = taken.load(Ordering::Relaxed) - before;
    let seconds = begun.elapsed().as_secs_f64();
    while let Some(done) = senders.join_next().await {
        done??;
    }
    Ok(f64::from(u32::try_from(count)?) / seconds)
}

fn delivery(client: &reqwest::Client, url: &Url, organization: &str) -> reqwest::RequestBuilder {
    let body = json!({
        "action": "update", "type": "Issue", "organizationId": organization, "webhookTimestamp": clock::now().as_millisecond(),
        "data": { "id": Uuid::new_v4(), "title": "Send the plan to everybody who was there", "priority": 2 },
    });
    let body = body.to_string();
    // RFC 2104 takes keys of any length, so there is always a MAC; the empty list stands for "none" in the type alone.
    let mac = Hmac::<Sha256>::new_from_slice(b"sandbox-secret-linear").map(|mac| mac.chain_update(&body).finalize().into_bytes().to_vec());
    client
        .post(url.clone())
        .header(header::CONTENT_TYPE, "application/json")
        .header("linear-delivery", Uuid::new_v4().to_string())
        .header("linear-event", "Issue")
        .header("linear-signature", hex::encode(mac.unwrap_or_default()))
        .body(body)
}
