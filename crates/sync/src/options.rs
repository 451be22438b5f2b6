//! A connection's options: saving them, what they switch on, destinations to choose from, and the test of each.

use std::collections::{BTreeMap, BTreeSet};

use connector_kit::manifest::Manifest;
use connector_kit::outbound::Edit;
use connector_kit::{AssociationQuery, Outbound, PullRequest, Session};
use futures::future::BoxFuture;
use jiff::tz::TimeZone;
use model::connection::{Capability, Way};
use model::settings::{Destination, Direction, Frequency};
use model::{Kind, Note, RecordId, Settings};
use serde::Serialize;
use serde_json::json;
use store::connections::Connection;
use store::{Step, Workspace};

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::mapping::{MAPPED, SOURCES};
use crate::schedule::next_due;
use crate::subscriptions::ensure_subscriptions;

/// What came of saving options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    Done {
        version: i64,
    },
    /// Permissions are missing for what was switched on; they are asked by a new sign-in (`reconnect`). The options are saved.
    NeedsPermission {
        version: i64,
        missing: Vec<String>,
    },
}

/// Whether an option's flow runs with these settings.
pub fn is_on(manifest: &Manifest, settings: &Settings, capability: Capability, way: Way) -> bool {
    let Some(sync) = settings.on(capability) else { return false };
    let both = manifest.flow(capability, Way::Pull).is_some() && manifest.flow(capability, Way::Push).is_some();
    manifest.flow(capability, way).is_some() && (!both || way == Way::Push || sync.direction == Direction::TwoWay)
}

/// Saves options, if nobody else saved meanwhile (`version` is the one that was loaded), and starts what they switch on.
pub async fn save(
    hub: &Hub,
    workspace: &Workspace,
    actor: &Actor,
    connection: &Connection,
    settings: Settings,
    version: i64,
) -> Result<Saved> {
    let manifest = hub.connector(&connection.integration)?.manifest();
    check(manifest, &settings)?;
    let zone = workspace.profile().await?.time_zone;
    let saved = Connection { settings: Some(settings.clone()), ..connection.clone() };
    let mut step = workspace.begin().await?;
    let version = step.set_settings(&connection.id, &settings, version).await?;
    if connection.connected {
        switch(&mut step, hub, &saved, &zone, "settings").await?;
        // What was left out by the options until now is looked at again, and a longer past is read from its beginning.
        step.retry_items(&connection.id).await?;
        if connection.settings.as_ref().is_some_and(|before| before.backfill_days < settings.backfill_days) {
            step.rewind_pulls(&connection.id).await?;
        }
    }
    let detail = json!({ "before": connection.settings, "after": settings });
    step.audit(&actor.name, &actor.address, "connection.settings", connection.id.as_str(), &detail).await?;
    step.commit().await?;
    ensure_subscriptions(hub, workspace, &saved).await?;
    let needed = manifest.permissions(|flow| is_on(manifest, &settings, flow.capability, flow.way));
    let by_consent = connection.auth == "oauth" && !connection.granted.is_empty();
    let missing: Vec<String> = needed
        .iter()
        .map(|permission| permission.scope.to_owned())
        .filter(|scope| by_consent && !connection.granted.contains(scope))
        .collect();
    Ok(if missing.is_empty() { Saved::Done { version } } else { Saved::NeedsPermission { version, missing } })
}

/// Refuses options that the tool cannot honour, naming the field.
pub fn check(manifest: &Manifest, settings: &Settings) -> Result<()> {
    for (capability, sync) in &settings.syncs {
        let has = |way| manifest.flow(*capability, way).is_some();
        if !has(Way::Pull) && !has(Way::Push) {
            return Err(Error::invalid("syncs", format!("{} has no {}", manifest.name, capability.as_str())));
        }
        if sync.direction == Direction::TwoWay && !(has(Way::Pull) && has(Way::Push)) {
            return Err(Error::invalid("syncs", format!("{} cannot sync {} both ways", manifest.name, capability.as_str())));
        }
    }
    if let Some(line) = settings.mapping.iter().find(|line| !SOURCES.contains(&line.source.as_str())) {
        return Err(Error::invalid("mapping", format!("there is no field `{}`; there are {}", line.source, SOURCES.join(", "))));
    }
    if let Some(line) = settings.mapping.iter().find(|line| !MAPPED.contains(&line.of) || manifest.flow(line.of, Way::Push).is_none()) {
        return Err(Error::invalid("mapping", format!("{} has no properties of {} to map to", manifest.name, line.of.as_str())));
    }
    let mut targets = BTreeSet::new();
    if let Some(line) =
        settings.mapping.iter().find(|line| line.target.trim().is_empty() || !targets.insert((line.of, line.target.clone())))
    {
        return Err(Error::invalid("mapping", format!("`{}` is empty or the target of two lines", line.target)));
    }
    if let Some(rule) = settings.rules.iter().find(|rule| manifest.flow(rule.of, Way::Push).is_none()) {
        return Err(Error::invalid("rules", format!("{} has no {} to send to", manifest.name, rule.of.as_str())));
    }
    if settings.backfill_days > 3_650 {
        return Err(Error::invalid("backfill_days", "at most 3650 days"));
    }
    Ok(())
}

/// Sets a connection's streams as its options say, and wakes those that are on: in the step that saves what they follow from, so
/// that no crash parts the two.
pub(crate) fn switch<'s>(
    step: &'s mut Step,
    hub: &'s Hub,
    connection: &'s Connection,
    zone: &'s TimeZone,
    reason: &'static str,
) -> BoxFuture<'s, Result<()>> {
    Box::pin(async move {
        let Some(settings) = &connection.settings else { return Ok(()) };
        let manifest = hub.connector(&connection.integration)?.manifest();
        let (now, live) = (hub.env().now(), settings.frequency == Frequency::RealTime);
        for flow in manifest.flows {
            let on = is_on(manifest, settings, flow.capability, flow.way);
            let due = next_due(settings.frequency, flow.way, zone, &connection.id, now).filter(|_| on);
            let wake = (on && (live || reason == "connect")).then_some(reason);
            step.set_stream(&connection.id, flow.capability, flow.way, on, live, due, wake).await?;
        }
        Ok(())
    })
}

/// Wakes every stream that is on: the button. It changes no schedule.
pub async fn sync_now(workspace: &Workspace, actor: &Actor, connection: &Connection) -> Result<()> {
    let mut step = workspace.begin().await?;
    step.retry_items(&connection.id).await?;
    for capability in Capability::ALL {
        for way in [Way::Pull, Way::Push] {
            step.wake(&connection.id, capability, way, "click").await?;
        }
    }
    step.audit(&actor.name, &actor.address, "connection.sync_now", connection.id.as_str(), &json!({})).await?;
    step.commit().await?;
    Ok(())
}

/// Tries one failing or excluded item again, now.
pub async fn retry(workspace: &Workspace, actor: &Actor, connection: &Connection, capability: Capability, item: &str) -> Result<()> {
    let mut step = workspace.begin().await?;
    if !step.retry_item(&connection.id, capability, item).await? {
        return Err(Error::invalid("item", "no failing or excluded item bears this name"));
    }
    step.wake(&connection.id, capability, Way::Push, "click").await?;
    let detail = json!({ "capability": capability, "item": item });
    step.audit(&actor.name, &actor.address, "connection.item_retried", connection.id.as_str(), &detail).await?;
    step.commit().await?;
    Ok(())
}

/// The places to choose from for one capability.
pub async fn destinations(hub: &Hub, workspace: &Workspace, connection: &Connection, capability: Capability) -> Result<Vec<Destination>> {
    let connector = hub.connector(&connection.integration)?;
    let session = hub.session(workspace, connection)?;
    Ok(match capability {
        Capability::Calendar => match connector.calendar() {
            Some(calendar) => calendar.calendars(&session).await?,
            None => Vec::new(),
        },
        Capability::Tasks => match connector.tasks() {
            Some(board) => board.destinations(&session).await?,
            None => Vec::new(),
        },
        Capability::Notes => match connector.notes() {
            Some(notes) => notes.destinations(&session).await?,
            None => Vec::new(),
        },
        Capability::Messages => match connector.messages() {
            Some(messages) => messages.destinations(&session).await?,
            None => Vec::new(),
        },
        Capability::Activities => match connector.activities() {
            Some(log) => log.destinations(&session).await?,
            None => Vec::new(),
        },
        Capability::Contacts | Capability::Deals | Capability::Recordings => Vec::new(),
    })
}

/// One line of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tested {
    /// `account`, or a capability.
    pub option: String,
    pub passed: bool,
    /// What was seen, or what is wrong.
    pub detail: String,
}

/// Makes one real, cheap, authorised call for the account and for each option that is on.
pub async fn test(hub: &Hub, workspace: &Workspace, connection: &Connection) -> Result<Vec<Tested>> {
    let connector = hub.connector(&connection.integration)?;
    let session = hub.session(workspace, connection)?;
    let mut lines = vec![match connector.identify(&session).await {
        Ok(account) => Tested { option: "account".to_owned(), passed: true, detail: format!("Signed in to {}.", account.name) },
        Err(error) => Tested { option: "account".to_owned(), passed: false, detail: error.to_string() },
    }];
    let settings = connection.settings.clone().unwrap_or_default();
    for capability in Capability::ALL.into_iter().filter(|capability| settings.on(*capability).is_some()) {
        let result = probe(hub, &**connector, &session, &settings, capability).await;
        lines.push(match result {
            Ok(detail) => Tested { option: capability.as_str().to_owned(), passed: true, detail },
            Err(error) => Tested { option: capability.as_str().to_owned(), passed: false, detail: error.to_string() },
        });
    }
    let mut step = workspace.begin().await?;
    for line in &lines {
        let fact = format!("tested:{}", line.option);
        if line.passed {
            step.clear_evidence(&connection.id, &[fact]).await?;
        } else {
            step.note_evidence(&connection.id, &fact, &line.detail, None).await?;
        }
    }
    step.commit().await?;
    Ok(lines)
}

async fn probe(
    hub: &Hub,
    connector: &dyn connector_kit::Connector,
    session: &Session,
    settings: &Settings,
    capability: Capability,
) -> connector_kit::Result<String> {
    let destination = settings.on(capability).and_then(|sync| sync.destination.as_ref());
    let now = hub.env().now();
    let request = PullRequest { cursor: None, destination, since: now - jiff::SignedDuration::from_hours(24), now };
    let chooses = connector.manifest().flow(capability, Way::Push).is_some_and(|flow| flow.destination.is_some());
    let places = |found: usize| format!("{found} places to choose from.");
    Ok(match capability {
        Capability::Calendar => match connector.calendar() {
            Some(calendar) => format!("{} events on the first page.", calendar.pull(session, &request).await?.entries.len()),
            None => String::new(),
        },
        Capability::Recordings => match connector.recordings() {
            Some(source) => format!("{} recordings of the last day.", source.pull(session, &request).await?.entries.len()),
            None => String::new(),
        },
        Capability::Contacts => match connector.contacts() {
            Some(book) => format!("{} contacts on the first page.", book.pull(session, &request).await?.entries.len()),
            None => String::new(),
        },
        Capability::Tasks => match connector.tasks() {
            Some(board) if chooses => places(board.destinations(session).await?.len()),
            Some(board) => format!("{} people to assign to.", board.members(session).await?.len()),
            None => String::new(),
        },
        Capability::Notes => match connector.notes() {
            Some(notes) if chooses => places(notes.destinations(session).await?.len()),
            Some(notes) => match notes.find(session, &made_up_note(hub)).await? {
                Some(_) => "Notes can be read.".to_owned(),
                None => "Notes can be searched (none for a made-up key).".to_owned(),
            },
            None => String::new(),
        },
        Capability::Messages => match connector.messages() {
            Some(messages) => places(messages.destinations(session).await?.len()),
            None => String::new(),
        },
        Capability::Activities | Capability::Deals => match connector.activities() {
            Some(log) if chooses => places(log.destinations(session).await?.len()),
            Some(log) => {
                let query =
                    AssociationQuery { emails: vec!["nobody@example.com".to_owned()], domains: vec!["example.com".to_owned()], at: now };
                let found = log.associations(session, &query).await?;
                format!("The CRM can be searched ({} hits for a made-up address).", found.contacts.len())
            }
            None => String::new(),
        },
    })
}

/// A note that is at no tool: looking for it is a call that changes nothing.
fn made_up_note(hub: &Hub) -> Outbound<Note> {
    let mut bytes = [0_u8; 16];
    hub.env().fill(&mut bytes);
    Outbound {
        key: uuid::Builder::from_random_bytes(bytes).into_uuid(),
        record: RecordId::new(Kind::Note, hub.env()),
        item: Note::default(),
        link: None,
        edit: Edit::InPlace,
        destination: None,
        properties: BTreeMap::new(),
    }
}
