//! Webhook deliveries seen, so that a second one with the same id does nothing.

use jiff::SignedDuration;
use model::ConnectionId;

use crate::error::Result;
use crate::{Step, millis, on_tx, statements};

statements! {
    SEEN = "INSERT INTO deliveries_seen (workspace_id, connection_id, delivery, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    PRUNE = "DELETE FROM deliveries_seen WHERE workspace_id = $1 AND connection_id = $2 AND at < $3";
}

/// Longer than any tool repeats a delivery.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Step {
    /// Whether this delivery is seen for the first time in seven days.
    pub async fn first_time(&mut self, connection: &ConnectionId, delivery: &str) -> Result<bool> {
        let (workspace, now, old) = (self.workspace_id(), millis(self.at), millis(self.at - KEPT));
        let new = on_tx!(&mut self.tx, |e| {
            sqlx::query(PRUNE).bind(&workspace).bind(connection.as_str()).bind(old).execute(&mut *e).await?;
            sqlx::query(SEEN)
                .bind(&workspace)
                .bind(connection.as_str())
                .bind(delivery)
                .bind(now)
                .execute(e)
                .await
                .map(|done| done.rows_affected())
        })?;
        Ok(new == 1)
    }
}

#[cfg(test)]
mod tests;
