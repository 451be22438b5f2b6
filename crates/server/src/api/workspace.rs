//! `/workspace`: what the workspace says of itself.

use axum::Json;
use jiff::tz::TimeZone;
use model::WorkspaceId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::workspaces::Profile;
use utoipa::ToSchema;

use super::ask::Body;
use super::entity::words;
use super::refused::Refused;
use crate::identity::{Admin, Caller};
use crate::problem::{Answer, Problem};

/// A workspace.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WorkspaceProfile {
    #[schema(value_type = String)]
    id: WorkspaceId,
    name: String,
    /// IANA name of the zone in which "each day at 9" is meant.
    time_zone: String,
    /// The domains whose people are colleagues.
    own_domains: Vec<String>,
}

/// What to change; absent fields stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkspacePatch {
    name: Option<String>,
    time_zone: Option<String>,
    own_domains: Option<Vec<String>>,
}

async fn read(caller: &Caller) -> Answer<Json<WorkspaceProfile>> {
    let profile = caller.workspace.profile().await?;
    Ok(Json(WorkspaceProfile {
        id: caller.workspace.id().clone(),
        time_zone: profile.time_zone.iana_name().unwrap_or("UTC").to_owned(),
        name: profile.name,
        own_domains: profile.own_domains,
    }))
}

/// Reads the workspace.
#[utoipa::path(get, path = "/workspace", tag = "workspace", responses(Refused, (status = 200, description = "The workspace.", body = WorkspaceProfile)))]
pub(super) async fn get(caller: Caller) -> Answer<Json<WorkspaceProfile>> {
    read(&caller).await
}

/// Changes the workspace; admins alone.
#[utoipa::path(patch, path = "/workspace", tag = "workspace", request_body = WorkspacePatch, responses(Refused, (status = 200, description = "As it is now.", body = WorkspaceProfile)))]
pub(super) async fn change(admin: Admin, Body(patch): Body<WorkspacePatch>) -> Answer<Json<WorkspaceProfile>> {
    let before = admin.workspace.profile().await?;
    let mut profile = before.clone();
    if let Some(name) = patch.name {
        words("name", &name, 200)?;
        name.trim().clone_into(&mut profile.name);
    }
    if let Some(zone) = patch.time_zone {
        let known = TimeZone::get(&zone).ok().filter(|known| known.iana_name().is_some());
        profile.time_zone = known.ok_or_else(|| Problem::invalid("time_zone", "It is an IANA name, as Europe/Berlin."))?;
    }
    if let Some(domains) = patch.own_domains {
        let bad = |domain: &String| domain.trim().is_empty() || domain.contains(['@', '/', ' ']) || domain.len() > 253;
        if let Some(at) = domains.iter().position(bad) {
            return Err(Problem::invalid(format!("own_domains[{at}]"), "It is a domain, as demo.example."));
        }
        profile.own_domains = domains;
    }
    if profile != before {
        save(&admin, &before, &profile).await?;
    }
    read(&admin).await
}

async fn save(admin: &Admin, before: &Profile, after: &Profile) -> Answer<()> {
    let told =
        |profile: &Profile| json!({ "name": profile.name, "time_zone": profile.time_zone.iana_name(), "own_domains": profile.own_domains });
    let mut step = admin.workspace.begin().await?;
    step.set_profile(after).await?;
    let detail = json!({ "before": told(before), "after": told(after) });
    step.audit(&admin.actor.name, &admin.actor.address, "workspace.changed", admin.workspace.id().as_str(), &detail).await?;
    step.commit().await?;
    Ok(())
}
