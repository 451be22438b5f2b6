//! Explore reports from job to file.

use axum::http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Bench, HOST};

fn wanted() -> Value {
    json!({
        "name": "calls of the day",
        "timezone": "UTC",
        "format": "json",
        "timespan": { "from": "2026-11-02T00:00:00Z", "to": "2026-11-03T00:00:00Z" },
    })
}

async fn create(bench: &Bench, body: Value) -> super::Answer {
    bench.post("/data/reports/calls/jobs", body).await
}

async fn done(bench: &Bench, body: Value) -> String {
    let job = create(bench, body).await.ok();
    let path = format!("/data/reports/calls/jobs/{}", job["job"]["id"].as_str().unwrap());
    while bench.get(&path).await.status == 200 {}
    job["job"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_report_is_made_step_by_step() {
    let bench = Bench::new().await;
    let call = bench.add_call("2026-11-02T10:00:00Z", json!({ "notes": "Asked for an offer" })).await;
    bench.add_call("2026-11-02T23:59:55Z", json!({})).await; // ends the day after
    let created = create(&bench, wanted()).await;
    assert_eq!(created.status, 202);
    let created = created.body();
    assert_eq!((&created["job"]["status"], &created["job"]["format"]), (&json!("created"), &json!("json")));
    let path = created["_links"]["self"]["href"].as_str().unwrap().strip_prefix(&format!("{HOST}/talkdesk/api")).unwrap().to_owned();
    let files = created["_links"]["files"]["href"].as_str().unwrap().strip_prefix(&format!("{HOST}/talkdesk/api")).unwrap().to_owned();
    assert_eq!(bench.get(&files).await.problem(), (404, "1020008".to_owned()));
    assert_eq!(bench.get(&path).await.ok()["job"]["status"], "processing");
    let finished = bench.get(&path).await;
    assert_eq!((finished.status.as_u16(), &finished.body()["job"]["status"]), (303, &json!("done")));
    assert_eq!(finished.location(), format!("/talkdesk/api{files}"));
    let redirect = bench.get(&files).await;
    assert_eq!(redirect.status, 302);
    let report = bench.open(&redirect.location(), &[]).await.ok();
    assert_eq!((&report["type"], &report["version"], &report["total"]), (&json!("calls"), &json!("v1"), &json!(1)));
    let entry = &report["entries"][0];
    assert_eq!(entry["call_id"], call["call_id"]);
    assert_eq!(
        (&entry["type"], &entry["start_at"], &entry["end_at"]),
        (&json!("inbound"), &json!("2026-11-02T10:00:00Z"), &json!("2026-11-02T10:00:10Z"))
    );
    assert_eq!((&entry["contact_phone_number"], &entry["user_email"]), (&json!("+12025550111"), &json!("project.manager@demo.example")));
    assert_eq!((&entry["talk_time"], &entry["notes"]), (&json!(10), &json!("Asked for an offer")));
    assert!(entry["recording_url"].as_str().unwrap().ends_with(&format!("/calls/{}/recordings", call["call_id"].as_str().unwrap())));
    assert_eq!(bench.kit().ledger.effects(Some("talkdesk"), Some("report.create")).len(), 1);
}

#[tokio::test]
async fn the_stored_file_needs_its_link_and_the_link_expires() {
    let bench = Bench::new().await;
    let id = done(&bench, wanted()).await;
    let location = bench.get(&format!("/data/reports/calls/files/{id}")).await.location();
    bench.open(&location, &[]).await.ok();
    assert_eq!(bench.open(&location.replace("signature=", "signature=0"), &[]).await.status, 403);
    assert_eq!(bench.open(&format!("/talkdesk/files/reports/{id}"), &[]).await.status, 403);
    bench.kit().clock.advance(SignedDuration::from_secs(301));
    assert_eq!(bench.open(&location, &[]).await.status, 403);
}

#[tokio::test]
async fn csv_is_what_comes_when_no_format_is_asked() {
    let bench = Bench::new().await;
    bench.add_call("2026-11-02T10:00:00Z", json!({ "notes": "First, \"urgent\"" })).await;
    let mut body = wanted();
    body.as_object_mut().unwrap().remove("format");
    let id = done(&bench, body).await;
    let file = bench.open(&bench.get(&format!("/data/reports/calls/files/{id}")).await.location(), &[]).await;
    assert_eq!(file.headers["content-type"], "text/csv");
    let text = String::from_utf8(file.bytes).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("call_id,callsid,type,start_at,end_at,"));
    assert!(lines[1].contains("\"First, \"\"urgent\"\"\""));
}

#[tokio::test]
async fn job_requests_that_do_not_fit_are_refused() {
    let bench = Bench::new().await;
    let with = |name: &str, value: Value| {
        let mut body = wanted();
        body[name] = value;
        body
    };
    let span = |from: &str, to: &str| with("timespan", json!({ "from": from, "to": to }));
    let cases = [
        (span("2026-11-03T00:00:00Z", "2026-11-02T00:00:00Z"), "1020005"),
        (span("2026-09-01T00:00:00Z", "2026-11-02T00:00:00Z"), "1020013"),
        (span("yesterday", "2026-11-02T00:00:00Z"), "1020001"),
        (with("timespan", json!({ "from": "2026-11-02T00:00:00Z" })), "1020001"),
        (with("timezone", json!("Mars/Olympus")), "1020016"),
        (with("format", json!("xml")), "1020001"),
        (with("format", json!("json_bulk")), "1020001"),
        (with("name", json!(1)), "1020001"),
        (with("colour", json!("red")), "1020001"),
        (json!([]), "1020001"),
    ];
    for (body, code) in cases {
        assert_eq!(create(&bench, body.clone()).await.problem(), (400, code.to_owned()), "{body}");
    }
    let answer = bench.post("/data/reports/weather/jobs", wanted()).await;
    assert_eq!((answer.problem().0, &answer.body()["fields"][0]["name"]), (400, &json!("report_type")));
    assert_eq!(bench.get("/data/reports/calls/jobs/none").await.problem(), (404, "1020011".to_owned()));
    let reader = Bench::with("data-reports:read").await;
    assert_eq!(create(&reader, wanted()).await.problem(), (403, "1020004".to_owned()));
}

#[tokio::test]
async fn fifteen_reports_at_once_are_the_most() {
    let bench = Bench::new().await;
    let mut first = String::new();
    for _ in 0..15 {
        first = create(&bench, wanted()).await.ok()["job"]["id"].as_str().unwrap().to_owned();
    }
    assert_eq!(create(&bench, wanted()).await.problem(), (429, "1020017".to_owned()));
    let listed = bench.get("/data/reports/calls/jobs?per_page=10&page=2").await.ok();
    assert_eq!((&listed["total"], &listed["count"]), (&json!(15), &json!(5)));
    assert_eq!(listed["_embedded"]["jobs"][0]["status"], "created");
    bench.control(Method::POST, &format!("talkdesk/jobs/{first}/fail"), json!({})).await;
    assert_eq!(bench.get(&format!("/data/reports/calls/jobs/{first}")).await.ok()["job"]["status"], "failed");
    assert_eq!(bench.get(&format!("/data/reports/calls/files/{first}")).await.status, 404);
    create(&bench, wanted()).await.ok();
}
