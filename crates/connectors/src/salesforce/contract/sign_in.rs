//! Signing in: where the data are, rotation and its reuse, the service account, editions and limits.

use std::collections::BTreeMap;

use connector_kit::contract::{Arrangement, SignIn};
use connector_kit::{Connector, ErrorKind, Retry};
use jiff::SignedDuration;
use sandbox::steering::Steering;
use serde_json::json;
use url::Url;

use super::super::Salesforce;
use super::{ADDRESSES, start};
use crate::emulator::Emulator;

const PRIVATE_KEY: &str = include_str!("../fixtures/rsa-private.pem");
const PUBLIC_KEY: &str = include_str!("../fixtures/rsa-public.pem");

fn service_account(subject: &str, audience: &str) -> SignIn {
    let fields =
        [("domain", "login"), ("audience", audience), ("client_id", "service"), ("subject", subject), ("private_key", PRIVATE_KEY)];
    SignIn::App { name: "jwt_bearer", fields: fields.map(|(name, text)| (name.to_owned(), text.to_owned())).into() }
}

async fn with_key() -> std::sync::Arc<Emulator> {
    let emulator = Emulator::start("salesforce", ADDRESSES).await;
    let base: Url = emulator.overrides().base_url.unwrap().parse().unwrap();
    let client = json!({ "tool": "salesforce", "client_id": "service", "client_secret": "unused", "public_key_pem": PUBLIC_KEY });
    Steering::of(&base.join("/").unwrap()).post("/clients", &client).await.unwrap();
    emulator
}

#[tokio::test]
async fn data_are_asked_for_where_the_token_says() {
    let (bench, emulator, session) = start().await;
    let login = emulator.overrides().base_url.unwrap();
    assert_eq!(session.base_url().await.unwrap().as_str(), format!("{login}/instance"));
    let account = Salesforce.identify(&session).await.unwrap();
    assert!(account.id.starts_with("00D") && account.id.len() == 18, "{account:?}");
    assert_eq!(account.name, "Demo organisation");
    bench.close();
}

#[tokio::test]
async fn a_service_account_works_in_the_name_of_a_user_and_its_tokens_are_renewed() {
    let emulator = with_key().await;
    let bench = emulator.sign_in(Salesforce, service_account("project.manager@demo.example", "login")).await;
    let account = Salesforce.identify(&bench.session()).await.unwrap();
    assert_eq!(account.name, "Demo organisation");
    emulator.advance(SignedDuration::from_hours(3));
    assert_eq!(Salesforce.identify(&bench.session()).await, Ok(account), "another session, for another assertion");
    assert_eq!(bench.renewals(), 1);
    bench.close();
}

#[tokio::test]
#[should_panic(expected = "the emulator signs its own client in")]
async fn a_service_account_for_nobody_there_is_refused() {
    let emulator = with_key().await;
    emulator.sign_in(Salesforce, service_account("stranger@nowhere.example", "login")).await;
}

#[tokio::test]
async fn an_edition_without_api_says_so() {
    let (bench, emulator, session) = start().await;
    emulator.put("/edition", json!({ "api": false })).await;
    let error = Salesforce.identify(&session).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::Forbidden, Some("API_DISABLED_FOR_ORG")));
    assert!(error.message.contains("Professional Edition as an add-on"), "{error}");
    bench.close();
}

#[tokio::test]
async fn f26_the_last_calls_of_the_day_are_left_to_others() {
    let (bench, emulator, session) = start().await;
    emulator.put("/usage", json!({ "used": 14_248, "most": 15_000 })).await;
    Salesforce.identify(&session).await.unwrap();
    Salesforce.identify(&session).await.unwrap();
    let calls = session.calls();
    let error = Salesforce.identify(&session).await.unwrap_err();
    assert_eq!((error.kind, session.calls()), (ErrorKind::RateLimited, calls), "no call was made");
    let Retry::After(pause) = error.retry else { panic!("{error:?}") };
    assert!(pause > SignedDuration::from_mins(29) && pause <= SignedDuration::from_mins(30), "{pause}");
    bench.close();
}

#[tokio::test]
async fn f25_a_day_without_calls_left_is_waited_for() {
    let (bench, emulator, session) = start().await;
    emulator.put("/usage", json!({ "used": 15_000, "most": 15_000 })).await;
    let error = Salesforce.identify(&session).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::RateLimited, Some("REQUEST_LIMIT_EXCEEDED")));
    assert_eq!(error.retry, Retry::After(SignedDuration::from_mins(30)));
    bench.close();
}

#[test]
fn a_sign_in_leads_to_salesforce_and_nowhere_else() {
    use connector_kit::oauth::{Endpoints, Overrides};
    let manifest = Salesforce.manifest();
    let resolve = |domain: &str| {
        let fields = BTreeMap::from([("domain".to_owned(), domain.to_owned())]);
        Endpoints::resolve(manifest, manifest.auth("oauth").unwrap(), &Overrides::default(), &fields)
    };
    for (domain, host) in [
        ("login", "login.salesforce.com"),
        ("test", "test.salesforce.com"),
        ("acme.my", "acme.my.salesforce.com"),
        ("acme--uat.sandbox.my", "acme--uat.sandbox.my.salesforce.com"),
    ] {
        let endpoints = resolve(domain).unwrap();
        for url in [endpoints.authorize_url.unwrap(), endpoints.token_url.unwrap(), endpoints.revoke_url.unwrap()] {
            assert_eq!((url.scheme(), url.host_str()), ("https", Some(host)));
        }
    }
    for bad in ["evil.example/", "evil.example?", "a@evil.example#", "evil.example:443/", ""] {
        assert!(resolve(bad).is_err(), "{bad}");
    }
}
