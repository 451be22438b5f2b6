//! A connection's front page: its settings, with the places to choose from as the tool gives them just now.

use std::collections::BTreeMap;
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use connector_kit::manifest::Category;
use model::Settings;
use model::connection::{Capability, Way};
use model::settings::{Condition, Destination, Direction, Frequency, RuleAction};
use sync::mapping::{MAPPED, SOURCES};
use sync::options::{Saved, destinations, save};

use super::connection::{Found, Head, find, find_to_change, head};
use super::settings_form::{Misread, TWO_WAY, name_of, read};
use super::{Frame, Visit, words};
use crate::app::App;
use crate::flash::Flash;
use crate::forms::Posted;
use crate::page_error::Paged;
use crate::problem::Problem;

/// A page does not wait longer for a tool's list of places.
const PATIENCE: Duration = Duration::from_secs(5);
/// Empty rows at the end of each editor.
const SPARE: usize = 2;

const TRANSCRIPT: [(&str, &str); 4] = [
    ("full", "The full transcript"),
    ("summary", "The summary only"),
    ("key_moments", "Key moments"),
    ("action_items", "Action items only"),
];
const UNKNOWN_PEOPLE: [(&str, &str); 3] = [
    ("create", "Create a contact"),
    ("log_unattached", "Log the meeting without them"),
    ("skip", "Do not log a meeting of which nobody is known"),
];
const DEAL_RULE: [(&str, &str); 3] =
    [("owner_in_meeting", "The one whose owner took part"), ("most_recent", "The one changed last"), ("ask", "None; a person chooses")];
const DELETION: [(&str, &str); 2] = [("unlink", "Unlink, keep the other side"), ("propagate", "Delete on the other side too")];
const IF_PRESENT: [(&str, &str); 3] = [("keep", "Keep"), ("overwrite", "Overwrite"), ("append", "Append")];
const OWNERS: [(&str, &str); 3] = [("shared", "The later edit wins"), ("ours", "Harmony wins"), ("theirs", "The tool wins")];
const CONDITIONS: [(&str, &str); 7] = [
    ("", "— no rule —"),
    ("title_contains", "Title contains"),
    ("host_is", "Host is"),
    ("external", "Somebody external takes part"),
    ("internal", "Only colleagues take part"),
    ("has_tag", "Has the tag"),
    ("always", "Always"),
];

/// One option of a choice.
pub struct Opt {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

fn options(all: &[(&str, &str)], chosen: &str) -> Vec<Opt> {
    all.iter().map(|(value, label)| Opt { value: (*value).to_owned(), label: (*label).to_owned(), chosen: *value == chosen }).collect()
}

struct CapabilityView {
    name: &'static str,
    label: &'static str,
    what: Vec<&'static str>,
    on: bool,
    two_way: bool,
    /// Why there is no choice of direction.
    fixed: Option<&'static str>,
    place: Option<PlaceView>,
}

struct PlaceView {
    /// What the tool calls it.
    noun: &'static str,
    options: Vec<Opt>,
    trouble: Option<String>,
}

struct OwnerView {
    field: &'static str,
    options: Vec<Opt>,
}

struct RuleView {
    of: Vec<Opt>,
    conditions: Vec<Opt>,
    text: String,
    then: Vec<Opt>,
}

struct MappingView {
    of: Vec<Opt>,
    sources: Vec<Opt>,
    target: String,
    if_present: Vec<Opt>,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage<'a> {
    page: &'a Frame,
    head: Head,
    tab: &'static str,
    version: i64,
    capabilities: Vec<CapabilityView>,
    frequency: Vec<Opt>,
    daily_at: String,
    zone: String,
    transcript: Vec<Opt>,
    backfill_days: u16,
    deletion: Vec<Opt>,
    unknown_people: Vec<Opt>,
    deal_rule: Vec<Opt>,
    owners: Vec<OwnerView>,
    members: Option<String>,
    in_thread: Option<bool>,
    rules: Vec<RuleView>,
    mapping: Vec<MappingView>,
    error: Option<Misread>,
}

impl SettingsPage<'_> {
    /// What is wrong with a field, if something is.
    fn wrong(&self, field: &str) -> Option<&str> {
        self.error.as_ref().filter(|error| error.field == field).map(|error| error.why.as_str())
    }
}

/// `/connections/{id}`.
pub fn router() -> Router<App> {
    Router::new().route("/connections/{id}", get(show).post(store))
}

async fn show(visit: Visit, Path(id): Path<String>) -> Paged {
    let found = find(&visit.app, &visit.caller, &id).await?;
    let settings = found.connection.settings.clone().unwrap_or_else(unsaved);
    let page = page(&visit, &found, &settings, None).await?;
    Ok(visit.show(&page))
}

/// What the form shows before anything was saved.
fn unsaved() -> Settings {
    Settings { backfill_days: 90, ..Settings::default() }
}

async fn store(State(app): State<App>, Path(id): Path<String>, Posted { caller, typed }: Posted) -> Paged {
    let found = find_to_change(&app, &caller, &id).await?;
    let own = format!("/connections/{id}");
    let saved = found.connection.settings.clone().unwrap_or_else(unsaved);
    let (settings, misread) = read(found.manifest, saved, &typed);
    let version = typed.text("version").parse().map_err(|_| Problem::invalid("version", "The form is incomplete; load the page again."))?;
    let error = match misread {
        Some(misread) => misread,
        None => match save(app.hub(), &caller.workspace, &caller.actor, &found.connection, settings.clone(), version).await {
            Ok(Saved::Done { .. }) => return Ok(Flash::good("Saved.").then(&app, &own)),
            Ok(Saved::NeedsPermission { missing, .. }) => {
                let text = "Saved. What you switched on needs further permissions: reconnect and allow them.";
                return Ok(Flash::bad(text).with(missing).then(&app, &own));
            }
            Err(sync::Error::Store(store::Error::Stale(_))) => {
                return Ok(Flash::bad("Somebody else saved meanwhile. These are their settings; make your change again.").then(&app, &own));
            }
            Err(sync::Error::Invalid { field, why }) => Misread { field: field.to_owned(), why },
            Err(error) => return Err(error.into()),
        },
    };
    let visit = Visit::again(&app, caller).await?;
    let page = page(&visit, &found, &settings, Some(error)).await?;
    Ok((StatusCode::BAD_REQUEST, visit.show(&page)).into_response())
}

type Places = BTreeMap<Capability, Result<Vec<Destination>, String>>;

/// What the tool offers to choose from, for each capability that has a choice.
async fn places(visit: &Visit, found: &Found) -> Places {
    let wanted: Vec<Capability> = words::capabilities(found.manifest)
        .filter(|capability| words::flows(found.manifest, *capability).any(|flow| flow.destination.is_some()))
        .collect();
    let ask = |capability| async move {
        if !found.connection.connected {
            return (capability, Err("Connect first; then the choice is loaded from the tool.".to_owned()));
        }
        let asked = destinations(visit.app.hub(), &visit.caller.workspace, &found.connection, capability);
        let answer = match tokio::time::timeout(PATIENCE, asked).await {
            Ok(answer) => answer.map_err(|error| Problem::from(error).detail),
            Err(_) => Err("The tool does not answer just now. Load the choice again in a while.".to_owned()),
        };
        (capability, answer)
    };
    futures::future::join_all(wanted.into_iter().map(ask)).await.into_iter().collect()
}

/// The places as options; the chosen one is there even where the tool no longer lists it.
fn place_options(known: &[Destination], chosen: Option<&Destination>, none: &str) -> Vec<Opt> {
    let value = |place: &Destination| serde_json::to_string(place).unwrap_or_default();
    let mut all = vec![Opt { value: String::new(), label: none.to_owned(), chosen: chosen.is_none() }];
    let is = |place: &Destination| chosen.is_some_and(|chosen| chosen.id == place.id);
    if let Some(lost) = chosen.filter(|_| !known.iter().any(is)) {
        all.push(Opt { value: value(lost), label: lost.name.clone(), chosen: true });
    }
    all.extend(known.iter().map(|place| Opt { value: value(place), label: place.name.clone(), chosen: is(place) }));
    all
}

async fn page<'a>(visit: &'a Visit, found: &Found, settings: &Settings, error: Option<Misread>) -> Paged<SettingsPage<'a>> {
    let manifest = found.manifest;
    let places = places(visit, found).await;
    let has = |capability| manifest.flow(capability, Way::Push).is_some();
    let crm = manifest.category == Category::Crm;
    let both_ways = |capability| has(capability) && manifest.flow(capability, Way::Pull).is_some();
    let (frequency, daily_at) = match settings.frequency {
        Frequency::RealTime => ("real_time", None),
        Frequency::Hourly => ("hourly", None),
        Frequency::Daily { at } => ("daily", Some(at)),
        Frequency::Manual => ("manual", None),
    };
    let every =
        [("real_time", "At once, when something changes"), ("hourly", "Hourly"), ("daily", "Daily"), ("manual", "Only by the button")];
    let members: Vec<String> = settings.members.iter().map(|(email, id)| format!("{email} = {id}")).collect();
    let owner = |field| OwnerView { field, options: options(&OWNERS, &name_of(settings.owners.get(field).copied().unwrap_or_default())) };
    Ok(SettingsPage {
        page: &visit.page,
        head: head(visit, found).await?,
        tab: "settings",
        version: found.connection.settings_version,
        capabilities: words::capabilities(manifest).map(|capability| capability_view(found, settings, capability, &places)).collect(),
        frequency: options(&every, frequency),
        daily_at: daily_at.map_or_else(|| "09:00".to_owned(), |at| at.strftime("%H:%M").to_string()),
        zone: visit.page.clock.zone.iana_name().unwrap_or("UTC").to_owned(),
        transcript: if has(Capability::Activities) || has(Capability::Messages) || has(Capability::Notes) {
            options(&TRANSCRIPT, &name_of(settings.transcript))
        } else {
            Vec::new()
        },
        backfill_days: settings.backfill_days,
        deletion: options(&DELETION, &name_of(settings.deletion)),
        unknown_people: if crm { options(&UNKNOWN_PEOPLE, &name_of(settings.unknown_people)) } else { Vec::new() },
        deal_rule: if crm { options(&DEAL_RULE, &name_of(settings.deal_rule)) } else { Vec::new() },
        owners: if both_ways(Capability::Tasks) { TWO_WAY.into_iter().map(owner).collect() } else { Vec::new() },
        members: has(Capability::Tasks).then(|| members.join("\n")),
        in_thread: has(Capability::Messages).then_some(settings.edits_in_thread),
        rules: rule_views(found, settings, &places),
        mapping: mapping_views(found, settings),
        error,
    })
}

fn capability_view(found: &Found, settings: &Settings, capability: Capability, places: &Places) -> CapabilityView {
    let flows: Vec<_> = words::flows(found.manifest, capability).collect();
    let sync = settings.syncs.get(&capability).cloned().unwrap_or_default();
    let fixed = match flows.as_slice() {
        [only] if only.way == Way::Pull => Some("Read only: this tool is never written to for it."),
        [_] => Some("One way, from Harmony: this tool does not give it back."),
        _ => None,
    };
    let place = flows.iter().find_map(|flow| flow.destination).map(|noun| {
        let (known, trouble) = match places.get(&capability) {
            Some(Ok(known)) => (known.as_slice(), None),
            Some(Err(trouble)) => (&[][..], Some(trouble.clone())),
            None => (&[][..], None),
        };
        PlaceView { noun, options: place_options(known, sync.destination.as_ref(), "— not chosen —"), trouble }
    });
    CapabilityView {
        name: capability.as_str(),
        label: words::capability(capability),
        what: flows.iter().map(|flow| flow.what).collect(),
        on: sync.enabled,
        two_way: sync.direction == Direction::TwoWay,
        fixed,
        place,
    }
}

/// The capabilities that are written to, to choose one in a row.
fn pushed(found: &Found, chosen: Option<Capability>) -> Vec<Opt> {
    let written = words::capabilities(found.manifest).filter(|capability| found.manifest.flow(*capability, Way::Push).is_some());
    let option = |capability: Capability| Opt {
        value: capability.as_str().to_owned(),
        label: words::capability(capability).to_owned(),
        chosen: chosen == Some(capability),
    };
    written.map(option).collect()
}

fn rule_views(found: &Found, settings: &Settings, places: &Places) -> Vec<RuleView> {
    if pushed(found, None).is_empty() {
        return Vec::new();
    }
    let all: Vec<Destination> = places.values().flatten().flatten().cloned().collect();
    let view = |rule: Option<&model::settings::Rule>| {
        let (condition, text) = match rule.map(|rule| &rule.when) {
            None => ("", ""),
            Some(Condition::TitleContains { text }) => ("title_contains", text.as_str()),
            Some(Condition::HostIs { email }) => ("host_is", email.as_str()),
            Some(Condition::HasTag { tag }) => ("has_tag", tag.as_str()),
            Some(Condition::Participants { external: true }) => ("external", ""),
            Some(Condition::Participants { external: false }) => ("internal", ""),
            Some(Condition::Always) => ("always", ""),
        };
        let to = rule.and_then(|rule| if let RuleAction::Send { to } = &rule.action { Some(to) } else { None });
        RuleView {
            of: pushed(found, rule.map(|rule| rule.of)),
            conditions: options(&CONDITIONS, condition),
            text: text.to_owned(),
            then: place_options(&all, to, "Leave it out"),
        }
    };
    settings.rules.iter().map(|rule| view(Some(rule))).chain((0..SPARE).map(|_| view(None))).collect()
}

fn mapping_views(found: &Found, settings: &Settings) -> Vec<MappingView> {
    let mapped = |chosen| pushed(found, chosen).into_iter().filter(|choice| MAPPED.iter().any(|of| of.as_str() == choice.value)).collect();
    let choices: Vec<_> = mapped(None);
    if choices.is_empty() {
        return Vec::new();
    }
    let view = |line: Option<&model::settings::FieldMapping>| {
        let source = line.map_or("", |line| line.source.as_str());
        let labels: Vec<(&str, &str)> = std::iter::once(("", "— no line —")).chain(SOURCES.iter().map(|name| (*name, *name))).collect();
        MappingView {
            of: mapped(line.map(|line| line.of)),
            sources: options(&labels, source),
            target: line.map(|line| line.target.clone()).unwrap_or_default(),
            if_present: options(&IF_PRESENT, &name_of(line.map(|line| line.if_present).unwrap_or_default())),
        }
    };
    settings.mapping.iter().map(|line| view(Some(line))).chain((0..SPARE).map(|_| view(None))).collect()
}
