//! Webhooks made by the API and by the app, and what a person's edits tell.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;

use super::{UPDATE, probe};
use crate::kit::{DeliveryState, hmac_sha256_hex};
use crate::probe::Receiver;

const HOOK: &str = "mutation($input: WebhookCreateInput!) { webhookCreate(input: $input) { webhook { id secret enabled team { key } } } }";

#[tokio::test]
async fn a_change_is_told_signed_and_with_what_was_there_before() {
    let probe = probe().signed_into_linear("read,write,admin").await;
    let receiver = Receiver::start(|_| (StatusCode::OK, String::new())).await;
    let input = json!({ "url": receiver.url, "resourceTypes": ["Issue", "Attachment"], "teamId": probe.team().await });
    let hook = probe.data(HOOK, json!({ "input": input })).await["webhookCreate"]["webhook"].clone();
    let id = probe.issue("Call back").await;
    probe.data(UPDATE, json!({ "id": id, "input": { "title": "Call back today" } })).await;
    let edit = json!({ "id": "DEMO-1", "state": "In Progress", "assignee": "marketing@demo.example", "due_date": "2026-12-01", "actor": "marketing@demo.example" });
    let edited = probe.post("/_sandbox/linear/issues/edit", &edit).await;
    assert_eq!((edited.status, edited.json()["state"].as_str()), (StatusCode::OK, Some("In Progress")));
    probe.post("/_sandbox/linear/issues/delete", &json!({ "id": id })).await;
    assert_eq!(probe.sandbox.kit().webhooks.flush().await, 4);

    let got = receiver.got();
    for one in &got {
        let body = one.json();
        assert_eq!(one.header("linear-signature"), hmac_sha256_hex(hook["secret"].as_str().unwrap().as_bytes(), &one.body));
        assert_eq!((one.header("linear-event"), body["type"].as_str()), ("Issue", Some("Issue")));
        assert_eq!(body["webhookTimestamp"].to_string(), one.header("linear-timestamp"));
        assert_eq!(body["webhookId"], hook["id"]);
        assert_eq!(one.header("linear-delivery").len(), 36);
    }
    let actions: Vec<String> = got.iter().map(|one| one.json()["action"].as_str().unwrap().to_owned()).collect();
    assert_eq!(actions, ["create", "update", "update", "remove"]);
    assert_eq!(got[1].json()["updatedFrom"]["title"], "Call back");
    let edit = got[2].json();
    assert_eq!(
        (edit["actor"]["email"].as_str(), edit["data"]["state"]["type"].as_str()),
        (Some("marketing@demo.example"), Some("started"))
    );
    assert_eq!((&edit["updatedFrom"]["assigneeId"], &edit["updatedFrom"]["dueDate"]), (&json!(null), &json!(null)));
    assert_eq!(edit["data"]["dueDate"], "2026-12-01");
    // A person's edit is not an effect of ours.
    assert_eq!(probe.sandbox.kit().ledger.effects(None, Some("issue.update")).len(), 1);
    assert!(probe.sandbox.kit().ledger.effects(None, Some("issue.delete")).is_empty());
}

#[tokio::test]
async fn an_app_webhook_hears_of_new_issues_of_people() {
    let probe = probe();
    let receiver = Receiver::start(|_| (StatusCode::OK, String::new())).await;
    let hook = json!({ "url": receiver.url, "secret": "app-secret", "resource_types": ["Issue"] });
    assert_eq!(probe.post("/_sandbox/linear/app-webhook", &hook).await.status, StatusCode::CREATED);
    let made = probe.post("/_sandbox/linear/issues", &json!({ "team": "RES", "title": "By hand" })).await;
    assert_eq!(made.json()["identifier"], "RES-1");
    probe.sandbox.kit().webhooks.flush().await;
    assert_eq!(receiver.got()[0].header("linear-signature"), hmac_sha256_hex(b"app-secret", &receiver.got()[0].body));
    assert_eq!(probe.get("/_sandbox/linear/issues").await.json()["issues"][0]["title"], "By hand");
    let wrong = probe.post("/_sandbox/linear/issues/edit", &json!({ "id": "RES-1", "state": "Nowhere" })).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_failed_delivery_comes_again_under_the_same_id_and_a_new_time() {
    let probe = probe().signed_into_linear("read,write,admin").await;
    let receiver = Receiver::start(|_| (StatusCode::INTERNAL_SERVER_ERROR, String::new())).await;
    let input = json!({ "url": receiver.url, "resourceTypes": ["Issue"], "allPublicTeams": true });
    let hook = probe.data(HOOK, json!({ "input": input })).await["webhookCreate"]["webhook"]["id"].clone();
    probe.issue("Lost").await;
    let kit = std::sync::Arc::clone(probe.sandbox.kit());
    for wait in [0, 61, 3601, 21_601, 100_000] {
        kit.clock.advance(SignedDuration::from_secs(wait));
        kit.webhooks.deliver_due().await;
    }
    let got = receiver.got();
    assert_eq!((got.len(), kit.webhooks.record()[0].state), (4, DeliveryState::GivenUp));
    assert_eq!(got[0].header("linear-delivery"), got[3].header("linear-delivery"));
    assert_ne!(got[0].header("linear-timestamp"), got[3].header("linear-timestamp"));

    // The clock has moved by more than a token lives.
    let probe = probe.signed_into_linear("read,write,admin").await;
    let gone = probe.data("mutation($id: String!) { webhookDelete(id: $id) { success entityId } }", json!({ "id": hook })).await;
    assert_eq!(gone["webhookDelete"]["entityId"], hook);
    probe.issue("Unheard").await;
    assert_eq!(kit.webhooks.record().len(), 1);
}

#[tokio::test]
async fn a_webhook_names_its_teams_and_kinds() {
    let probe = probe().signed_into_linear("read,admin").await;
    let url = "https://harmony.demo.example/hooks";
    for input in [
        json!({ "url": url, "resourceTypes": ["Issue"] }),
        json!({ "url": url, "resourceTypes": [], "allPublicTeams": true }),
        json!({ "url": url, "resourceTypes": ["Weather"], "allPublicTeams": true }),
        json!({ "url": "here", "resourceTypes": ["Issue"], "allPublicTeams": true }),
    ] {
        assert_eq!(probe.error(HOOK, json!({ "input": input })).await.1["message"], "Argument Validation Error", "{input}");
    }
}
