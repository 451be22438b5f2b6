//! The ways a GraphQL operation goes to monday.com. What is asked stands in `wire` and `mutation`.

use connector_kit::{Error, ErrorKind, Request, Result, Session};
use cynic::Operation;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::wire::Answer;

/// The quarter's version of the API that this connector is written for.
const VERSION: &str = "2026-07";

/// Sends an operation that may be sent twice without harm: a read, a deletion, an update to stated values.
pub(super) async fn ask<F: DeserializeOwned, V: Serialize>(session: &Session, operation: Operation<F, V>) -> Result<F> {
    data(request(session, &operation).repeatable()).await
}

/// Sends an operation that makes something new each time. After an answer that cannot be read it may be there.
pub(super) async fn make<F: DeserializeOwned, V: Serialize>(session: &Session, operation: Operation<F, V>) -> Result<F> {
    data(request(session, &operation)).await.map_err(|error| if error.kind == ErrorKind::Protocol { error.in_doubt() } else { error })
}

fn request<'s, F, V: Serialize>(session: &'s Session, operation: &Operation<F, V>) -> Request<'s> {
    session.post("/v2").header("api-version", VERSION).json(operation)
}

async fn data<F: DeserializeOwned>(request: Request<'_>) -> Result<F> {
    let answer: Answer<F> = request.fetch().await?;
    answer.data.ok_or_else(|| Error::protocol("monday.com answered with neither data nor errors"))
}
