//! Tests of links.

use model::Kind;
use serde_json::json;

use super::*;
use crate::Store;
use crate::testing::{self, databases};

fn link(store: &Store, connection: &ConnectionId, remote: &str) -> Link {
    Link {
        connection: connection.clone(),
        capability: Capability::Tasks,
        remote_id: remote.to_owned(),
        record: RecordId::new(Kind::ActionItem, store.env()),
        version: Some("v1".into()),
        url: None,
        base: [("text".to_owned(), json!(remote))].into_iter().collect(),
        gone: false,
        place: None,
        at: store.env().now(),
    }
}

#[tokio::test]
async fn links_are_found_from_both_sides_and_replaced() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let (connection, other) = (ConnectionId::new(store.env()), ConnectionId::new(store.env()));
        let links: Vec<Link> = (0..70).map(|at| link(&store, &connection, &format!("r{at}"))).collect();
        let mut step = workspace.begin().await.unwrap();
        step.save_links(&links).await.unwrap();
        let remotes: Vec<&str> = links.iter().map(|link| link.remote_id.as_str()).collect();
        let records: Vec<&RecordId> = links.iter().map(|link| &link.record).collect();
        assert_eq!(step.links_by_remote(&connection, Capability::Tasks, &remotes).await.unwrap().len(), 70, "{}", database.engine);
        assert_eq!(step.links_by_record(&connection, Capability::Tasks, &records).await.unwrap().len(), 70);
        assert_eq!(step.links_by_remote(&other, Capability::Tasks, &remotes).await.unwrap(), []);
        assert_eq!(step.links_by_remote(&connection, Capability::Notes, &remotes).await.unwrap(), []);
        let gone = Link { gone: true, version: None, url: Some("https://tool.example/r0".into()), ..links[0].clone() };
        step.save_links(std::slice::from_ref(&gone)).await.unwrap();
        step.commit().await.unwrap();
        assert_eq!(workspace.links_of(&gone.record).await.unwrap(), std::slice::from_ref(&gone), "{}", database.engine);
        assert_eq!(workspace.link_counts(&connection).await.unwrap(), [(Capability::Tasks, 69)]);
    }
}

#[tokio::test]
async fn f38_an_object_twice_on_one_page_is_one_link_the_later_one() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let connection = ConnectionId::new(store.env());
        let mut links: Vec<Link> = (0..40).map(|at| link(&store, &connection, &format!("r{}", at % 30))).collect();
        links[39].version = Some("v2".into());
        let mut step = workspace.begin().await.unwrap();
        step.save_links(&links).await.unwrap();
        let found = step.links_by_remote(&connection, Capability::Tasks, &["r9"]).await.unwrap();
        assert_eq!(found, [links[39].clone()], "{}", database.engine);
    }
}
