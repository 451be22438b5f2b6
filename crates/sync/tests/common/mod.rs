//! A hub for tests: a fresh store on each engine, a clock that stands still, and one made-up tool. No network, no sleeping.

pub mod fake;
pub mod tool;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use connector_kit::{EffectClass, Error, ErrorKind, Network, RetryPolicy};
use jiff::SignedDuration;
use model::change::Origin;
use model::env::{Env as _, Simulated};
use model::settings::{Direction, Frequency, Sync};
use model::{Capability, Meeting, Note, Participant, Person, Record, RecordId, Settings, Status, Way, When};
use store::connections::Connection;
use store::items::Item;
use store::links::Link;
use store::media::MediaStore;
use store::streams::Stream;
use store::testing::{self, TestDatabase};
use store::{Store, Workspace};
use sync::{Actor, Hub, HubParts, meetings, options, worker};

use fake::Fake;
use tool::Tool;

/// One hub, one workspace, one connection to the made-up tool.
pub struct World {
    pub hub: Hub,
    pub store: Store,
    pub workspace: Workspace,
    pub connection: Connection,
    pub tool: Arc<Tool>,
    pub clock: Arc<Simulated>,
    pub engine: &'static str,
    _database: TestDatabase,
    _media: tempfile::TempDir,
}

/// One world on each engine that is at hand; nothing is switched on yet.
pub async fn worlds(class: EffectClass) -> Vec<World> {
    let mut all = Vec::new();
    for database in testing::databases().await {
        let (store, clock) = testing::store_and_clock(&database).await;
        let tool = Tool::new(clock.clone());
        let media = tempfile::tempdir().unwrap();
        let hub = Hub::new(HubParts {
            store: store.clone(),
            connectors: vec![Arc::new(Fake { tool: tool.clone(), class })],
            integrations: BTreeMap::new(),
            network: Network::new().unwrap(),
            public_url: "https://harmony.example/".parse().unwrap(),
            media: MediaStore::open(&format!("file://{}", media.path().display()), &[]).await.unwrap(),
            env: clock.clone(),
            policy: RetryPolicy::default(),
        });
        let workspace = testing::workspace(&store).await;
        let connection = Connection::new(&*clock, "fake", "api_token", None, BTreeMap::new());
        let mut step = workspace.begin().await.unwrap();
        step.create_connection(&connection).await.unwrap();
        step.set_connected(&connection.id, true).await.unwrap();
        step.commit().await.unwrap();
        let connection = workspace.connection(&connection.id).await.unwrap().unwrap();
        all.push(World { hub, store, workspace, connection, tool, clock, engine: database.engine, _database: database, _media: media });
    }
    all
}

/// Worlds in which these are switched on in real time, both ways where there are two.
pub async fn syncing(class: EffectClass, capabilities: &[Capability]) -> Vec<World> {
    let mut all = worlds(class).await;
    for world in &mut all {
        world.save(settings(capabilities)).await;
    }
    all
}

/// Settings with these switched on.
pub fn settings(capabilities: &[Capability]) -> Settings {
    let on = |capability: &Capability| {
        let both = matches!(capability, Capability::Contacts | Capability::Tasks);
        let direction = if both { Direction::TwoWay } else { Direction::OneWay };
        (*capability, Sync { enabled: true, direction, destination: None })
    };
    Settings { syncs: capabilities.iter().map(on).collect(), frequency: Frequency::RealTime, backfill_days: 90, ..Settings::default() }
}

/// An error of this kind, as a connector would give it.
pub fn refusal(kind: ErrorKind) -> Error {
    Error::new(kind, "the tool says no")
}

impl World {
    /// Saves options and keeps what they became.
    pub async fn save(&mut self, settings: Settings) {
        let version = self.connection.settings_version;
        options::save(&self.hub, &self.workspace, &Actor::harmony(), &self.connection, settings, version).await.unwrap();
        self.connection = self.workspace.connection(&self.connection.id).await.unwrap().unwrap();
    }

    /// Runs everything that wants to run; at the end nothing may be leased.
    pub async fn run(&self) -> u64 {
        let idle = worker::run_until_idle(&self.hub, "worker-a");
        let passes = tokio::time::timeout(Duration::from_secs(20), idle).await.expect("the streams come to rest").unwrap();
        assert_eq!(self.workspace.leased_streams().await.unwrap(), 0, "{}: every lease is given back", self.engine);
        passes
    }

    /// Time passes, then everything runs.
    pub async fn run_after(&self, by: SignedDuration) -> u64 {
        self.clock.advance(by);
        self.run().await
    }

    /// Runs through so many rounds of five minutes.
    pub async fn run_cycles(&self, cycles: usize) {
        for _ in 0..cycles {
            self.run_after(SignedDuration::from_mins(6)).await;
        }
    }

    /// The person's button.
    pub async fn click(&self) {
        options::sync_now(&self.workspace, &Actor::harmony(), &self.connection).await.unwrap();
    }

    /// Somebody adds a record.
    pub async fn add(&self, record: Record) -> RecordId {
        meetings::add(&self.workspace, record, &Origin::Harmony).await.unwrap()
    }

    /// Somebody writes a note.
    pub async fn note(&self, body: &str) -> RecordId {
        self.add(Record::Note(Note { body: body.to_owned(), ..Note::default() })).await
    }

    /// Somebody deletes a record.
    pub async fn delete(&self, id: &RecordId) {
        meetings::delete(&self.workspace, id, &Origin::Harmony).await.unwrap();
    }

    /// Somebody edits a record.
    pub async fn edit(&self, id: &RecordId, change: impl FnOnce(&mut Record)) {
        let edit = |record: &mut Record| {
            change(record);
            Ok(())
        };
        meetings::edit(&self.workspace, id, None, &Origin::Harmony, edit).await.unwrap();
    }

    /// The record as it is now.
    pub async fn record(&self, id: &RecordId) -> Record {
        self.workspace.record(id).await.unwrap().unwrap().record
    }

    /// Its links to the tool.
    pub async fn links(&self, id: &RecordId) -> Vec<Link> {
        self.workspace.links_of(id).await.unwrap()
    }

    /// How it fared at the tool.
    pub async fn item(&self, capability: Capability, id: &RecordId) -> Option<Item> {
        self.workspace.item(&self.connection.id, capability, id.as_str()).await.unwrap()
    }

    /// One stream as it is now.
    pub async fn stream(&self, capability: Capability, way: Way) -> Stream {
        let streams = self.workspace.streams(&self.connection.id).await.unwrap();
        streams.into_iter().find(|stream| stream.capability == capability && stream.way == way).unwrap()
    }

    /// The connection's status.
    pub async fn status(&self) -> Status {
        let evidence = self.workspace.status_evidence(&self.connection.id).await.unwrap();
        Status::from_evidence(&evidence, self.clock.now())
    }

    /// The names of the facts that hold.
    pub async fn facts(&self) -> Vec<String> {
        self.workspace.facts(&self.connection.id).await.unwrap().into_iter().map(|fact| fact.name).collect()
    }

    /// A meeting of half an hour that begins so many minutes from now, with these people.
    pub fn meeting(&self, title: &str, minutes: i64, emails: &[&str]) -> Meeting {
        let start = self.clock.now() + SignedDuration::from_mins(minutes);
        let mut meeting = Meeting::new(title, When::Timed { start, end: start + SignedDuration::from_mins(30), zone: None });
        meeting.participants = emails.iter().map(|email| invited(email)).collect();
        meeting
    }
}

fn invited(email: &str) -> Participant {
    let person = Person { email: Some(email.to_owned()), ..Person::default() };
    Participant { person, invited: true, ..Participant::default() }
}
