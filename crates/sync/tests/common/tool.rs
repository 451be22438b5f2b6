//! The made-up tool itself: objects in memory, a ledger of what really happened, and faults on demand. Knows no engine.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use connector_kit::{Cursor, Entry, Error, ErrorKind, Page, Remote, Result};
use jiff::{SignedDuration, Timestamp};
use model::env::{Env, Simulated};
use model::{Capability, Way};
use serde_json::Value;
use tokio::sync::oneshot;
use uuid::Uuid;

/// What goes wrong with one call.
#[derive(Debug, Clone)]
pub enum Fault {
    /// The effect happens, the answer is lost.
    Hold,
    /// Nothing happens; this is the answer.
    Refuse(Error),
}

/// An object as the tool has it.
#[derive(Debug, Clone)]
pub struct Object {
    pub id: String,
    pub key: Uuid,
    pub value: Value,
    pub made: Timestamp,
    pub modified: Timestamp,
    pub gone: bool,
    revision: u64,
}

/// One effect, as the tool's own books have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    pub capability: Capability,
    pub what: &'static str,
    pub id: String,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<Capability, Vec<Object>>,
    ledger: Vec<Effect>,
    /// Calls that came in, whatever came of them.
    calls: BTreeMap<(Capability, &'static str), usize>,
    write_faults: VecDeque<Fault>,
    /// Where reads asked, as the destinations' ids.
    asked_at: BTreeMap<Capability, Vec<String>>,
    /// Prepared answers to reads, before the true ones.
    pages: VecDeque<Result<Page<Value>>>,
    poison: Option<String>,
    /// Answers that are ready and held back: who is told, and who lets them go.
    held: BTreeMap<(Capability, Way), (oneshot::Sender<()>, oneshot::Receiver<()>)>,
    /// Properties of objects, as a field mapping or a person wrote them.
    properties: BTreeMap<String, BTreeMap<String, String>>,
    revision: u64,
    normalises: bool,
    tells: bool,
}

/// The tool.
pub struct Tool {
    pub clock: Arc<Simulated>,
    state: Mutex<State>,
}

impl Tool {
    pub fn new(clock: Arc<Simulated>) -> Arc<Self> {
        Arc::new(Self { clock, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The next writes go wrong like this, one each.
    pub fn break_writes(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().write_faults.extend(faults);
    }

    /// The next reads answer this, one each.
    pub fn prepare(&self, pages: impl IntoIterator<Item = Result<Page<Value>>>) {
        self.state().pages.extend(pages);
    }

    /// What contains this text is refused for ever.
    pub fn refuse_for_ever(&self, text: &str) {
        self.state().poison = Some(text.to_owned());
    }

    /// From now on texts are trimmed and addresses put in lower case; `tells`: and the answer to a write says so.
    pub fn normalise(&self, tells: bool) {
        let mut state = self.state();
        (state.normalises, state.tells) = (true, tells);
    }

    /// Holds the next answer back when it is ready. The first channel tells that it is; the second lets it go.
    pub fn hold_answer(&self, capability: Capability, way: Way) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let ((ready, is_ready), (go, may_go)) = (oneshot::channel(), oneshot::channel());
        self.state().held.insert((capability, way), (ready, may_go));
        (is_ready, go)
    }

    /// Where an answer is held back.
    pub async fn waits(&self, capability: Capability, way: Way) {
        let held = self.state().held.remove(&(capability, way));
        if let Some((ready, may_go)) = held {
            ready.send(()).unwrap();
            may_go.await.unwrap();
        }
    }

    /// What an object is now; null when it is not there.
    pub fn value(&self, capability: Capability, id: &str) -> Value {
        self.objects(capability).into_iter().find(|object| object.id == id).map_or(Value::Null, |object| object.value)
    }

    /// What is there and not gone.
    pub fn objects(&self, capability: Capability) -> Vec<Object> {
        self.state().objects.get(&capability).into_iter().flatten().filter(|object| !object.gone).cloned().collect()
    }

    /// The effects so far, of one capability.
    pub fn effects(&self, capability: Capability) -> Vec<&'static str> {
        self.state().ledger.iter().filter(|effect| effect.capability == capability).map(|effect| effect.what).collect()
    }

    /// How many such calls came in.
    pub fn calls(&self, capability: Capability, what: &'static str) -> usize {
        self.state().calls.get(&(capability, what)).copied().unwrap_or(0)
    }

    /// Somebody makes an object at the tool.
    pub fn make(&self, capability: Capability, id: &str, value: Value) {
        self.store(capability, Some(id), Uuid::nil(), value);
    }

    /// Somebody edits an object at the tool.
    pub fn edit(&self, capability: Capability, id: &str, edit: impl FnOnce(&mut Value)) {
        let now = self.clock.now();
        self.change(capability, id, |object| {
            edit(&mut object.value);
            object.modified = now;
        });
    }

    /// Somebody deletes an object at the tool.
    pub fn remove(&self, capability: Capability, id: &str) {
        self.change(capability, id, |object| object.gone = true);
    }

    fn change(&self, capability: Capability, id: &str, change: impl FnOnce(&mut Object)) {
        let mut state = self.state();
        state.revision += 1;
        let revision = state.revision;
        let object = state.objects.get_mut(&capability).and_then(|all| all.iter_mut().find(|object| object.id == id)).unwrap();
        change(object);
        object.revision = revision;
    }

    fn store(&self, capability: Capability, id: Option<&str>, key: Uuid, value: Value) -> String {
        let now = self.clock.now();
        let mut state = self.state();
        state.revision += 1;
        let revision = state.revision;
        let id = id.map_or_else(|| format!("{}-{revision}", capability.as_str()), str::to_owned);
        let object = Object { id: id.clone(), key, value, made: now, modified: now, gone: false, revision };
        state.objects.entry(capability).or_default().push(object);
        id
    }

    /// The fault of the write that comes in now, if any.
    pub fn write_comes_in(&self, capability: Capability, text: &str) -> Option<Fault> {
        let mut state = self.state();
        *state.calls.entry((capability, "push")).or_default() += 1;
        if state.poison.as_ref().is_some_and(|poison| text.contains(poison)) {
            return Some(Fault::Refuse(Error::invalid("this is not taken here")));
        }
        state.write_faults.pop_front()
    }

    /// Creates an object and books it. Its id, and the value as the tool now has it.
    pub fn create(&self, capability: Capability, key: Uuid, value: Value) -> (String, Value) {
        let value = self.own_form(value);
        let id = self.store(capability, None, key, value.clone());
        self.state().ledger.push(Effect { capability, what: "create", id: id.clone() });
        (id, value)
    }

    /// Updates an object and books it.
    pub fn update(&self, capability: Capability, id: &str, value: Value) -> Result<(String, Value)> {
        if !self.objects(capability).iter().any(|object| object.id == id) {
            return Err(Error::new(ErrorKind::NotFound, "there is no such object"));
        }
        let value = self.own_form(value);
        self.edit(capability, id, |known| *known = value.clone());
        self.state().ledger.push(Effect { capability, what: "update", id: id.to_owned() });
        Ok((id.to_owned(), value))
    }

    /// Deletes an object and books it; one that is gone already changes nothing.
    pub fn delete(&self, capability: Capability, id: &str) {
        if self.is_gone(capability, id) {
            return;
        }
        self.remove(capability, id);
        self.state().ledger.push(Effect { capability, what: "delete", id: id.to_owned() });
    }

    /// Writes properties of an object; the others stay.
    pub fn set_properties(&self, id: &str, values: BTreeMap<String, String>) {
        self.state().properties.entry(id.to_owned()).or_default().extend(values);
    }

    /// An object's properties.
    pub fn properties(&self, id: &str) -> BTreeMap<String, String> {
        self.state().properties.get(id).cloned().unwrap_or_default()
    }

    /// Whether an object is not there (any more).
    pub fn is_gone(&self, capability: Capability, id: &str) -> bool {
        *self.state().calls.entry((capability, "is_gone")).or_default() += 1;
        !self.objects(capability).iter().any(|object| object.id == id)
    }

    /// The object with this key, as the tool itself knows it at once.
    pub fn known(&self, capability: Capability, key: Uuid) -> Option<Object> {
        self.objects(capability).into_iter().find(|object| object.key == key)
    }

    /// The object with this key, if the index knows it yet.
    pub fn look_up(&self, capability: Capability, key: Uuid, lag: SignedDuration) -> Option<Object> {
        *self.state().calls.entry((capability, "find")).or_default() += 1;
        let known_until = self.clock.now() - lag;
        self.objects(capability).into_iter().find(|object| object.key == key && object.made <= known_until)
    }

    /// Notes where a read asks.
    pub fn read_at(&self, capability: Capability, destination: Option<&str>) {
        self.state().asked_at.entry(capability).or_default().push(destination.unwrap_or_default().to_owned());
    }

    /// Where reads asked so far.
    pub fn asked_at(&self, capability: Capability) -> Vec<String> {
        self.state().asked_at.get(&capability).cloned().unwrap_or_default()
    }

    /// Whether answers to writes tell the tool's own form.
    pub fn tells(&self) -> bool {
        self.state().tells
    }

    fn own_form(&self, mut value: Value) -> Value {
        if self.state().normalises
            && let Some(fields) = value.as_object_mut()
        {
            for (name, value) in fields.iter_mut() {
                if let Some(text) = value.as_str() {
                    let text = text.trim();
                    *value = if name == "email" { text.to_lowercase() } else { text.to_owned() }.into();
                }
            }
        }
        value
    }

    /// A page: prepared, or everything that changed since the cursor's revision.
    pub fn read(&self, capability: Capability, cursor: Option<&Cursor>) -> Result<Page<Value>> {
        let mut state = self.state();
        *state.calls.entry((capability, "pull")).or_default() += 1;
        if let Some(page) = state.pages.pop_front() {
            return page;
        }
        let since: u64 = cursor.map_or(Ok(0), |cursor| cursor.0.parse()).map_err(|_| Error::protocol("not a cursor of this tool"))?;
        let changed = state.objects.get(&capability).into_iter().flatten().filter(|object| object.revision > since);
        let entries = changed.map(entry).collect();
        Ok(Page { entries, cursor: Cursor(state.revision.to_string()), more: false })
    }
}

fn entry(object: &Object) -> Entry<Value> {
    if object.gone {
        return Entry::Gone { id: object.id.clone() };
    }
    Entry::Present(Remote {
        id: object.id.clone(),
        version: Some(object.revision.to_string()),
        modified: Some(object.modified),
        url: None,
        item: object.value.clone(),
    })
}
