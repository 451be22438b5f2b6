//! The one way a GraphQL operation goes to Linear. What is asked stands in `wire`.

use connector_kit::{Error, Result, Session};
use cynic::Operation;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::wire::Answer;

/// Sends an operation. Every one of this connector's may be sent twice without harm: reads, deletions, updates to stated
/// values, creations under an id of ours, and attachments, which Linear updates when the same address comes again.
pub(super) async fn ask<F: DeserializeOwned, V: Serialize>(session: &Session, operation: Operation<F, V>) -> Result<F> {
    let answer: Answer<F> = session.post("/graphql").json(&operation).repeatable().fetch().await?;
    answer.data.ok_or_else(|| Error::protocol("Linear answered with neither data nor errors"))
}
