//! Deals: the mapped properties, written to deals that are there. Harmony neither makes nor deletes one.

use std::collections::BTreeMap;

use connector_kit::request::segment;
use connector_kit::{DealBoard, Outbound, Receipt, Result, Session, Sink, async_trait};
use model::DealUpdate;
use model::settings::Destination;

use super::HubSpot;
use super::batch::{self, By, MOST, Write};
use super::wire::Record;
use super::{contacts, map};

const OBJECT: &str = "deals";

#[async_trait]
impl Sink<DealUpdate> for HubSpot {
    fn batch(&self) -> usize {
        MOST
    }

    async fn push(&self, session: &Session, items: &[Outbound<DealUpdate>]) -> Vec<Result<Receipt>> {
        let writes: Vec<Write> = items
            .iter()
            .map(|item| {
                let mut properties = item.item.properties.clone();
                properties.extend(item.properties.clone());
                Write { by: By::Id, id: item.item.deal.clone(), properties }
            })
            .collect();
        let records = batch::write(session, OBJECT, &writes).await;
        records.into_iter().map(|record| record.map(|record| receipt(&record))).collect()
    }

    /// An update leaves no object of its own: it arrived if the deal has the values.
    async fn find(&self, session: &Session, item: &Outbound<DealUpdate>) -> Result<Option<Receipt>> {
        let names: Vec<&str> = item.item.properties.keys().map(String::as_str).collect();
        let target = format!("/crm/v3/objects/deals/{}", segment(&item.item.deal));
        let deal = contacts::found(session.get(target).query("properties", &names.join(","))).await?;
        let arrived = |deal: &Record| item.item.properties.iter().all(|(name, text)| map::value(deal, name).unwrap_or_default() == text);
        Ok(deal.filter(arrived).map(|deal| receipt(&deal)))
    }

    /// There is nothing to delete: the deal belongs to HubSpot's people.
    async fn delete(&self, _session: &Session, _id: &str) -> Result<()> {
        Ok(())
    }

    async fn destinations(&self, _session: &Session) -> Result<Vec<Destination>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl DealBoard for HubSpot {
    async fn properties(&self, session: &Session, id: &str, names: &[&str]) -> Result<BTreeMap<String, String>> {
        batch::properties(session, OBJECT, id, names).await
    }
}

fn receipt(record: &Record) -> Receipt {
    Receipt { id: record.id.clone(), version: record.updated_at.map(|at| at.to_string()), url: record.url.clone(), seen: None }
}
