//! What every `Sink` keeps: the same write twice is one object, also after a lost answer; deleting twice is fine.

use std::fmt::Debug;
use std::time::Duration;

use jiff::SignedDuration;
use model::Fields;

use super::{Bench, Fault};
use crate::capability::Sink;
use crate::error::Result;
use crate::outbound::{EffectClass, Link, Outbound, Receipt};

/// A write endpoint under test.
pub struct Writing<'a, T> {
    pub sink: &'a dyn Sink<T>,
    pub effect: EffectClass,
    /// The ledger's actions that mean a new object ("issue.create").
    pub creates: &'a [&'a str],
    /// The ledger's actions that mean that one is gone.
    pub deletes: &'a [&'a str],
    /// A part of the path that writes go to; faults strike there.
    pub path: &'a str,
}

impl<T: Clone + Debug + Send + Sync + 'static> Writing<'_, T> {
    fn created(&self, bench: &Bench) -> usize {
        count(bench, self.creates)
    }

    async fn push(&self, bench: &Bench, item: &Outbound<T>) -> Result<Receipt> {
        let mut results = self.sink.push(&bench.session(), std::slice::from_ref(item)).await;
        assert_eq!(results.len(), 1, "one result for each item");
        results.remove(0)
    }

    /// As the engine does after a doubt: where a second write is not harmless by itself, look first.
    async fn push_after_doubt(&self, bench: &Bench, item: &Outbound<T>) -> Result<Receipt> {
        if let EffectClass::Marker { lag_seconds } = self.effect {
            bench.arrangement.advance(SignedDuration::from_secs(i64::from(lag_seconds) + 1));
            if let Some(found) = self.sink.find(&bench.session(), item).await? {
                return Ok(found);
            }
        }
        self.push(bench, item).await
    }
}

fn count(bench: &Bench, actions: &[&str]) -> usize {
    bench.arrangement.effects().iter().filter(|effect| actions.contains(&effect.action.as_str())).count()
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
pub async fn writing_twice_is_one_object<T: Clone + Debug + Send + Sync + 'static>(
    bench: &Bench,
    writing: &Writing<'_, T>,
    item: &Outbound<T>,
    sent: &Fields,
    edited: &T,
) -> Receipt {
    assert!(item.link.is_none(), "the test begins with a new object");
    let before = writing.created(bench);
    let first = writing.push(bench, item).await.expect("a new object can be written");
    assert_eq!(writing.created(bench), before + 1, "the ledger has one new object");

    let again = writing.push_after_doubt(bench, item).await.expect("the same write again is no error");
    assert_eq!(again.id, first.id, "the same write again is the same object");
    assert_eq!(writing.created(bench), before + 1, "the ledger has one new object still");

    if writing.effect != EffectClass::AtMostOnce {
        let found = writing.sink.find(&bench.session(), item).await.expect("finding works");
        assert_eq!(found.map(|receipt| receipt.id), Some(first.id.clone()), "what was written is found");
    }

    let unknown = Outbound { key: uuid::Uuid::from_u128(0x7f3a_9a52_1d1c_4e0b_8a55_0d6e_6f2d_91c4), ..item.clone() };
    let found = writing.sink.find(&bench.session(), &unknown).await.expect("not finding is no error");
    assert_eq!(found, None, "what was never written is not found");

    let linked = Outbound { link: Some(link(&first, sent)), item: edited.clone(), ..item.clone() };
    let updated = writing.push(bench, &linked).await.expect("an object can be updated");
    assert_eq!(updated.id, first.id, "an update keeps the object");
    let unchanged = Outbound { link: Some(link(&updated, sent)), ..linked };
    let same = writing.push(bench, &unchanged).await.expect("an update that changes nothing is no error");
    assert_eq!(same.id, first.id);
    assert_eq!(writing.created(bench), before + 1, "updates make no new object");
    updated
}

/// The answer to a write is lost: once because the connection breaks, once because the writer dies while it waits
/// (FAULTS.md F03). Either way the object is found, and writing again makes no second one.
pub async fn a_lost_answer_makes_no_second_object<T: Clone + Debug + Send + Sync + 'static>(
    bench: &Bench,
    writing: &Writing<'_, T>,
    broken: &Outbound<T>,
    killed: &Outbound<T>,
) {
    let before = writing.created(bench);
    bench.arrangement.strike(writing.path, Fault::Lost, Some(1));
    let error = writing.push(bench, broken).await.expect_err("without an answer there is no receipt");
    assert!(error.may_have_happened, "a lost answer is a doubt: {error}");
    bench.arrangement.calm();
    assert_eq!(writing.created(bench), before + 1, "the effect happened");
    recovers(bench, writing, broken, before + 1).await;

    bench.arrangement.strike(writing.path, Fault::Hold, Some(1));
    let happened = async {
        while writing.created(bench) == before + 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        result = writing.push(bench, killed) => panic!("the answer was to be held back, and came: {result:?}"),
        waited = tokio::time::timeout(Duration::from_secs(30), happened) => waited.expect("the effect happens"),
    }
    bench.arrangement.calm();
    recovers(bench, writing, killed, before + 2).await;
}

async fn recovers<T: Clone + Debug + Send + Sync + 'static>(bench: &Bench, writing: &Writing<'_, T>, item: &Outbound<T>, objects: usize) {
    if writing.effect == EffectClass::AtMostOnce {
        let found = writing.sink.find(&bench.session(), item).await.expect("finding works");
        assert_eq!(found, None, "class d cannot know");
        return;
    }
    if let EffectClass::Marker { lag_seconds } = writing.effect {
        bench.arrangement.advance(SignedDuration::from_secs(i64::from(lag_seconds) + 1));
    }
    let found = writing.sink.find(&bench.session(), item).await.expect("finding works").expect("the object is found");
    let again = writing.push_after_doubt(bench, item).await.expect("writing again is no error");
    assert_eq!(again.id, found.id, "writing again leads to the same object");
    assert_eq!(writing.created(bench), objects, "no second object was made");
}

/// Deletes twice, and what never was.
pub async fn deleting_twice_is_fine<T: Clone + Debug + Send + Sync + 'static>(bench: &Bench, writing: &Writing<'_, T>, id: &str) {
    let before = count(bench, writing.deletes);
    writing.sink.delete(&bench.session(), id).await.expect("an object can be deleted");
    assert_eq!(count(bench, writing.deletes), before + 1, "the ledger has the deletion");
    writing.sink.delete(&bench.session(), id).await.expect("deleting what is gone is a success");
    assert_eq!(count(bench, writing.deletes), before + 1, "nothing was deleted twice");
}
