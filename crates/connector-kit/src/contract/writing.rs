//! What every `Sink` keeps: the same write twice is one effect, also after a lost answer; deleting twice is fine.

use std::time::Duration;

use jiff::SignedDuration;
use model::Fields;
use model::connection::{Capability, Way};

use super::{Bench, Fault, Item, Leaves, Writing};
use crate::error::Result;
use crate::outbound::{EffectClass, Link, Outbound, Receipt};
use crate::session::Session;

/// A push flow, whatever it writes.
#[async_trait::async_trait]
pub trait Writes: Send + Sync {
    fn capability(&self) -> Capability;
    /// Where faults strike.
    fn path(&self) -> &str;
    /// One write; always of the same item.
    async fn write(&self, session: &Session) -> Result<()>;
    /// Chooses a place, writes the n-th item from `CHOSEN` on, finds and deletes it.
    async fn works(&self, session: &Session, n: u8);
    /// Holds it to what every `Sink` keeps.
    async fn holds(&self, bench: &Bench);
}

/// The numbers of the suite's items.
const TWICE: u8 = 1;
const NEVER: u8 = 2;
const BROKEN: u8 = 3;
const KILLED: u8 = 4;
const FAULTY: u8 = 5;
const CHOSEN: u8 = 6;

#[async_trait::async_trait]
impl<T: Item> Writes for Writing<T> {
    fn capability(&self) -> Capability {
        self.capability
    }

    fn path(&self) -> &str {
        self.path
    }

    async fn write(&self, session: &Session) -> Result<()> {
        self.push(session, &(self.item)(FAULTY)).await.map(drop)
    }

    async fn works(&self, session: &Session, n: u8) {
        let item = (self.item)(CHOSEN.saturating_add(n));
        self.sink.destinations(session).await.expect("the places can be listed");
        let receipt = self.push(session, &item).await.expect("an item can be written");
        self.sink.find(session, &item).await.expect("it can be looked for");
        self.sink.delete(session, &receipt.id).await.expect("it can be deleted");
    }

    async fn holds(&self, bench: &Bench) {
        let receipt = writing_twice_is_one_effect(bench, self).await;
        a_lost_answer_makes_no_second_effect(bench, self).await;
        deleting_twice_is_fine(bench, self, &receipt.id).await;
    }
}

impl<T: Item> Writing<T> {
    fn effect(&self, bench: &Bench) -> EffectClass {
        let flow = bench.connector.manifest().flow(self.capability, Way::Push).expect("the stand has only flows of the manifest");
        flow.effect.expect("a push flow names its effect class")
    }

    /// How often this write took effect so far.
    fn done(&self, bench: &Bench) -> usize {
        let (Leaves::Object { create: action, .. } | Leaves::Values { update: action }) = self.leaves;
        count(bench, action)
    }

    async fn push(&self, session: &Session, item: &Outbound<T>) -> Result<Receipt> {
        let mut results = self.sink.push(session, std::slice::from_ref(item)).await;
        assert_eq!(results.len(), 1, "one result for each item");
        results.remove(0)
    }

    /// As the engine does after a doubt: where a second write is not harmless by itself, look first.
    async fn push_after_doubt(&self, bench: &Bench, item: &Outbound<T>) -> Result<Receipt> {
        if let EffectClass::Marker { lag_seconds } = self.effect(bench) {
            bench.arrangement.advance(SignedDuration::from_secs(i64::from(lag_seconds) + 1));
            if let Some(found) = self.sink.find(&bench.session(), item).await? {
                return Ok(found);
            }
        }
        self.push(&bench.session(), item).await
    }
}

fn count(bench: &Bench, action: &str) -> usize {
    bench.arrangement.effects().iter().filter(|effect| effect.action == action).count()
}

/// The link that the engine keeps after a receipt; `sent` counts as agreed where the tool tells nothing.
fn link(receipt: &Receipt, sent: &Fields) -> Link {
    Link {
        id: receipt.id.clone(),
        version: receipt.version.clone(),
        url: receipt.url.clone(),
        base: receipt.seen.clone().unwrap_or_else(|| sent.clone()),
    }
}

/// Writes, writes again as after a lost receipt, finds, updates by link. Returns the last receipt.
async fn writing_twice_is_one_effect<T: Item>(bench: &Bench, writing: &Writing<T>) -> Receipt {
    let item = (writing.item)(TWICE);
    assert!(item.link.is_none(), "the suite begins with a new object");
    let before = writing.done(bench);
    let first = writing.push(&bench.session(), &item).await.expect("a new item can be written");
    assert_eq!(writing.done(bench), before + 1, "the ledger has one new effect");

    let again = writing.push_after_doubt(bench, &item).await.expect("the same write again is no error");
    assert_eq!(again.id, first.id, "the same write again is the same object");
    assert_eq!(writing.done(bench), before + 1, "the ledger has one new effect still");

    if writing.effect(bench) != EffectClass::AtMostOnce {
        let found = writing.sink.find(&bench.session(), &item).await.expect("finding works");
        assert_eq!(found.map(|receipt| receipt.id), Some(first.id.clone()), "what was written is found");
    }
    let unknown = (writing.item)(NEVER);
    let found = writing.sink.find(&bench.session(), &unknown).await.expect("not finding is no error");
    assert_eq!(found, None, "what was never written is not found");

    let sent = Fields::of(&item.item);
    let linked = Outbound { link: Some(link(&first, &sent)), item: (writing.edit)(&item.item), ..item };
    let updated = writing.push(&bench.session(), &linked).await.expect("an object can be updated");
    assert_eq!(updated.id, first.id, "an update keeps the object");
    let unchanged = Outbound { link: Some(link(&updated, &Fields::of(&linked.item))), ..linked };
    let same = writing.push(&bench.session(), &unchanged).await.expect("an update that changes nothing is no error");
    assert_eq!(same.id, first.id);
    let edits = usize::from(matches!(writing.leaves, Leaves::Values { .. }));
    assert_eq!(writing.done(bench), before + 1 + edits, "updates make no new object");
    updated
}

/// The answer to a write is lost: once because the connection breaks, once because the writer dies while it waits
/// (FAULTS.md F03). Either way the effect is found, and writing again makes no second one.
async fn a_lost_answer_makes_no_second_effect<T: Item>(bench: &Bench, writing: &Writing<T>) {
    let (broken, killed) = ((writing.item)(BROKEN), (writing.item)(KILLED));
    let before = writing.done(bench);
    bench.arrangement.strike(writing.path, Fault::Lost, Some(1));
    let error = writing.push(&bench.session(), &broken).await.expect_err("without an answer there is no receipt");
    assert!(error.may_have_happened, "a lost answer is a doubt: {error}");
    bench.arrangement.calm();
    assert_eq!(writing.done(bench), before + 1, "the effect happened");
    recovers(bench, writing, &broken, before + 1).await;

    bench.arrangement.strike(writing.path, Fault::Hold, Some(1));
    let happened = async {
        while writing.done(bench) == before + 1 {
            tokio::task::yield_now().await;
        }
    };
    let session = bench.session();
    tokio::select! {
        result = writing.push(&session, &killed) => panic!("the answer was to be held back, and came: {result:?}"),
        waited = tokio::time::timeout(Duration::from_secs(30), happened) => waited.expect("the effect happens"),
    }
    bench.arrangement.calm();
    recovers(bench, writing, &killed, before + 2).await;
}

async fn recovers<T: Item>(bench: &Bench, writing: &Writing<T>, item: &Outbound<T>, effects: usize) {
    if writing.effect(bench) == EffectClass::AtMostOnce {
        let found = writing.sink.find(&bench.session(), item).await.expect("finding works");
        assert_eq!(found, None, "class d cannot know");
        return;
    }
    if let EffectClass::Marker { lag_seconds } = writing.effect(bench) {
        bench.arrangement.advance(SignedDuration::from_secs(i64::from(lag_seconds) + 1));
    }
    let found = writing.sink.find(&bench.session(), item).await.expect("finding works").expect("the object is found");
    let again = writing.push_after_doubt(bench, item).await.expect("writing again is no error");
    assert_eq!(again.id, found.id, "writing again leads to the same object");
    assert_eq!(writing.done(bench), effects, "there is no second effect");
}

/// Deletes twice.
async fn deleting_twice_is_fine<T: Item>(bench: &Bench, writing: &Writing<T>, id: &str) {
    let ended = || if let Leaves::Object { delete, .. } = writing.leaves { count(bench, delete) } else { 0 };
    let (before, gone) = (ended(), usize::from(matches!(writing.leaves, Leaves::Object { .. })));
    for _ in 0..2 {
        writing.sink.delete(&bench.session(), id).await.expect("deleting works, also of what is gone");
        assert_eq!(ended(), before + gone, "the ledger has one deletion");
    }
}
