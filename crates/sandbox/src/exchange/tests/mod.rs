//! Tests of the emulated Exchange, by what they are about. How it is called is here.

mod access;
mod autodiscover;
mod calendar;
mod series;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::soap::{MESSAGES, TYPES};
use crate::harness::Harness;
use crate::kit::xml::{self, Element};
use crate::probe::{Got, Probe};

const MANAGER: &str = "project.manager@demo.example";
const MARKETING: &str = "marketing@demo.example";
const CALENDAR: &str = r#"<t:DistinguishedFolderId Id="calendar"/>"#;

fn harness() -> Harness {
    Harness::new("exchange", super::tool)
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

fn envelope(header: &str, operation: &str) -> String {
    format!(
        r#"<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="{TYPES}" xmlns:m="{MESSAGES}"><s:Header><t:RequestServerVersion Version="Exchange2016"/>{header}</s:Header><s:Body>{operation}</s:Body></s:Envelope>"#
    )
}

async fn send(harness: &Harness, authorization: &str, envelope: String) -> Got {
    let request = Request::post("/exchange/EWS/Exchange.asmx")
        .header(header::AUTHORIZATION, authorization)
        .header(header::CONTENT_TYPE, "text/xml; charset=utf-8");
    Probe { sandbox: harness.sandbox.clone(), token: None }.send(request.body(Body::from(envelope)).unwrap()).await
}

/// The element in the answer's body, to a call of the manager's.
async fn call(harness: &Harness, operation: &str) -> Element {
    let got = send(harness, &basic(MANAGER, "sandbox"), envelope("", operation)).await;
    inside(&got)
}

fn inside(got: &Got) -> Element {
    let root = xml::read(&got.text()).unwrap();
    root.child("Body").unwrap().children[0].clone()
}

fn messages(answer: &Element) -> &[Element] {
    &answer.child("ResponseMessages").unwrap().children
}

/// The response code of the first message, or of a fault.
fn code(answer: &Element) -> &str {
    match answer.child("detail") {
        Some(detail) => detail.text_of("ResponseCode").unwrap(),
        None => messages(answer)[0].text_of("ResponseCode").unwrap(),
    }
}

async fn add(harness: &Harness, item: Value) -> String {
    let made = harness.control("POST", &format!("/mailboxes/{MANAGER}/items"), item).await.good();
    made["id"].as_str().unwrap().to_owned()
}

fn sync(folder: &str, state: &str, most: u32) -> String {
    let state = if state.is_empty() { String::new() } else { format!("<m:SyncState>{state}</m:SyncState>") };
    format!(
        "<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId>{folder}</m:SyncFolderId>{state}<m:MaxChangesReturned>{most}</m:MaxChangesReturned></m:SyncFolderItems>"
    )
}

fn view(from: &str, until: &str) -> String {
    format!(
        r#"<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:CalendarView StartDate="{from}" EndDate="{until}"/><m:ParentFolderIds>{CALENDAR}</m:ParentFolderIds></m:FindItem>"#
    )
}

fn get(ids: &str) -> String {
    format!("<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:ItemIds>{ids}</m:ItemIds></m:GetItem>")
}

/// What a view found.
fn found(answer: &Element) -> Vec<Element> {
    assert_eq!(code(answer), "NoError");
    messages(answer)[0].child("RootFolder").unwrap().child("Items").unwrap().children.clone()
}

/// Kinds of change and the items' ids, and the state that follows.
fn changes(answer: &Element) -> (Vec<(String, String)>, String, bool) {
    let message = &messages(answer)[0];
    let line = |change: &Element| {
        let id = change.child("ItemId").or_else(|| change.children[0].child("ItemId")).unwrap();
        (change.name.clone(), id.attribute("Id").unwrap().to_owned())
    };
    let lines = message.child("Changes").unwrap().children.iter().map(line).collect();
    let is_last = message.text_of("IncludesLastItemInRange") == Some("true");
    (lines, message.text_of("SyncState").unwrap().to_owned(), is_last)
}

/// No answer misfits, and nothing that was meant to be good was refused.
#[track_caller]
fn all_fit(harness: &Harness) {
    let violations = harness.sandbox.kit().checks.violations();
    assert!(violations.is_empty(), "{violations:#?}");
}

fn noon(day: u32) -> Value {
    json!(format!("2026-11-{day:02}T12:00:00Z"))
}

fn is(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap()
}
