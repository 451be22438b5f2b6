//! Tests of items.

use jiff::SignedDuration;
use model::Kind;

use super::*;
use crate::Store;
use crate::testing::{self, databases};

fn item(store: &Store, connection: &ConnectionId, name: &str, outcome: Outcome) -> Item {
    Item {
        connection: connection.clone(),
        capability: Capability::Tasks,
        item: name.to_owned(),
        record: Some(RecordId::new(Kind::ActionItem, store.env())),
        label: "An item".into(),
        outcome,
        reason: "pushed".into(),
        detail: String::new(),
        url: None,
        run: RunId::new(store.env()),
        at: store.env().now(),
        attempt: 1,
        retry_at: None,
    }
}

async fn save(workspace: &Workspace, items: &[Item]) {
    let mut step = workspace.begin().await.unwrap();
    step.save_items(items).await.unwrap();
    step.commit().await.unwrap();
}

#[tokio::test]
async fn items_are_listed_by_outcome_page_by_page() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let id = testing::connection(&workspace, None).await.id;
        let items: Vec<Item> = (10..50).map(|at| item(&store, &id, &format!("i{at}"), Outcome::Failed)).collect();
        save(&workspace, &items).await;
        save(&workspace, &[item(&store, &id, "other", Outcome::Created)]).await;
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let page = workspace.items(&id, Outcome::Failed, after, 15).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some((last.at, last.item.clone()));
            seen.extend(page);
        }
        let wanted: Vec<Item> = items.iter().rev().cloned().collect();
        assert_eq!(seen, wanted, "{}", database.engine);
        let mut counts = workspace.item_counts(&id).await.unwrap();
        counts.sort();
        assert_eq!(counts, [("created".to_owned(), 1), ("failed".to_owned(), 40)]);
        assert_eq!(workspace.items_of(items[3].record.as_ref().unwrap()).await.unwrap(), std::slice::from_ref(&items[3]));
        assert_eq!(workspace.items_of_run(&items[4].run, 5).await.unwrap(), std::slice::from_ref(&items[4]));
    }
}

#[tokio::test]
async fn f57_failing_items_are_tried_again_when_their_time_comes_or_at_once_when_asked() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let id = testing::connection(&workspace, None).await.id;
        let later = store.env().now() + SignedDuration::from_secs(60);
        let waiting = Item { retry_at: Some(later), ..item(&store, &id, "waiting", Outcome::Failed) };
        let aside = item(&store, &id, "set aside", Outcome::Failed);
        let done = item(&store, &id, "done", Outcome::Created);
        save(&workspace, &[waiting.clone(), aside, done]).await;
        let due = async |at| workspace.items_to_retry(&id, Capability::Tasks, at, 10).await.unwrap();
        assert_eq!(due(store.env().now()).await, [], "{}", database.engine);
        assert_eq!(due(later).await, std::slice::from_ref(&waiting));
        assert_eq!(workspace.next_retry(&id, Capability::Tasks).await.unwrap(), Some(later));
        let mut step = workspace.begin().await.unwrap();
        step.retry_items(&id).await.unwrap();
        step.commit().await.unwrap();
        assert_eq!(due(store.env().now()).await.len(), 2, "{}", database.engine);
        save(&workspace, &[Item { outcome: Outcome::Updated, ..waiting }]).await;
        let mended = workspace.item(&id, Capability::Tasks, "waiting").await.unwrap().unwrap();
        assert_eq!(mended.outcome, Outcome::Updated);
    }
}

#[tokio::test]
async fn f38_the_same_item_twice_in_one_step_keeps_its_later_outcome() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let id = testing::connection(&workspace, None).await.id;
        let mut items: Vec<Item> = (0..40).map(|at| item(&store, &id, &format!("i{}", at % 30), Outcome::Created)).collect();
        items[39].outcome = Outcome::Updated;
        save(&workspace, &items).await;
        let kept = workspace.item(&id, Capability::Tasks, "i9").await.unwrap().unwrap();
        assert_eq!(kept.outcome, Outcome::Updated, "{}", database.engine);
    }
}
