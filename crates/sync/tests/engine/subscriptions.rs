//! Webhook subscriptions over their life: renewed in place where the tool can, made anew where it cannot, and when the tool ends them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use connector_kit::manifest::{Auth, Category, Flow, WebhookFacts};
use connector_kit::webhook::SubscriptionRequest;
use connector_kit::{
    Account, CalendarSource, Connector, Cursor, Error, Hints, InboundHook, Manifest, Network, Page, PullRequest, Reply, Result,
    RetryPolicy, Session, Source, Subscription, WebhookSource, async_trait,
};
use jiff::{SignedDuration, Timestamp};
use model::env::Simulated;
use model::settings::Destination;
use model::{Capability, Meeting, Scope, Way};
use store::connections::Connection;
use store::media::MediaStore;
use store::testing::{self, TestDatabase};
use store::{Store, Workspace};
use sync::hooks::{Answer, Received, receive};
use sync::subscriptions::renew_across_workspaces;
use sync::{Actor, Hub, HubParts, options};

use crate::common::settings;

const LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

static MANIFEST: Manifest = Manifest {
    id: "herald",
    name: "Herald",
    category: Category::Calendar,
    purpose: "Announces.",
    scope: Scope::Personal,
    docs: "https://herald.example/docs",
    base_url: "https://herald.example/",
    hosts: &[],
    auth: &[Auth::ApiToken { prefix: "Bearer ", help: "None is needed." }],
    flows: &[Flow {
        capability: Capability::Calendar,
        way: Way::Pull,
        what: "made-up meetings",
        permissions: &[],
        effect: None,
        destination: None,
    }],
    limits: &[],
    webhooks: Some(WebhookFacts { by_api: true, proof: "none", life: Some(Duration::from_hours(7 * 24)) }),
};

/// A tool that announces, and writes down what it is asked.
struct Herald {
    clock: Arc<Simulated>,
    renews: AtomicBool,
    asked: Mutex<Vec<String>>,
}

impl Herald {
    fn note(&self, what: &str) -> usize {
        let mut asked = self.asked.lock().unwrap();
        asked.push(what.to_owned());
        asked.len()
    }

    /// What was asked since the last time.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

/// The connector. A newtype, so that the test keeps the tool.
struct Client(Arc<Herald>);

#[async_trait]
impl Connector for Client {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }
    async fn identify(&self, _: &Session) -> Result<Account> {
        Ok(Account { id: "account".to_owned(), name: "Account".to_owned() })
    }
    fn classify(&self, _: &Reply) -> Option<Error> {
        None
    }
    fn calendar(&self) -> Option<&dyn CalendarSource> {
        Some(self)
    }
    fn webhooks(&self) -> Option<&dyn WebhookSource> {
        Some(self)
    }
}

#[async_trait]
impl Source<Meeting> for Client {
    async fn pull(&self, _: &Session, _: &PullRequest<'_>) -> Result<Page<Meeting>> {
        Ok(Page { entries: Vec::new(), cursor: Cursor("{}".to_owned()), more: false })
    }
    async fn is_gone(&self, _: &Session, _: &str, _: Option<&Destination>) -> Result<bool> {
        Ok(false)
    }
}

#[async_trait]
impl CalendarSource for Client {
    async fn calendars(&self, _: &Session) -> Result<Vec<Destination>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl WebhookSource for Client {
    /// The body is the id of the subscription that ends; an empty one announces a change.
    fn receive(&self, hook: &InboundHook<'_>) -> Result<Hints> {
        let id = String::from_utf8_lossy(hook.body).into_owned();
        let ending = if id.is_empty() { Vec::new() } else { vec![id] };
        Ok(Hints { wake: vec![Capability::Calendar], ending, ..Hints::default() })
    }
    async fn subscribe(&self, _: &Session, request: &SubscriptionRequest<'_>) -> Result<Option<Subscription>> {
        let number = self.0.note("subscribe");
        let id = format!("sub-{number}-{}", request.now.as_second());
        Ok(Some(Subscription { id, resource: None, expires: Some(request.now + LIFE), secret: Some(request.secret.clone()) }))
    }
    async fn renew(&self, session: &Session, subscription: &Subscription) -> Result<Option<Subscription>> {
        self.0.note("renew");
        let longer = Subscription { expires: Some(session.now() + LIFE), ..subscription.clone() };
        Ok(self.0.renews.load(Ordering::SeqCst).then_some(longer))
    }
    async fn unsubscribe(&self, _: &Session, _: &Subscription) -> Result<()> {
        self.0.note("unsubscribe");
        Ok(())
    }
}

struct World {
    hub: Hub,
    workspace: Workspace,
    connection: Connection,
    herald: Arc<Herald>,
    engine: &'static str,
    _database: TestDatabase,
    _media: tempfile::TempDir,
}

impl World {
    async fn made(database: TestDatabase) -> Self {
        let (store, clock): (Store, Arc<Simulated>) = testing::store_and_clock(&database).await;
        let herald = Arc::new(Herald { clock: clock.clone(), renews: AtomicBool::new(true), asked: Mutex::default() });
        let media = tempfile::tempdir().unwrap();
        let hub = Hub::new(HubParts {
            store: store.clone(),
            connectors: vec![Arc::new(Client(herald.clone()))],
            integrations: BTreeMap::new(),
            network: Network::new().unwrap(),
            public_url: "https://harmony.example/".parse().unwrap(),
            media: MediaStore::open(&format!("file://{}", media.path().display()), &[]).await.unwrap(),
            env: clock.clone(),
            policy: RetryPolicy::default(),
        });
        let workspace = testing::workspace(&store).await;
        let connection = Connection::new(&*clock, "herald", "api_token", None, BTreeMap::new());
        let mut step = workspace.begin().await.unwrap();
        step.create_connection(&connection).await.unwrap();
        step.set_connected(&connection.id, true).await.unwrap();
        step.commit().await.unwrap();
        let connection = workspace.connection(&connection.id).await.unwrap().unwrap();
        let wanted = settings(&[Capability::Calendar]);
        options::save(&hub, &workspace, &Actor::harmony(), &connection, wanted, connection.settings_version).await.unwrap();
        let connection = workspace.connection(&connection.id).await.unwrap().unwrap();
        assert_eq!(herald.asked(), ["subscribe"], "{}", database.engine);
        let engine = database.engine;
        Self { hub, workspace, connection, herald, engine, _database: database, _media: media }
    }

    /// Time passes, then there is upkeep.
    async fn upkeep_after(&self, by: SignedDuration) -> Vec<String> {
        self.herald.clock.advance(by);
        renew_across_workspaces(&self.hub).await.unwrap();
        self.herald.asked()
    }

    async fn present(&self) -> (String, Timestamp) {
        let mut all = self.workspace.subscriptions(&self.connection.id).await.unwrap();
        assert_eq!(all.len(), 1, "{}: one subscription at a time", self.engine);
        let one = all.remove(0);
        (one.remote_id, one.expires.unwrap())
    }

    async fn hear(&self, body: &str) {
        let received = Received {
            integration: "herald",
            connection: Some(self.connection.id.clone()),
            method: "POST",
            target: "/hooks/herald/x",
            headers: BTreeMap::new(),
            body: body.as_bytes(),
        };
        assert_eq!(receive(&self.hub, &received).await.unwrap(), Answer::Taken, "{}", self.engine);
    }
}

#[tokio::test]
async fn f53_a_subscription_is_renewed_before_it_ends_and_stays_the_same_one() {
    for database in testing::databases().await {
        let world = World::made(database).await;
        let (id, expires) = world.present().await;
        assert_eq!(world.upkeep_after(SignedDuration::from_hours(5 * 24)).await, [""; 0], "{}: it has days left", world.engine);
        assert_eq!(world.upkeep_after(SignedDuration::from_hours(25)).await, ["renew"], "{}", world.engine);
        let (same, later) = world.present().await;
        assert!(same == id && later > expires, "{}: {same} until {later}", world.engine);
        assert_eq!(world.upkeep_after(SignedDuration::from_mins(1)).await, [""; 0], "{}: once is enough", world.engine);
    }
}

#[tokio::test]
async fn f53_where_a_tool_cannot_renew_a_new_subscription_comes_before_the_old_one_goes() {
    for database in testing::databases().await {
        let world = World::made(database).await;
        let (id, _) = world.present().await;
        world.herald.renews.store(false, Ordering::SeqCst);
        let asked = world.upkeep_after(SignedDuration::from_hours(6 * 24 + 1)).await;
        assert_eq!(asked, ["renew", "subscribe", "unsubscribe"], "{}", world.engine);
        assert_ne!(world.present().await.0, id, "{}", world.engine);
    }
}

#[tokio::test]
async fn f53_what_the_tool_ends_early_is_mended_at_the_next_upkeep() {
    for database in testing::databases().await {
        let world = World::made(database).await;
        let (id, _) = world.present().await;
        world.hear("").await;
        assert_eq!(world.upkeep_after(SignedDuration::from_mins(1)).await, [""; 0], "{}: a change ends nothing", world.engine);
        world.hear("of another connection").await;
        assert_eq!(world.upkeep_after(SignedDuration::from_mins(1)).await, [""; 0], "{}", world.engine);
        world.hear(&id).await;
        world.hear(&id).await;
        assert_eq!(world.upkeep_after(SignedDuration::from_mins(1)).await, ["renew"], "{}: said twice, done once", world.engine);
        assert_eq!(world.present().await.0, id, "{}", world.engine);
        world.herald.renews.store(false, Ordering::SeqCst);
        world.hear(&id).await;
        let asked = world.upkeep_after(SignedDuration::from_mins(1)).await;
        assert_eq!(asked, ["renew", "subscribe", "unsubscribe"], "{}: it was gone at the tool", world.engine);
    }
}
