//! The suite: what is asked of every tool. One function is one test; each takes a stand of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::connection::{Capability, Way};

use super::failing::{a_refused_token_is_renewed_once, a_revoked_sign_in_is_unauthorized, failures_have_their_kinds};
use super::hooks::webhooks_prove_their_sender;
use super::signing_in;
use super::{Bench, SignIn, Stand};
use crate::connector::Connector;
use crate::error::{ErrorKind, Result};
use crate::session::Session;

/// The stand has a part for every flow, and the connector an accessor for every flow's capability: nothing goes untested.
pub fn every_flow_of_the_manifest_is_on_the_stand(stand: Stand) {
    let connector = stand.bench.connector.as_ref();
    let flows = |way| connector.manifest().flows.iter().filter(move |flow| flow.way == way).map(|flow| flow.capability);
    assert_eq!(stand.reads.iter().map(|one| one.capability()).collect::<Vec<_>>(), flows(Way::Pull).collect::<Vec<_>>());
    assert_eq!(stand.writes.iter().map(|one| one.capability()).collect::<Vec<_>>(), flows(Way::Push).collect::<Vec<_>>());
    let declared: BTreeSet<Capability> = flows(Way::Pull).chain(flows(Way::Push)).collect();
    assert_eq!(capabilities(connector), declared, "what the connector returns and what its manifest says");
    assert_eq!(stand.announces.is_some(), connector.webhooks().is_some(), "webhooks are on the stand where the connector has them");
    assert_eq!(connector.manifest().webhooks.is_some(), connector.webhooks().is_some());
    stand.bench.close();
}

fn capabilities(connector: &dyn Connector) -> BTreeSet<Capability> {
    let all = [
        connector.calendar().map(|_| Capability::Calendar),
        connector.recordings().map(|_| Capability::Recordings),
        connector.activities().map(|_| Capability::Activities),
        connector.contacts().map(|_| Capability::Contacts),
        connector.deals().map(|_| Capability::Deals),
        connector.tasks().map(|_| Capability::Tasks),
        connector.notes().map(|_| Capability::Notes),
        connector.messages().map(|_| Capability::Messages),
    ];
    all.into_iter().flatten().collect()
}

/// Signing in by the pages asks for the manifest's scopes and for no more, is held to its own request, and can be denied.
pub async fn a_sign_in_is_held_to_what_it_asked_for(stand: Stand) {
    let Stand { bench, .. } = stand;
    let connector = &bench.connector;
    let account = connector.identify(&bench.session()).await.expect("a fresh sign-in works");
    assert!(!account.id.is_empty() && !account.name.is_empty(), "{account:?}");
    assert_eq!(connector.identify(&bench.session()).await, Ok(account), "the same account each time");
    if bench.signs_in_by_pages() {
        if let Some(granted) = bench.granted().await {
            let asked: BTreeSet<&str> = connector.manifest().permissions(|_| true).iter().map(|permission| permission.scope).collect();
            assert_eq!(granted.iter().map(String::as_str).collect::<BTreeSet<_>>(), asked, "granted is what the manifest asks for");
        }
        signing_in::denial_comes_back_as_denial(&bench).await;
        signing_in::an_address_that_is_not_registered_is_stopped(&bench).await;
        signing_in::a_code_is_good_once_for_its_request_and_not_for_long(&bench).await;
    }
    bench.close();
}

/// A sign-in with the fewest scopes reaches nothing whose flow needs another one.
pub async fn f29_what_was_not_granted_is_forbidden(stand: Stand) {
    let Stand { bench, fewest: Some(scopes), reads, writes, .. } = stand else { return stand.bench.close() };
    let (connector, arrangement) = (bench.connector.clone(), bench.arrangement.clone());
    bench.check();
    drop(bench);
    let bench = Bench::open(connector, arrangement, SignIn::Only { scopes: scopes.to_vec() }).await;
    let needs_more = |capability, way| {
        let flow = bench.connector.manifest().flow(capability, way).expect("the stand has only flows of the manifest");
        flow.permissions.iter().any(|permission| !scopes.contains(&permission.scope))
    };
    for read in &reads {
        let outcome = read.first_page(&bench, &bench.session()).await;
        holds(read.capability(), needs_more(read.capability(), Way::Pull), outcome);
    }
    for write in &writes {
        let outcome = write.write(&bench.session()).await;
        holds(write.capability(), needs_more(write.capability(), Way::Push), outcome);
    }
    bench.close();
}

/// Whatever is switched on, the scopes that are then asked for are enough. That none is asked for in vain shows in what the emulator
/// noted as needed, over all tests (`cargo xtask contracts`).
pub async fn every_choice_of_flows_works_with_what_it_asks_for(stand: Stand) {
    let Stand { bench, reads, writes, .. } = stand;
    if !bench.signs_in_by_pages() {
        return bench.close();
    }
    let (connector, arrangement) = (bench.connector.clone(), bench.arrangement.clone());
    bench.check();
    drop(bench);
    let manifest = connector.manifest();
    for choice in 0..1_u8 << manifest.flows.len() {
        let is_on = |capability, way| {
            let at = manifest.flows.iter().position(|flow| flow.capability == capability && flow.way == way);
            at.is_some_and(|at| choice >> at & 1 == 1)
        };
        let asked = manifest.permissions(|flow| is_on(flow.capability, flow.way));
        let scopes = asked.iter().map(|permission| permission.scope).collect();
        let bench = Bench::open(Arc::clone(&connector), Arc::clone(&arrangement), SignIn::Only { scopes }).await;
        connector.identify(&bench.session()).await.expect("whose account it is can always be asked");
        for read in reads.iter().filter(|read| is_on(read.capability(), Way::Pull)) {
            let outcome = read.first_page(&bench, &bench.session()).await;
            assert_eq!(outcome, Ok(()), "{:?} is read with {asked:?}", read.capability());
        }
        for write in writes.iter().filter(|write| is_on(write.capability(), Way::Push)) {
            write.works(&bench.session(), choice).await;
        }
        // Every choice is made at one emulator, which counts on.
        if choice + 1 < 1 << manifest.flows.len() {
            bench.check();
        } else {
            bench.close();
        }
    }
}

fn holds(capability: Capability, needs_more: bool, outcome: Result<()>) {
    let kind = outcome.err().map(|error| error.kind);
    assert_eq!(kind, needs_more.then_some(ErrorKind::Forbidden), "{capability:?}");
}

/// Every fault at every place that the connector calls comes out as what it is; a refused token is renewed once.
pub async fn f24_f25_f28_f33_f34_failures_have_their_kinds(stand: Stand) {
    let Stand { bench, identify, reads, writes, .. } = stand;
    let who = async |session: &Session| bench.connector.identify(session).await.map(drop);
    failures_have_their_kinds(&bench, identify, who).await;
    a_refused_token_is_renewed_once(&bench, identify, who).await;
    for read in &reads {
        failures_have_their_kinds(&bench, read.path(), async |session: &Session| read.first_page(&bench, session).await).await;
    }
    for write in &writes {
        failures_have_their_kinds(&bench, write.path(), async |session: &Session| write.write(session).await).await;
    }
    bench.close();
}

/// Tokens end and are renewed in time, again and again; a sign-in that was taken back is over.
pub async fn f31_tokens_are_renewed_until_the_sign_in_is_taken_back(stand: Stand) {
    let Stand { bench, token_life, .. } = stand;
    let who = async |session: &Session| bench.connector.identify(session).await.map(drop);
    a_revoked_sign_in_is_unauthorized(&bench, token_life, who).await;
    bench.close();
}

/// Everything is read, whatever page edge a crash comes at; then changes and ends, each once.
pub async fn f38_f40_reading_ends_resumes_and_tells_each_thing_once(stand: Stand) {
    for read in &stand.reads {
        read.holds(&stand.bench).await;
    }
    stand.bench.close();
}

/// The same write is one effect: sent again, after a lost answer, after the writer's death.
pub async fn f03_f04_f32_writing_again_is_one_effect(stand: Stand) {
    for write in &stand.writes {
        write.holds(&stand.bench).await;
    }
    stand.bench.close();
}

/// A webhook proves its sender, and says which streams to wake.
pub async fn f50_f51_b13_a_webhook_proves_its_sender(stand: Stand) {
    let Stand { bench, announces: Some(announces), .. } = stand else { return stand.bench.close() };
    let source = bench.connector.webhooks().expect("the stand has webhooks where the connector has them");
    let delivery = announces.deliver(&bench).await;
    let keys = bench.keys_of(source).await;
    let hints = webhooks_prove_their_sender(source, keys.as_ref(), &delivery.hook(bench.now()), announces.proof());
    assert_eq!(hints.wake, announces.wakes());
    assert!(!hints.revoked && hints.answer.is_none(), "{hints:?}");
    if let Some(account) = hints.account {
        let own = bench.connector.identify(&bench.session()).await.expect("the sign-in works");
        assert_eq!(account, own.id, "the account by which a webhook finds its connection");
    }
    bench.close();
}
