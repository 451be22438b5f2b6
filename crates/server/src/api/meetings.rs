//! `/meetings`: bringing meetings in by the caller's own key, finding them, and where each went.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use model::{Capability, ConnectionId, Kind, Meeting, RecordId, Transcript};
use serde::{Deserialize, Serialize};
use store::items::{Item, Outcome};
use store::links::Link;
use store::records::Listing;
use sync::meetings::{MeetingInput, around, upsert};
use url::Url;
use utoipa::ToSchema;

use super::ask::{Body, Id, Query, tagged};
use super::entity::{self, Kept};
use super::integrations::manifest;
use super::page::{Page, Paging};
use super::refused::Refused;
use crate::app::App;
use crate::identity::Caller;
use crate::problem::{Answer, Problem};

/// Which meetings.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// `true`: those to come, the next one first; `false`: those that began, the latest first; absent: all, the latest first.
    upcoming: Option<bool>,
    /// A part of the title, ignoring case.
    q: Option<String>,
    /// Rows of a page, 1 to 200; 50 where it is absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Lists meetings.
#[utoipa::path(get, path = "/meetings", tag = "meetings", params(Wanted), responses(Refused, (status = 200, description = "A page.", body = Page<Kept<Meeting>>)))]
pub(super) async fn list(State(app): State<App>, caller: Caller, Query(wanted): Query<Wanted>) -> Answer<Json<Page<Kept<Meeting>>>> {
    let mut listing = entity::listing::<Meeting>(wanted.q);
    if let Some(upcoming) = wanted.upcoming {
        let (from, until) = around(app.hub().env().now(), upcoming);
        listing = Listing { from, until, descending: !upcoming, ..listing };
    }
    let paging = Paging { limit: wanted.limit, cursor: wanted.cursor };
    Ok(Json(entity::page(&caller.workspace, listing, &paging).await?))
}

/// Reads a meeting.
#[utoipa::path(get, path = "/meetings/{id}", tag = "meetings", params(("id" = String, Path, description = "`mtg_…`")), responses(Refused, (status = 200, description = "The meeting.", body = Kept<Meeting>, headers(("ETag" = String, description = "Its version.")))))]
pub(super) async fn get(caller: Caller, Id(id): Id<RecordId>) -> Answer<Response> {
    entity::get::<Meeting>(&caller, &id).await
}

/// What an upsert did.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Received {
    #[schema(value_type = String)]
    id: RecordId,
    /// `false`: it was known already.
    created: bool,
    seq: i64,
    /// The meeting's page.
    #[schema(value_type = String, format = "uri")]
    url: Url,
}

/// Brings a meeting in under the caller's own key; the same once more changes nothing.
#[utoipa::path(put, path = "/meetings/{id}", tag = "meetings", params(("id" = String, Path, description = "The caller's own key, 1 to 200 bytes; always the same for one meeting.")), request_body = MeetingInput, responses(Refused, (status = 201, description = "It is new.", body = Received), (status = 200, description = "It was known.", body = Received)))]
pub(super) async fn put(State(app): State<App>, caller: Caller, Id(key): Id<String>, Body(input): Body<MeetingInput>) -> Answer<Response> {
    let done = upsert(&caller.workspace, &key, &input, &caller.origin()).await?;
    let seq = entity::load::<Meeting>(&caller.workspace, &done.id).await?.seq;
    let status = if done.created { StatusCode::CREATED } else { StatusCode::OK };
    let url = app.hub().meeting_url(&done.id);
    Ok(tagged(seq, (status, Json(Received { id: done.id, created: done.created, seq, url }))).into_response())
}

/// Reads a meeting's transcript.
#[utoipa::path(get, path = "/meetings/{id}/transcript", tag = "meetings", params(("id" = String, Path, description = "`mtg_…`")), responses(Refused, (status = 200, description = "The transcript.", body = Kept<Transcript>, headers(("ETag" = String, description = "Its version.")))))]
pub(super) async fn transcript(caller: Caller, Id(id): Id<RecordId>) -> Answer<Response> {
    let found = entity::of_meeting::<Transcript>(&caller.workspace, &id).await?.pop();
    let found = found.ok_or_else(|| Problem::not_found("A transcript of this meeting"))?;
    Ok(tagged(found.seq, Json(found)))
}

/// Where a record went, or why it did not.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Delivery {
    #[schema(value_type = String)]
    connection: ConnectionId,
    integration: String,
    capability: Capability,
    /// The meeting itself, or an action item, note or contact of it.
    #[schema(value_type = String)]
    record: RecordId,
    label: String,
    /// The tool's id of it; absent: it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    remote_id: Option<String>,
    /// It was there, and was deleted at the tool.
    gone: bool,
    /// How the last attempt ended; absent: it came from there, and nothing was to be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    /// A stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The reason in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Where to see it at the tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    at: Timestamp,
}

impl Delivery {
    fn of(integration: &str, record: &RecordId, label: &str, link: Option<&Link>, item: Option<&Item>) -> Option<Self> {
        let (connection, capability, at) = match (link, item) {
            (_, Some(item)) => (&item.connection, item.capability, item.at),
            (Some(link), None) => (&link.connection, link.capability, link.at),
            (None, None) => return None,
        };
        Some(Self {
            connection: connection.clone(),
            integration: integration.to_owned(),
            capability,
            record: record.clone(),
            label: label.to_owned(),
            remote_id: link.map(|link| link.remote_id.clone()),
            gone: link.is_some_and(|link| link.gone),
            outcome: item.map(|item| item.outcome),
            reason: item.map(|item| item.reason.clone()),
            detail: item.map(|item| item.detail.clone()),
            url: link.and_then(|link| link.url.clone()).or_else(|| item.and_then(|item| item.url.clone())),
            at,
        })
    }
}

/// Lists where the meeting and what belongs to it went, at each connection that the caller may look at.
#[utoipa::path(get, path = "/meetings/{id}/deliveries", tag = "meetings", params(("id" = String, Path, description = "`mtg_…`")), responses(Refused, (status = 200, description = "All of them.", body = Page<Delivery>)))]
pub(super) async fn deliveries(State(app): State<App>, caller: Caller, Id(id): Id<RecordId>) -> Answer<Json<Page<Delivery>>> {
    let meeting: Kept<Meeting> = entity::load(&caller.workspace, &id).await?;
    let mut records = vec![(meeting.id, meeting.body.title)];
    for kind in [Kind::ActionItem, Kind::Note] {
        let children = caller.workspace.children(&id, kind).await?;
        records.extend(children.into_iter().map(|child| (child.id, child.record.label())));
    }
    let mut connections = caller.workspace.connections().await?;
    connections.retain(|connection| manifest(&app, &connection.integration).is_some_and(|manifest| caller.may_see(manifest, connection)));
    let mut found = Vec::new();
    for (record, label) in &records {
        let links = caller.workspace.links_of(record).await?;
        let items = caller.workspace.items_of(record).await?;
        for connection in &connections {
            for capability in Capability::ALL {
                let link = links.iter().find(|link| link.connection == connection.id && link.capability == capability);
                let item = items.iter().find(|item| item.connection == connection.id && item.capability == capability);
                found.extend(Delivery::of(&connection.integration, record, label, link, item));
            }
        }
    }
    Ok(Json(Page::whole(found)))
}
