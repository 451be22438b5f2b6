//! Tests of intents.

use model::Kind;

use super::*;
use crate::testing::{self, databases};

#[tokio::test]
async fn f02_a_write_stays_unsettled_until_its_outcome_is_known_and_settles_once() {
    for database in databases().await {
        let (store, clock) = testing::store_and_clock(&database).await;
        let workspace = testing::workspace(&store).await;
        let mut intent = Intent {
            id: IntentId::new(store.env()),
            connection: testing::connection(&workspace, None).await.id,
            capability: Capability::Tasks,
            record: RecordId::new(Kind::ActionItem, store.env()),
            run: RunId::new(store.env()),
            operation: Write::Create,
            key: Uuid::from_u128(7),
            payload_hash: "00".into(),
            state: IntentState::Open,
            created: store.env().now(),
            settled: None,
            detail: String::new(),
        };
        let mut step = workspace.begin().await.unwrap();
        step.open_intent(&intent).await.unwrap();
        step.commit().await.unwrap();
        assert_eq!(workspace.open_intents().await.unwrap(), 1, "{}", database.engine);
        for (state, detail) in [(IntentState::Uncertain, "no answer"), (IntentState::Done, "found"), (IntentState::Failed, "too late")] {
            clock.advance(jiff::SignedDuration::from_secs(1));
            let unsettled = workspace.unsettled_intents(&intent.connection, Capability::Tasks).await.unwrap();
            assert_eq!(unsettled.len(), usize::from(state != IntentState::Failed), "before {state:?} on {}", database.engine);
            let counted = store.unsettled_intents_across_workspaces().await.unwrap();
            let counted: Vec<(&str, &str, &str, i64)> =
                counted.iter().map(|some| (some.integration.as_str(), some.capability.as_str(), some.state.as_str(), some.count)).collect();
            let expected = match state {
                IntentState::Uncertain => vec![("linear", "tasks", "open", 1)],
                IntentState::Done => vec![("linear", "tasks", "uncertain", 1)],
                _ => Vec::new(),
            };
            assert_eq!(counted, expected, "before {state:?} on {}", database.engine);
            let mut step = workspace.begin().await.unwrap();
            step.settle_intent(&intent.id, state, detail).await.unwrap();
            step.commit().await.unwrap();
            if state != IntentState::Failed {
                (intent.state, intent.detail, intent.settled) = (state, detail.to_owned(), Some(store.env().now()));
            }
        }
        assert_eq!(workspace.intents_of(&intent.record, 5).await.unwrap(), [intent], "what is done is not undone, {}", database.engine);
        assert_eq!(workspace.open_intents().await.unwrap(), 0);
    }
}
