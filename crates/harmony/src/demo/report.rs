//! The demo's table: each meeting, where it came from and where it landed, with links.

use std::collections::BTreeMap;

use anyhow::Result;
use comfy_table::{Cell, ContentArrangement, Table, presets};
use model::{Capability, Kind, RecordId};
use store::Workspace;
use store::links::Link;
use sync::Hub;
use sync::matching::caller_key;
use sync::meetings::MeetingInput;
use url::Url;

/// Prints it.
pub async fn print(hub: &Hub, workspace: &Workspace, meetings: &[(String, MeetingInput)], sandbox: &Url) -> Result<()> {
    let tools: BTreeMap<_, _> =
        workspace.connections().await?.into_iter().map(|connection| (connection.id, connection.integration)).collect();
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["Meeting", "Seen by", "CRM and notes", "Tasks", "Chat", "Page"]);
    for (key, input) in meetings {
        let Some(id) = workspace.find(&caller_key(key)).await?.into_iter().next() else { continue };
        let links = workspace.links_of(&id).await?;
        let seen: Vec<&str> = of(&links, &[Capability::Calendar, Capability::Recordings])
            .filter_map(|link| tools.get(&link.connection).map(String::as_str))
            .collect();
        let landed = |capability| first(&links, capability);
        let tasks = tasks(workspace, &id).await?;
        table.add_row([
            Cell::new(&input.meeting.title),
            Cell::new(if seen.is_empty() { "file".to_owned() } else { format!("file, {}", seen.join(", ")) }),
            Cell::new(landed(Capability::Activities)),
            Cell::new(tasks),
            Cell::new(landed(Capability::Messages)),
            Cell::new(hub.meeting_url(&id)),
        ]);
    }
    println!("{table}");
    for connection in workspace.connections().await? {
        let evidence = workspace.status_evidence(&connection.id).await?;
        let status = model::Status::from_evidence(&evidence, hub.env().now());
        let counts: Vec<String> = workspace
            .link_counts(&connection.id)
            .await?
            .iter()
            .map(|(capability, count)| format!("{count} {}", capability.as_str()))
            .collect();
        println!("{:<16} {:<16} {} {}", connection.integration, status.label, status.evidence, counts.join(", "));
    }
    let steering = sandbox::steering::Steering::of(sandbox);
    let violations = steering.get("/violations").await?["violations"].as_array().map_or(0, Vec::len);
    let checked = steering.get("/validations").await?;
    if checked["described"].as_bool() == Some(true) {
        println!("Requests and answers that did not fit the tools' official descriptions: {violations}");
    } else {
        println!("The tools' official descriptions are not at hand (HARMONY_SPECS): what they describe was not checked.");
    }
    Ok(())
}

fn of<'l>(links: &'l [Link], capabilities: &'l [Capability]) -> impl Iterator<Item = &'l Link> {
    links.iter().filter(move |link| capabilities.contains(&link.capability))
}

fn first(links: &[Link], capability: Capability) -> String {
    let found: Vec<String> = of(links, &[capability]).map(|link| link.url.clone().unwrap_or_else(|| link.remote_id.clone())).collect();
    if found.is_empty() { "–".to_owned() } else { found.join("\n") }
}

async fn tasks(workspace: &Workspace, meeting: &RecordId) -> Result<String> {
    let mut found = Vec::new();
    for item in workspace.children(meeting, Kind::ActionItem).await? {
        let links = workspace.links_of(&item.id).await?;
        found.extend(of(&links, &[Capability::Tasks]).map(|link| link.url.clone().unwrap_or_else(|| link.remote_id.clone())));
    }
    Ok(if found.is_empty() { "–".to_owned() } else { found.join("\n") })
}
