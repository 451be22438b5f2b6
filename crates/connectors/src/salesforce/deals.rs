//! Opportunities: the mapped fields, written to opportunities that are there. Harmony neither makes nor deletes one.

use std::collections::BTreeMap;

use connector_kit::{DealBoard, Outbound, Receipt, Result, Session, Sink, async_trait};
use model::DealUpdate;
use model::settings::Destination;

use super::Salesforce;
use super::collections::{self, By, MOST, Write};
use super::{fields, map};

const OBJECT: &str = "Opportunity";

#[async_trait]
impl Sink<DealUpdate> for Salesforce {
    fn batch(&self) -> usize {
        MOST
    }

    async fn push(&self, session: &Session, items: &[Outbound<DealUpdate>]) -> Vec<Result<Receipt>> {
        match push(session, items).await {
            Ok(results) => results,
            Err(error) => items.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    /// An update leaves no object of its own: it arrived if the opportunity has the values.
    async fn find(&self, session: &Session, item: &Outbound<DealUpdate>) -> Result<Option<Receipt>> {
        let update = &item.item;
        let described = fields::describe(session, OBJECT).await?;
        let Ok(wanted) = fields::typed(&described, &update.properties) else { return Ok(None) };
        let names: Vec<&str> = update.properties.keys().map(String::as_str).collect();
        let present = fields::values(session, OBJECT, &update.deal, &names).await?;
        if !wanted.iter().all(|(name, value)| fields::same(value, present.get(name))) {
            return Ok(None);
        }
        let url = Some(map::url(&session.base_url().await?, &update.deal));
        Ok(Some(Receipt { id: update.deal.clone(), version: None, url, seen: None }))
    }

    /// There is nothing to delete: the opportunity belongs to the organisation's people.
    async fn delete(&self, _session: &Session, _id: &str) -> Result<()> {
        Ok(())
    }

    async fn destinations(&self, _session: &Session) -> Result<Vec<Destination>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl DealBoard for Salesforce {
    async fn properties(&self, session: &Session, id: &str, names: &[&str]) -> Result<BTreeMap<String, String>> {
        let values = fields::values(session, OBJECT, id, names).await?;
        Ok(values.into_iter().map(|(name, value)| (name, fields::text(&value))).collect())
    }
}

async fn push(session: &Session, items: &[Outbound<DealUpdate>]) -> Result<Vec<Result<Receipt>>> {
    let described = fields::describe(session, OBJECT).await?;
    let write = |item: &Outbound<DealUpdate>| {
        let mut properties = item.item.properties.clone();
        properties.extend(item.properties.clone());
        let fields = fields::typed(&described, &properties)?;
        Ok(Write { object: OBJECT, by: By::Id(item.item.deal.clone()), fields })
    };
    let writes: Vec<Result<Write>> = items.iter().map(write).collect();
    let good: Vec<Write> = writes.iter().flatten().cloned().collect();
    let mut written = collections::write(session, &good).await.into_iter();
    let base = session.base_url().await?;
    let missing = || Err(connector_kit::Error::protocol("an opportunity was left out").in_doubt());
    let result = |write: Result<Write>| write.and_then(|_| written.next().unwrap_or_else(missing));
    let ids: Vec<Result<String>> = writes.into_iter().map(result).collect();
    Ok(ids.into_iter().map(|id| id.map(|id| Receipt { url: Some(map::url(&base, &id)), id, version: None, seen: None })).collect())
}
