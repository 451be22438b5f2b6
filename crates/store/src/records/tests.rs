//! Tests of records and of the log's rows about them.

use model::change::Operation;
use model::{ConnectionId, Contact, Note};

use super::*;
use crate::Store;
use crate::testing::{self, databases};

fn contact(name: &str) -> Record {
    Record::Contact(Contact { last_name: Some(name.to_owned()), ..Contact::default() })
}

fn new(store: &Store, record: Record, keys: &[&str]) -> Save {
    let id = RecordId::new(record.kind(), store.env());
    Save { id, record, before: None, keys: keys.iter().map(|key| (*key).to_owned()).collect(), deleted: false, noted: Vec::new() }
}

async fn save(workspace: &Workspace, saves: Vec<Save>) -> Vec<(RecordId, i64)> {
    let mut step = workspace.begin().await.unwrap();
    let versions = step.save(saves, &Origin::Harmony, None).await.unwrap();
    step.commit().await.unwrap();
    versions
}

#[tokio::test]
async fn a_records_life_is_written_down_row_by_row() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let created = new(&store, contact("one"), &["email:a"]);
        let id = created.id.clone();
        assert_eq!(save(&workspace, vec![created.clone()]).await, [(id.clone(), 1)], "{}", database.engine);
        let same = Save { before: Some(created.record.fields()), ..created.clone() };
        assert_eq!(save(&workspace, vec![same.clone()]).await, [], "nothing differs");
        let updated = Save { record: contact("two"), ..same };
        assert_eq!(save(&workspace, vec![updated.clone()]).await, [(id.clone(), 2)]);
        let deleted = Save { before: Some(updated.record.fields()), deleted: true, ..updated };
        save(&workspace, vec![deleted]).await;
        let stored = workspace.record(&id).await.unwrap().unwrap();
        assert_eq!((stored.record, stored.seq, stored.deleted), (contact("two"), 3, true), "{}", database.engine);
        let log = workspace.changes_after(0, 10).await.unwrap();
        let operations: Vec<_> = log.iter().map(|change| (change.seq, change.operation)).collect();
        assert_eq!(operations, [(1, Operation::Created), (2, Operation::Updated), (3, Operation::Deleted)], "{}", database.engine);
        assert_eq!(workspace.history(&id, 1).await.unwrap(), [log[2].clone()], "newest first");
        assert_eq!(workspace.find("email:a").await.unwrap(), [id]);
        assert_eq!(workspace.count(Kind::Contact).await.unwrap(), 0);
        assert_eq!(workspace.last_seq().await.unwrap(), 3);
    }
}

#[tokio::test]
async fn the_log_has_no_gaps_when_steps_come_together_or_are_rolled_back() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let mut undone = workspace.begin().await.unwrap();
        undone.save(vec![new(&store, contact("undone"), &[])], &Origin::Harmony, None).await.unwrap();
        drop(undone);
        let steps = (0..10).map(|at| {
            let saves = (0..7).map(|one| new(&store, contact(&format!("{at} {one}")), &[])).collect();
            save(&workspace, saves)
        });
        futures::future::join_all(steps).await;
        let log = workspace.changes_after(0, 100).await.unwrap();
        assert_eq!(log.iter().map(|change| change.seq).collect::<Vec<_>>(), (1..=70).collect::<Vec<_>>(), "{}", database.engine);
        assert_eq!(workspace.changes_after(65, 2).await.unwrap(), log[65..67]);
    }
}

#[tokio::test]
async fn many_records_are_saved_and_found_at_once() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let saves: Vec<Save> =
            (0..CHUNK * 2 + 5).map(|at| new(&store, contact(&at.to_string()), &[&format!("key:{at}"), "key:all"])).collect();
        let ids: Vec<RecordId> = saves.iter().map(|save| save.id.clone()).collect();
        let names: Vec<String> = (0..ids.len()).map(|at| format!("key:{at}")).collect();
        assert_eq!(save(&workspace, saves).await.len(), ids.len());
        let mut step = workspace.begin().await.unwrap();
        assert_eq!(step.records(&ids).await.unwrap().len(), ids.len(), "{}", database.engine);
        let mut found: Vec<RecordId> = step.find(&names).await.unwrap().into_iter().map(|(_, id)| id).collect();
        found.sort();
        let mut wanted = ids.clone();
        wanted.sort();
        assert_eq!(found, wanted, "{}", database.engine);
        drop(step);
        assert_eq!(workspace.find("key:all").await.unwrap().len(), ids.len());
        let other = testing::workspace(&store).await;
        assert_eq!(other.record(&ids[0]).await.unwrap(), None);
        assert_eq!(other.find("key:all").await.unwrap(), []);
    }
}

#[tokio::test]
async fn f38_a_record_twice_in_one_step_is_one_change_to_how_it_came_last() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let mut saves: Vec<Save> = (0..CHUNK + 3).map(|at| new(&store, contact(&at.to_string()), &[])).collect();
        let twice = Save { record: contact("last"), keys: vec!["key:last".into()], ..saves[1].clone() };
        let id = twice.id.clone();
        saves.push(twice);
        let wanted = saves.len() - 1;
        assert_eq!(save(&workspace, saves).await.len(), wanted, "{}", database.engine);
        assert_eq!(workspace.record(&id).await.unwrap().unwrap().record, contact("last"), "{}", database.engine);
        assert_eq!(workspace.find("key:last").await.unwrap(), std::slice::from_ref(&id));
        assert_eq!(workspace.history(&id, 9).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_list_is_read_page_by_page_each_record_once() {
    for database in databases().await {
        let (store, clock) = testing::store_and_clock(&database).await;
        let workspace = testing::workspace(&store).await;
        for at in 0..4 {
            let saves = (0..3).map(|one| new(&store, contact(&format!("{at} {one}")), &[])).collect();
            save(&workspace, saves).await;
            clock.advance(jiff::SignedDuration::from_secs(1));
        }
        for descending in [true, false] {
            let mut listing = Listing { descending, ..Listing::all(Kind::Contact, 5) };
            let mut labels = Vec::new();
            loop {
                let page = workspace.list(&listing).await.unwrap();
                let Some(last) = page.last() else { break };
                let changed = workspace.history(&last.id, 1).await.unwrap();
                listing.after = Some((millis(changed[0].at), last.id.as_str().to_owned()));
                labels.extend(page.iter().map(|stored| stored.record.label()[..1].to_owned()));
            }
            let mut wanted: Vec<String> = (0..12).map(|at| (at / 3).to_string()).collect();
            if descending {
                wanted.reverse();
            }
            assert_eq!(labels, wanted, "descending {descending} on {}", database.engine);
        }
    }
}

#[tokio::test]
async fn b18_a_name_is_found_by_any_part_of_it_as_written() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        for name in ["Ångström", "O'Brien", "100% sure", "山田", "plain_case"] {
            save(&workspace, vec![new(&store, contact(name), &[])]).await;
        }
        for search in ["Ång", "o'b", "O'BRIEN", "100%", "山", "PLAIN_", "ström"] {
            let listing = Listing { search: search.to_owned(), ..Listing::all(Kind::Contact, 10) };
            assert_eq!(workspace.list(&listing).await.unwrap().len(), 1, "{search} on {}", database.engine);
        }
    }
}

#[tokio::test]
async fn what_belongs_to_a_meeting_is_found_by_it() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let meeting = RecordId::new(Kind::Meeting, store.env());
        let note = Record::Note(Note { meeting: Some(meeting.clone()), body: "A note".into(), ..Note::default() });
        save(&workspace, vec![new(&store, note.clone(), &[])]).await;
        let children = workspace.children(&meeting, Kind::Note).await.unwrap();
        assert_eq!(children.into_iter().map(|stored| stored.record).collect::<Vec<_>>(), [note], "{}", database.engine);
        assert_eq!(workspace.children(&meeting, Kind::Recording).await.unwrap(), []);
    }
}

#[tokio::test]
async fn who_changed_it_is_kept() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let (origin, run) = (Origin::Connection { id: ConnectionId::new(store.env()) }, RunId::new(store.env()));
        let mut step = workspace.begin().await.unwrap();
        step.save(vec![new(&store, contact("one"), &[])], &origin, Some(&run)).await.unwrap();
        step.commit().await.unwrap();
        let change = workspace.changes_after(0, 1).await.unwrap().remove(0);
        assert_eq!((change.origin, change.run, change.at), (origin, Some(run), store.env().now()), "{}", database.engine);
        assert_eq!(change.fields[0].field, "last_name");
    }
}
