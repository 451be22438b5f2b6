//! Paging, order and filters.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{UPDATE, probe};
use crate::probe::Probe;

const LIST: &str = "query($first: Int, $after: String, $filter: IssueFilter) {
    issues(first: $first, after: $after, filter: $filter, orderBy: updatedAt) {
        edges { cursor node { title } } pageInfo { hasNextPage hasPreviousPage endCursor } } }";

async fn three(probe: &Probe) {
    for title in ["One", "Two", "Three"] {
        probe.issue(title).await;
        probe.sandbox.kit().clock.advance(SignedDuration::from_secs(10));
    }
}

fn titles(page: &Value) -> Vec<&str> {
    page["issues"]["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["title"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn pages_follow_each_other_newest_first() {
    let probe = probe().signed_into_linear("read,write").await;
    three(&probe).await;
    let first = probe.data(LIST, json!({ "first": 2 })).await;
    assert_eq!(titles(&first), ["Three", "Two"]);
    assert_eq!(first["issues"]["pageInfo"]["hasNextPage"], true);
    let after = first["issues"]["pageInfo"]["endCursor"].clone();
    let second = probe.data(LIST, json!({ "first": 2, "after": after })).await;
    assert_eq!(titles(&second), ["One"]);
    assert_eq!(second["issues"]["pageInfo"]["hasNextPage"], false);
    assert_eq!(second["issues"]["pageInfo"]["hasPreviousPage"], true);

    let id =
        probe.data("{ issues(filter: { title: { eq: \"One\" } }) { nodes { id } } }", json!({})).await["issues"]["nodes"][0]["id"].clone();
    probe.data(UPDATE, json!({ "id": id, "input": { "title": "One, again" } })).await;
    assert_eq!(titles(&probe.data(LIST, json!({ "first": 1 })).await), ["One, again"]);
    let last = probe.data("{ issues(last: 1) { nodes { title } } }", json!({})).await;
    assert_eq!(last["issues"]["nodes"][0]["title"], "One, again");
}

#[tokio::test]
async fn filters_by_time_id_team_and_person() {
    let probe = probe().signed_into_linear("read,write").await;
    three(&probe).await;
    let all = probe.data("{ issues { nodes { id title updatedAt } } viewer { id } }", json!({})).await;
    let nodes = all["issues"]["nodes"].as_array().unwrap();
    let since = nodes.iter().find(|node| node["title"] == "Two").unwrap()["updatedAt"].clone();
    assert_eq!(titles(&probe.data(LIST, json!({ "filter": { "updatedAt": { "gt": since } } })).await), ["Three"]);
    assert_eq!(titles(&probe.data(LIST, json!({ "filter": { "updatedAt": { "gte": since } } })).await), ["Three", "Two"]);
    let ids = json!([nodes[0]["id"], nodes[2]["id"]]);
    assert_eq!(titles(&probe.data(LIST, json!({ "filter": { "id": { "in": ids } } })).await), ["Three", "One"]);
    assert!(titles(&probe.data(LIST, json!({ "filter": { "team": { "key": { "eq": "RES" } } } })).await).is_empty());

    probe.data(UPDATE, json!({ "id": nodes[0]["id"], "input": { "assigneeId": all["viewer"]["id"], "dueDate": "2026-12-24" } })).await;
    let mine = json!({ "assignee": { "email": { "eq": "project.manager@demo.example" } } });
    assert_eq!(titles(&probe.data(LIST, json!({ "filter": mine })).await), ["Three"]);
    assert_eq!(titles(&probe.data(LIST, json!({ "filter": { "assignee": { "null": true } } })).await), ["Two", "One"]);
    assert_eq!(titles(&probe.data(LIST, json!({ "filter": { "dueDate": { "lt": "2027-01-01" } } })).await), ["Three"]);
    let either = json!({ "or": [{ "title": { "eq": "One" } }, { "title": { "startsWith": "Tw" } }] });
    assert_eq!(titles(&probe.data(LIST, json!({ "filter": either })).await), ["Two", "One"]);
    assert_eq!(titles(&probe.data(LIST, json!({ "filter": { "state": { "type": { "nin": ["backlog"] } } } })).await).len(), 0);
}

#[tokio::test]
async fn a_page_has_its_bounds() {
    let probe = probe().signed_into_linear("read").await;
    for first in [0, -1, 251] {
        let (_, error) = probe.error(LIST, json!({ "first": first })).await;
        assert_eq!(error["extensions"]["code"], "INVALID_INPUT", "{first}: {error}");
    }
    let (_, error) = probe.error(LIST, json!({ "after": "nowhere" })).await;
    assert_eq!(error["extensions"]["userPresentableMessage"], "after is no known cursor.");
}

#[tokio::test]
async fn teams_have_members_states_and_labels() {
    let probe = probe().signed_into_linear("read").await;
    let query = "query($id: String!) { team(id: $id) { key members { nodes { email } } states { nodes { name type position } } labels { nodes { name } } } }";
    let team = probe.data(query, json!({ "id": "RES" })).await["team"].clone();
    assert_eq!(team["members"]["nodes"].as_array().unwrap().len(), 5);
    assert_eq!(team["states"]["nodes"].as_array().unwrap().len(), 5);
    assert_eq!(team["labels"]["nodes"].as_array().unwrap().len(), 3);
    let users = probe.data("{ users(filter: { email: { contains: \"marketing\" } }) { nodes { name } } }", json!({})).await;
    assert_eq!(users["users"]["nodes"], json!([{ "name": "Marketing" }]));
}
