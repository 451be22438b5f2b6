//! Issues, attachments and comments through mutations, and what the ledger keeps of them.

use jiff::SignedDuration;
use serde_json::json;

use super::{CREATE, DELETE, UPDATE, probe};

#[tokio::test]
async fn an_issue_is_created_under_the_id_that_the_client_chose() {
    let probe = probe().signed_into_linear("read,issues:create").await;
    let id = "7d0c1f0e-3b1a-4c59-9d35-1f2a6e0b8c11";
    let input = json!({ "id": id, "teamId": probe.team().await, "title": "Send the minutes", "description": "From the meeting", "priority": 2, "dueDate": "2026-12-01" });
    let made = probe.data(CREATE, json!({ "input": input })).await["issueCreate"].clone();
    let issue = &made["issue"];
    assert_eq!((issue["id"].as_str(), issue["identifier"].as_str()), (Some(id), Some("DEMO-1")));
    assert_eq!((issue["priorityLabel"].as_str(), issue["dueDate"].as_str()), (Some("High"), Some("2026-12-01")));
    assert_eq!(issue["state"], json!({ "name": "Backlog", "type": "backlog" }));

    let (status, error) = probe.error(CREATE, json!({ "input": input })).await;
    assert_eq!((status, error["message"].as_str()), (200, Some("conflict on insert of Issue")));
    assert_eq!(error["extensions"]["code"], "INPUT_ERROR");
    assert_eq!(error["extensions"]["userPresentableMessage"], format!("Entity Issue with id {id} already exists."));
    assert_eq!(error["path"], json!(["issueCreate"]));

    let effects = probe.sandbox.kit().ledger.effects(Some("linear"), Some("issue.create"));
    assert_eq!(effects.len(), 1);
    assert_eq!((effects[0].object.as_str(), effects[0].key.as_deref()), (id, Some(id)));
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_nulls_empty_a_field() {
    let probe = probe().signed_into_linear("read,write").await;
    let id = probe.issue("Book the room").await;
    let people = probe.data("{ viewer { id email isMe } organization { urlKey } }", json!({})).await;
    assert_eq!(people["viewer"]["isMe"], true);
    let states = probe
        .data("{ workflowStates(filter: { name: { eq: \"Done\" }, team: { key: { eq: \"DEMO\" } } }) { nodes { id } } }", json!({}))
        .await;
    let labels = probe.data("{ issueLabels(filter: { name: { eq: \"Meeting\" } }) { nodes { id } } }", json!({})).await;
    probe.sandbox.kit().clock.advance(SignedDuration::from_secs(1));
    let input = json!({
        "stateId": states["workflowStates"]["nodes"][0]["id"], "assigneeId": people["viewer"]["id"], "dueDate": "2026-12-24",
        "addedLabelIds": [labels["issueLabels"]["nodes"][0]["id"]],
    });
    let issue = probe.data(UPDATE, json!({ "id": "DEMO-1", "input": input })).await["issueUpdate"]["issue"].clone();
    assert_eq!((issue["state"]["name"].as_str(), issue["dueDate"].as_str()), (Some("Done"), Some("2026-12-24")));
    assert_eq!(issue["assignee"]["email"], "project.manager@demo.example");
    assert_eq!(issue["labels"]["nodes"][0]["name"], "Meeting");
    assert!(issue["completedAt"].is_string());

    let issue =
        probe.data(UPDATE, json!({ "id": id, "input": { "assigneeId": null, "dueDate": null } })).await["issueUpdate"]["issue"].clone();
    assert_eq!((&issue["assignee"], &issue["dueDate"], issue["title"].as_str()), (&json!(null), &json!(null), Some("Book the room")));
    assert_eq!(probe.sandbox.kit().ledger.effects(None, Some("issue.update")).len(), 2);
    // The same again changes nothing, and is no effect.
    probe.data(UPDATE, json!({ "id": id, "input": { "assigneeId": null } })).await;
    assert_eq!(probe.sandbox.kit().ledger.effects(None, Some("issue.update")).len(), 2);
}

#[tokio::test]
async fn a_deleted_issue_can_be_seen_but_not_changed() {
    let probe = probe().signed_into_linear("read,write").await;
    let id = probe.issue("Not needed").await;
    let gone = probe.data(DELETE, json!({ "id": id })).await;
    assert_eq!(gone["issueDelete"]["entity"]["trashed"], true);
    let seen = probe.data("query($id: String!) { issue(id: $id) { trashed archivedAt } }", json!({ "id": id })).await;
    assert!(seen["issue"]["archivedAt"].is_string());
    let listed = probe.data("{ issues { nodes { id } } all: issues(includeArchived: true) { nodes { id } } }", json!({})).await;
    assert_eq!((listed["issues"]["nodes"].as_array().unwrap().len(), listed["all"]["nodes"].as_array().unwrap().len()), (0, 1));
    let (_, error) = probe.error(UPDATE, json!({ "id": id, "input": { "title": "Again" } })).await;
    assert_eq!(error["message"], "Entity not found: Issue");
    let attach = "mutation($input: AttachmentCreateInput!) { attachmentCreate(input: $input) { success } }";
    let input = json!({ "issueId": id, "title": "Meeting", "url": "https://harmony.demo.example/meetings/1" });
    assert_eq!(probe.error(attach, json!({ "input": input })).await.1["message"], "Entity not found: Issue");
}

#[tokio::test]
async fn a_second_attachment_of_the_same_url_updates_the_first() {
    let probe = probe().signed_into_linear("read,issues:create").await;
    let id = probe.issue("Review the notes").await;
    let attach = "mutation($input: AttachmentCreateInput!) { attachmentCreate(input: $input) { attachment { id title metadata } } }";
    let input = |title: &str| json!({ "issueId": id, "title": title, "url": "https://harmony.demo.example/meetings/1", "metadata": { "meeting": 1 } });
    let first = probe.data(attach, json!({ "input": input("Meeting") })).await["attachmentCreate"]["attachment"].clone();
    let second = probe.data(attach, json!({ "input": input("Weekly meeting") })).await["attachmentCreate"]["attachment"].clone();
    assert_eq!((&first["id"], second["title"].as_str()), (&second["id"], Some("Weekly meeting")));
    assert_eq!(second["metadata"], json!({ "meeting": 1 }));
    let found = probe
        .data(
            "query($url: String!) { attachmentsForURL(url: $url) { nodes { issue { id } } } }",
            json!({ "url": "https://harmony.demo.example/meetings/1" }),
        )
        .await;
    assert_eq!(found["attachmentsForURL"]["nodes"], json!([{ "issue": { "id": id } }]));
    assert_eq!(probe.sandbox.kit().ledger.effects(None, Some("attachment.update")).len(), 1);
}

#[tokio::test]
async fn a_comment_needs_its_own_scope() {
    let comment =
        "mutation($input: CommentCreateInput!) { commentCreate(input: $input) { comment { body issue { identifier } user { name } } } }";
    let writer = probe().signed_into_linear("read,write").await;
    let id = writer.issue("Discuss").await;
    let said = writer.data(comment, json!({ "input": { "issueId": id, "body": "Moved to Thursday" } })).await;
    assert_eq!(said["commentCreate"]["comment"]["issue"]["identifier"], "DEMO-1");
    let creator = writer.signed_into_linear("read,issues:create").await;
    let (status, error) = creator.error(comment, json!({ "input": { "issueId": id, "body": "Me too" } })).await;
    assert_eq!((status, error["extensions"]["code"].as_str()), (400, Some("FORBIDDEN")));
}
