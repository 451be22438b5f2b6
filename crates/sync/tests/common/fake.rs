//! The connector of the made-up tool: the kit's traits over `Tool`, with the effect class that a test chooses.

use std::collections::BTreeMap;
use std::sync::Arc;

use connector_kit::manifest::{Auth, Category, Flow};
use connector_kit::{
    Account, ActivityLog, Allowance, AssociationQuery, CalendarSource, Connector, ContactBook, EffectClass, Entry, Error, ErrorKind,
    Manifest, MediaStream, Member, MessageSink, NoteSink, Outbound, Page, PullRequest, Receipt, RecordingSource, Remote, Reply, Result,
    Session, Sink, Source, TaskBoard, async_trait,
};
use jiff::SignedDuration;
use model::action_item::Task;
use model::recording::RecordedMeeting;
use model::settings::Destination;
use model::{Activity, Associations, Capability, Contact, Fields, Meeting, Message, Note, Recording, Scope, Way};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::tool::{Fault, Tool};

/// The lag of the tool's search.
pub const LAG: SignedDuration = SignedDuration::from_secs(30);

const fn flow(capability: Capability, way: Way, effect: Option<EffectClass>) -> Flow {
    Flow { capability, way, what: "made-up things", permissions: &[], effect, destination: None }
}

const fn flows(effect: EffectClass) -> [Flow; 9] {
    let effect = Some(effect);
    [
        flow(Capability::Calendar, Way::Pull, None),
        flow(Capability::Recordings, Way::Pull, None),
        flow(Capability::Contacts, Way::Pull, None),
        flow(Capability::Contacts, Way::Push, effect),
        flow(Capability::Tasks, Way::Pull, None),
        flow(Capability::Tasks, Way::Push, effect),
        flow(Capability::Notes, Way::Push, effect),
        flow(Capability::Messages, Way::Push, effect),
        flow(Capability::Activities, Way::Push, effect),
    ]
}

const fn manifest(flows: &'static [Flow]) -> Manifest {
    Manifest {
        id: "fake",
        name: "Fake",
        category: Category::Crm,
        purpose: "Holds what tests put into it.",
        scope: Scope::Workspace,
        docs: "https://fake.example/docs",
        base_url: "https://fake.example/",
        hosts: &[],
        auth: &[Auth::ApiToken { prefix: "Bearer ", help: "None is needed." }],
        flows,
        limits: &[],
        webhooks: None,
    }
}

static UPSERT_FLOWS: [Flow; 9] = flows(EffectClass::Upsert);
static UPSERT: Manifest = manifest(&UPSERT_FLOWS);
static CHOSEN_FLOWS: [Flow; 9] = flows(EffectClass::ChosenId);
static CHOSEN: Manifest = manifest(&CHOSEN_FLOWS);
static MARKER_FLOWS: [Flow; 9] = flows(EffectClass::Marker { lag_seconds: 30 });
static MARKER: Manifest = manifest(&MARKER_FLOWS);
static ONCE_FLOWS: [Flow; 9] = flows(EffectClass::AtMostOnce);
static ONCE: Manifest = manifest(&ONCE_FLOWS);

/// The connector.
#[derive(Clone)]
pub struct Fake {
    pub tool: Arc<Tool>,
    pub class: EffectClass,
}

/// Under which capability a noun is kept.
pub trait Noun: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    const CAPABILITY: Capability;
}

macro_rules! nouns {
    ($($noun:ty = $capability:ident),*) => {$(
        impl Noun for $noun {
            const CAPABILITY: Capability = Capability::$capability;
        }
    )*};
}
nouns!(
    Meeting = Calendar,
    RecordedMeeting = Recordings,
    Contact = Contacts,
    Task = Tasks,
    Note = Notes,
    Message = Messages,
    Activity = Activities
);

impl Fake {
    fn write<T: Noun>(&self, item: &Outbound<T>) -> Result<Receipt> {
        let value = serde_json::to_value(&item.item).unwrap();
        let existing = self.tool.known(T::CAPABILITY, item.key);
        let written = item.properties.clone();
        let (id, value) = match (&item.link, existing, self.class) {
            (Some(link), ..) => {
                let wanted = Fields::of(&value);
                let mut present = Fields::of(&self.tool.value(T::CAPABILITY, &link.id));
                for field in present.changes_to(&wanted) {
                    if item.sends(&field.field, wanted.get(&field.field)) {
                        present.set(&field.field, wanted.get(&field.field).clone());
                    }
                }
                self.tool.update(T::CAPABILITY, &link.id, serde_json::to_value(present).unwrap())?
            }
            (None, Some(known), EffectClass::Upsert) => self.tool.update(T::CAPABILITY, &known.id, value)?,
            (None, Some(_), EffectClass::ChosenId) => return Err(Error::new(ErrorKind::Conflict, "this id exists already")),
            (None, ..) => self.tool.create(T::CAPABILITY, item.key, value),
        };
        self.tool.set_properties(&id, written);
        let seen = self.tool.tells().then(|| Fields::of(&value));
        Ok(Receipt { id, seen, ..Receipt::default() })
    }
}

#[async_trait]
impl<T: Noun> Source<T> for Fake {
    async fn pull(&self, _session: &Session, request: &PullRequest<'_>) -> Result<Page<T>> {
        self.tool.read_at(T::CAPABILITY, request.destination.map(|destination| destination.id.as_str()));
        let page = self.tool.read(T::CAPABILITY, request.cursor)?;
        self.tool.waits(T::CAPABILITY, Way::Pull).await;
        let entries = page.entries.into_iter().map(|entry| match entry {
            Entry::Gone { id } => Entry::Gone { id },
            Entry::Present(Remote { id, version, modified, url, item }) => {
                Entry::Present(Remote { id, version, modified, url, item: serde_json::from_value(item).unwrap() })
            }
        });
        Ok(Page { entries: entries.collect(), cursor: page.cursor, more: page.more })
    }

    async fn is_gone(&self, _session: &Session, id: &str, _destination: Option<&Destination>) -> Result<bool> {
        Ok(self.tool.is_gone(T::CAPABILITY, id))
    }
}

#[async_trait]
impl<T: Noun> Sink<T> for Fake {
    async fn push(&self, _session: &Session, items: &[Outbound<T>]) -> Vec<Result<Receipt>> {
        let mut answers = Vec::new();
        for item in items {
            answers.push(match self.tool.write_comes_in(T::CAPABILITY, &serde_json::to_string(&item.item).unwrap()) {
                None => {
                    let answer = self.write(item);
                    self.tool.waits(T::CAPABILITY, Way::Push).await;
                    answer
                }
                Some(Fault::Refuse(error)) => Err(error),
                Some(Fault::Hold) => {
                    self.write(item).unwrap();
                    Err(Error::new(ErrorKind::Unavailable, "the answer was lost").in_doubt())
                }
            });
        }
        answers
    }

    async fn find(&self, _session: &Session, item: &Outbound<T>) -> Result<Option<Receipt>> {
        let lag = match self.class {
            EffectClass::AtMostOnce => return Ok(None),
            EffectClass::Marker { .. } => LAG,
            EffectClass::Upsert | EffectClass::ChosenId => SignedDuration::ZERO,
        };
        let found = self.tool.look_up(T::CAPABILITY, item.key, lag);
        Ok(found.map(|object| Receipt { id: object.id, ..Receipt::default() }))
    }

    async fn delete(&self, _session: &Session, id: &str) -> Result<()> {
        match self.tool.write_comes_in(T::CAPABILITY, id) {
            Some(Fault::Refuse(error)) => Err(error),
            Some(Fault::Hold) => {
                self.tool.delete(T::CAPABILITY, id);
                Err(Error::new(ErrorKind::Unavailable, "the answer was lost").in_doubt())
            }
            None => {
                self.tool.delete(T::CAPABILITY, id);
                Ok(())
            }
        }
    }

    async fn destinations(&self, _session: &Session) -> Result<Vec<Destination>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl CalendarSource for Fake {
    async fn calendars(&self, _session: &Session) -> Result<Vec<Destination>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl RecordingSource for Fake {
    async fn open(&self, _session: &Session, _recording: &Recording, _offset: u64) -> Result<MediaStream> {
        Ok(Box::pin(futures::stream::empty()))
    }
}

#[async_trait]
impl ActivityLog for Fake {
    async fn associations(&self, _session: &Session, _query: &AssociationQuery) -> Result<Associations> {
        Ok(Associations::default())
    }

    async fn properties(&self, _session: &Session, id: &str, names: &[&str]) -> Result<BTreeMap<String, String>> {
        Ok(self.tool.properties(id).into_iter().filter(|(name, _)| names.contains(&name.as_str())).collect())
    }
}

#[async_trait]
impl TaskBoard for Fake {
    async fn members(&self, _session: &Session) -> Result<Vec<Member>> {
        Ok(Vec::new())
    }
}

impl ContactBook for Fake {}
impl NoteSink for Fake {}
impl MessageSink for Fake {}

#[async_trait]
impl Connector for Fake {
    fn manifest(&self) -> &'static Manifest {
        match self.class {
            EffectClass::Upsert => &UPSERT,
            EffectClass::ChosenId => &CHOSEN,
            EffectClass::Marker { .. } => &MARKER,
            EffectClass::AtMostOnce => &ONCE,
        }
    }

    async fn identify(&self, _session: &Session) -> Result<Account> {
        Ok(Account { id: "account".to_owned(), name: "Account".to_owned() })
    }

    fn classify(&self, _reply: &Reply) -> Option<Error> {
        None
    }

    async fn allowances(&self, _session: &Session) -> Result<Vec<Allowance>> {
        Ok(vec![Allowance { of: "calls a day", limit: Some(100), left: Some(90) }])
    }

    fn calendar(&self) -> Option<&dyn CalendarSource> {
        Some(self)
    }
    fn recordings(&self) -> Option<&dyn RecordingSource> {
        Some(self)
    }
    fn activities(&self) -> Option<&dyn ActivityLog> {
        Some(self)
    }
    fn contacts(&self) -> Option<&dyn ContactBook> {
        Some(self)
    }
    fn tasks(&self) -> Option<&dyn TaskBoard> {
        Some(self)
    }
    fn notes(&self) -> Option<&dyn NoteSink> {
        Some(self)
    }
    fn messages(&self) -> Option<&dyn MessageSink> {
        Some(self)
    }
}
