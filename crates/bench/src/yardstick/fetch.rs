//! Fetches the pages of the CRM's list of contacts and upserts each contact into one table, one transaction a page.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use url::Url;

use super::open;
use crate::stage::client;

/// The pages to fetch.
#[derive(Debug, clap::Args)]
pub struct Fetch {
    /// The CRM's address.
    #[arg(long)]
    base: Url,
    /// A token of the emulated CRM.
    #[arg(long)]
    token: String,
    #[arg(long)]
    database: PathBuf,
}

const PROPERTIES: [&str; 7] = ["email", "firstname", "lastname", "phone", "company", "jobtitle", "lastmodifieddate"];

#[derive(Deserialize)]
struct Contact {
    id: String,
    properties: BTreeMap<String, Option<String>>,
}

#[derive(Deserialize)]
struct Page {
    results: Vec<Contact>,
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Paging {
    next: Option<Next>,
}

#[derive(Deserialize)]
struct Next {
    after: String,
}

/// Runs to the end of the list, says how many there were, and waits to be measured until its input ends.
pub async fn run(fetch: &Fetch) -> Result<()> {
    let (client, pool) = (client()?, open(&fetch.database).await?);
    sqlx::query(
        "CREATE TABLE contacts (id TEXT PRIMARY KEY, email TEXT, first_name TEXT, last_name TEXT, phone TEXT, company TEXT,
        job_title TEXT, modified TEXT)",
    )
    .execute(&pool)
    .await?;
    let (mut after, mut count) = (None::<String>, 0);
    loop {
        let mut url = fetch.base.clone();
        url.query_pairs_mut().extend_pairs([("limit", "100"), ("archived", "false"), ("properties", &PROPERTIES.join(","))]);
        if let Some(after) = &after {
            url.query_pairs_mut().append_pair("after", after);
        }
        let page: Page = client.get(url).bearer_auth(&fetch.token).send().await?.error_for_status()?.json().await?;
        count += page.results.len();
        let mut tx = pool.begin().await?;
        for contact in &page.results {
            let mut query = sqlx::query(
                "INSERT INTO contacts VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET email = excluded.email,
                first_name = excluded.first_name, last_name = excluded.last_name, phone = excluded.phone, company = excluded.company,
                job_title = excluded.job_title, modified = excluded.modified",
            )
            .bind(&contact.id);
            for name in PROPERTIES {
                query = query.bind(contact.properties.get(name).and_then(Option::as_deref));
            }
            query.execute(&mut *tx).await?;
        }
        tx.commit().await?;
        after = page.paging.and_then(|paging| paging.next).map(|next| next.after);
        if after.is_none() {
            break;
        }
    }
    println!("{count}");
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    Ok(())
}
