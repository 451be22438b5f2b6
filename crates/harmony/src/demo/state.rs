//! What the demo remembers between starts: its sign-in, its day, and whether the tools' world was made.

use std::path::Path;

use anyhow::{Context, Result};
use jiff::Timestamp;
use model::{Env, Secret, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::users::{Role, User};
use store::workspaces::Profile;
use store::{Store, Workspace};

use crate::env::System;
use crate::serve::the_workspace;

/// The demo's admin.
pub const ADMIN: &str = "project.manager@demo.example";

/// Kept in the data directory.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept {
    /// The demo's own password; it opens emulated data on loopback alone.
    pub password: String,
    /// The day on which the first start was.
    pub anchor: Timestamp,
    pub world_is_made: bool,
}

impl Kept {
    /// Reads what an earlier start kept, else begins.
    pub fn load(folder: &Path) -> Result<Self> {
        let path = folder.join("demo.json");
        if path.exists() {
            let text = std::fs::read_to_string(&path)?;
            return serde_json::from_str(&text)
                .with_context(|| format!("{} does not read; delete the data directory to begin anew", path.display()));
        }
        let mut bytes = [0_u8; 6];
        System.fill(&mut bytes);
        let password = bytes.map(|byte| format!("{byte:02x}")).concat();
        Ok(Self { password, anchor: System.now(), world_is_made: false })
    }

    /// Keeps it.
    pub fn save(&self, folder: &Path) -> Result<()> {
        std::fs::write(folder.join("demo.json"), serde_json::to_vec_pretty(self)?)?;
        Ok(())
    }
}

/// The demo's workspace and admin, made at the first start.
pub async fn workspace_and_admin(store: &Store, kept: &mut Kept) -> Result<(Workspace, User)> {
    if let Some(id) = the_workspace(store).await? {
        let workspace = store.workspace(&id);
        let admin = workspace.users().await?.into_iter().find(|user| user.email == ADMIN);
        return Ok((workspace, admin.context("the data directory belongs to another hub, not to the demo")?));
    }
    let workspace = store.workspace(&WorkspaceId::new(store.env()));
    let profile = Profile {
        name: "Demo organisation".to_owned(),
        time_zone: jiff::tz::TimeZone::get("Europe/Berlin")?,
        own_domains: vec!["demo.example".to_owned()],
    };
    let hash = server::password::hash(store.env(), &Secret::new(kept.password.clone()))
        .await
        .map_err(|problem| anyhow::anyhow!(problem.detail))?;
    let mut step = workspace.begin().await?;
    step.create_workspace(&profile).await?;
    let admin = step.create_user(ADMIN, "Project Manager", Role::Admin, Some(&hash)).await?;
    step.audit("harmony", "", "workspace.created", workspace.id().as_str(), &serde_json::json!({ "name": profile.name })).await?;
    step.commit().await?;
    Ok((workspace, admin))
}
