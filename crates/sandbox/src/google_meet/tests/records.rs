//! Conference records: which there are, for whom, in which order, how long.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;

use super::{DESIGNER, MANAGER, RECORDS, harness, hold, names, token};

#[tokio::test]
async fn records_come_latest_first_page_by_page_and_by_filter() {
    let harness = harness();
    let token = token(&harness, MANAGER).await;
    let now = harness.sandbox.kit().clock.now();
    let mut made = Vec::new();
    for hours in [30, 20, 10] {
        let one = hold(&harness, json!({ "start": now - SignedDuration::from_hours(hours), "code": format!("abc-mno{hours}-xyz") })).await;
        made.push(format!("conferenceRecords/{}", one["id"].as_str().unwrap()));
    }
    made.reverse();
    let first = harness.get(&format!("{RECORDS}?pageSize=2"), &token).await.good();
    assert_eq!(names(&first, "conferenceRecords"), made[..2]);
    let next = first["nextPageToken"].as_str().unwrap();
    let second = harness.get(&format!("{RECORDS}?pageSize=2&pageToken={next}"), &token).await.good();
    assert_eq!((names(&second, "conferenceRecords"), second.get("nextPageToken")), (made[2..].to_vec(), None));

    let filtered = async |filter: &str| {
        let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        harness.get(&format!("{RECORDS}?filter={filter}"), &token).await
    };
    let bound = now - SignedDuration::from_hours(15);
    assert_eq!(names(&filtered(&format!("end_time>=\"{bound}\"")).await.good(), "conferenceRecords"), made[..1]);
    assert_eq!(names(&filtered(&format!("start_time<\"{bound}\" AND end_time IS NULL")).await.good(), "conferenceRecords"), [""; 0]);
    assert_eq!(names(&filtered("space.meeting_code = \"abc-mno20-xyz\"").await.good(), "conferenceRecords"), made[1..2]);
    for bad in ["end_time", "end_time>=soon", "end_time>=\"soon\"", "title=\"x\"", "start_time IS NULL"] {
        assert_eq!(filtered(bad).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    for bad in
        ["pageToken=x".to_owned(), "pageSize=-1".to_owned(), format!("pageToken={next}&filter=end_time%20IS%20NULL"), "order=up".to_owned()]
    {
        let refused = harness.get(&format!("{RECORDS}?{bad}"), &token).await;
        assert_eq!((refused.status, &refused.json()["error"]["status"]), (StatusCode::BAD_REQUEST, &json!("INVALID_ARGUMENT")), "{bad}");
    }
    harness.assert_answers_fit();
}

#[tokio::test]
async fn a_record_ends_thirty_days_after_the_conference_with_all_that_belongs_to_it() {
    let harness = harness();
    let access = token(&harness, MANAGER).await;
    let id = hold(&harness, json!({})).await["id"].as_str().unwrap().to_owned();
    let record = harness.get(&format!("{RECORDS}/{id}"), &access).await.good();
    let time = |name: &str| record[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(time("expireTime").duration_since(time("endTime")), SignedDuration::from_hours(30 * 24));
    harness.advance(30 * 24 * 3_600);
    let access = token(&harness, MANAGER).await;
    for path in ["", "/participants", "/recordings", "/transcripts", "/smartNotes"] {
        assert_eq!(harness.get(&format!("{RECORDS}/{id}{path}"), &access).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(harness.get(RECORDS, &access).await.good(), json!({}));
}

#[tokio::test]
async fn owners_and_guests_see_a_record_and_nobody_else_does() {
    let harness = harness();
    let one = hold(&harness, json!({ "owner": "marketing@demo.example" })).await;
    let path = format!("{RECORDS}/{}", one["id"].as_str().unwrap());
    for (who, status) in [("marketing@demo.example", 200), (MANAGER, 200), (DESIGNER, 404)] {
        let token = token(&harness, who).await;
        assert_eq!(harness.get(&path, &token).await.status.as_u16(), status, "{who}");
        let space = harness.get(&format!("/v2/spaces/{}", one["code"].as_str().unwrap()), &token).await;
        assert_eq!(space.status.as_u16(), status, "{who}");
    }
    harness.assert_answers_fit();
}

#[tokio::test]
async fn people_are_told_as_what_they_joined_as_and_with_their_sessions() {
    let harness = harness();
    let token = token(&harness, MANAGER).await;
    let path = format!("{RECORDS}/{}/participants", hold(&harness, json!({})).await["id"].as_str().unwrap());
    let people = harness.get(&path, &token).await.good();
    let kind = |kind: &str| people["participants"].as_array().unwrap().iter().find(|one| one.get(kind).is_some()).unwrap().clone();
    let own = harness.get("/oauth2/v2/userinfo", &token).await.good()["id"].as_str().unwrap().to_owned();
    let manager = kind("signedinUser");
    assert_eq!(manager["signedinUser"], json!({ "user": format!("users/{own}"), "displayName": "Project Manager" }));
    assert_eq!(kind("anonymousUser")["anonymousUser"], json!({ "displayName": "Guest" }));
    assert_eq!(kind("phoneUser")["phoneUser"], json!({ "displayName": "+1 415-***-**23" }));
    let name = manager["name"].as_str().unwrap();
    assert_eq!(harness.get(&format!("/v2/{name}"), &token).await.good(), manager);
    let sessions = harness.get(&format!("/v2/{name}/participantSessions"), &token).await.good();
    assert_eq!(sessions["participantSessions"].as_array().unwrap().len(), 2);
    harness.assert_answers_fit();
}

#[tokio::test]
async fn a_conference_that_goes_on_has_no_end_and_is_active_in_its_space() {
    let harness = harness();
    let token = token(&harness, MANAGER).await;
    let one = hold(&harness, json!({ "duration_s": null, "state": "STARTED" })).await;
    let (id, space) = (one["id"].as_str().unwrap(), format!("/v2/spaces/{}", one["space"].as_str().unwrap()));
    let record = harness.get(&format!("{RECORDS}/{id}"), &token).await.good();
    assert_eq!((record.get("endTime"), record.get("expireTime")), (None, None));
    assert_eq!(harness.get(&space, &token).await.good()["activeConference"]["conferenceRecord"], record["name"]);
    harness.control("POST", "/conferences/end", json!({ "id": id })).await;
    assert!(harness.get(&format!("{RECORDS}/{id}"), &token).await.good()["endTime"].is_string());
    assert_eq!(harness.get(&space, &token).await.good().get("activeConference"), None);
    harness.assert_answers_fit();
}
