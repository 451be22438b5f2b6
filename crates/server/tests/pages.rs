//! The pages over HTTP on a fresh database: who gets in, forged forms, sign-ins that go wrong, and what is escaped.
//! Connections that sync are tested where the emulators are.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails, its helpers too")]

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use connector_kit::manifest::{Auth, Category, ClientAuth, CodeFlow, Flow, Manifest, Permission, Revocation};
use connector_kit::oauth::ClientRegistration;
use connector_kit::outbound::EffectClass;
use connector_kit::{Account, Connector, Network, Reply, RetryPolicy, Session};
use model::change::Origin;
use model::connection::{Capability, Scope, Way};
use model::{Meeting, Secret, When};
use server::{App, Doors, ServerOptions, password};
use store::testing::{self, TestDatabase};
use store::users::Role;
use store::{Store, Workspace};
use sync::meetings::{MeetingInput, upsert};
use sync::{Hub, HubParts, IntegrationConfig};
use tower::ServiceExt;

const EMAIL: &str = "project.manager@demo.example";
const PASSWORD: &str = "a long enough password";

/// A tool that can be signed in to and is never reached.
struct Notepad;

static MANIFEST: Manifest = Manifest {
    id: "notepad",
    name: "Notepad",
    category: Category::ProjectManagement,
    purpose: "Keeps notes",
    scope: Scope::Personal,
    docs: "https://notepad.example/docs",
    base_url: "https://notepad.example",
    hosts: &[],
    auth: &[Auth::Code(CodeFlow {
        authorize_url: "https://notepad.example/authorize",
        token_url: "https://notepad.example/token",
        revocation: Revocation::Nowhere { remove_at: "https://notepad.example/apps" },
        scope_separator: " ",
        client_auth: ClientAuth::Basic,
        pkce: true,
        authorize_parameters: &[],
        permissions: &[],
        fields: &[],
    })],
    flows: &[Flow {
        capability: Capability::Notes,
        way: Way::Push,
        what: "notes of meetings",
        permissions: &[Permission { scope: "notes:write", reason: "To write the notes" }],
        effect: Some(EffectClass::ChosenId),
        destination: None,
    }],
    limits: &[],
    webhooks: None,
};

#[connector_kit::async_trait]
impl Connector for Notepad {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    async fn identify(&self, _session: &Session) -> connector_kit::Result<Account> {
        Err(connector_kit::Error::invalid("it is never reached"))
    }

    fn classify(&self, _reply: &Reply) -> Option<connector_kit::Error> {
        None
    }
}

struct World {
    router: Router,
    store: Store,
    workspace: Workspace,
    _database: TestDatabase,
    _media: tempfile::TempDir,
}

struct Page {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    text: String,
}

impl Page {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    fn form_token(&self) -> String {
        let (_, rest) = self.text.split_once("name=\"form_token\" value=\"").expect("the page has a form");
        rest.split('"').next().unwrap().to_owned()
    }
}

async fn world(role: Role) -> World {
    let database = testing::sqlite();
    let store = testing::store(&database).await;
    let workspace = testing::workspace(&store).await;
    let hash = password::hash(store.env(), &Secret::from(PASSWORD)).await.unwrap();
    let mut step = workspace.begin().await.unwrap();
    step.create_user(EMAIL, "Project Manager", role, Some(&hash)).await.unwrap();
    step.commit().await.unwrap();
    let media = tempfile::tempdir().unwrap();
    let client = ClientRegistration { client_id: "hub".to_owned(), client_secret: Some(Secret::from("secret")) };
    let integration = IntegrationConfig { client: Some(client), ..IntegrationConfig::default() };
    let hub = Hub::new(HubParts {
        store: store.clone(),
        connectors: vec![Arc::new(Notepad)],
        integrations: BTreeMap::from([("notepad".to_owned(), integration)]),
        network: Network::new().unwrap(),
        public_url: "http://localhost:8080/".parse().unwrap(),
        media: store::media::MediaStore::open(&format!("file://{}", media.path().display()), &[]).await.unwrap(),
        env: Arc::new(testing::env()),
        policy: RetryPolicy::default(),
    });
    let router = server::router(App::new(hub, ServerOptions::default()), Doors::All);
    World { router, store, workspace, _database: database, _media: media }
}

async fn page(response: Response<Body>) -> Page {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 22).await.unwrap();
    Page { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

impl World {
    async fn get(&self, path: &str, cookie: &str) -> Page {
        let request = Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap();
        page(self.router.clone().oneshot(request).await.unwrap()).await
    }

    async fn post(&self, path: &str, cookie: &str, site: &str, form: &str) -> Page {
        let request = Request::post(path).header("cookie", cookie).header("sec-fetch-site", site);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(Body::from(form.to_owned())).unwrap();
        page(self.router.clone().oneshot(request).await.unwrap()).await
    }

    async fn try_password(&self, password: &str) -> Page {
        let form =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("email", EMAIL).append_pair("password", password).finish();
        self.post("/sign-in", "", "same-origin", &form).await
    }

    async fn sign_in(&self) -> String {
        let done = self.try_password(PASSWORD).await;
        assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/"));
        let line = done.header("set-cookie");
        assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax"), "{line}");
        line.split(';').next().unwrap().to_owned()
    }
}

const PRIVATE: [&str; 12] = [
    "/",
    "/meetings",
    "/meetings/upload",
    "/meetings/mtg_0",
    "/settings/integrations",
    "/settings/integrations/x",
    "/connections/con_0",
    "/connections/con_0/activity",
    "/connections/con_0/preview",
    "/connections/con_0/permissions",
    "/audit",
    "/live",
];

#[tokio::test]
async fn whoever_is_not_signed_in_gets_the_sign_in_page() {
    let world = world(Role::Admin).await;
    for path in PRIVATE {
        for cookie in ["", "harmony=wsp_0.x", "harmony=nonsense"] {
            let answer = world.get(path, cookie).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
            assert!(answer.header("location").starts_with("/sign-in"), "{path}");
        }
    }
    let open = [("/healthz", 200), ("/readyz", 200), ("/sign-in", 200), ("/errors/invalid", 200), ("/errors/none", 404), ("/nowhere", 404)];
    for (path, status) in open {
        let answer = world.get(path, "").await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert!(!answer.text.contains("<script>") && !answer.text.contains(" style="), "{path}");
    }
    assert_eq!(world.post("/hooks/none", "", "cross-site", "x").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_signed_in_person_sees_the_pages_and_only_admins_the_audit_trail() {
    let world = world(Role::Admin).await;
    let cookie = world.sign_in().await;
    for path in ["/", "/meetings", "/meetings?tab=upcoming&q=x", "/meetings/upload", "/settings/integrations?q=x", "/audit?check=1"] {
        let answer = world.get(path, &cookie).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    }
    assert!(world.get("/audit", &cookie).await.text.contains("session.started"));
    let member = self::world(Role::Member).await;
    let cookie = member.sign_in().await;
    assert_eq!(member.get("/audit", &cookie).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_forged_form_is_refused() {
    let world = world(Role::Admin).await;
    let cookie = world.sign_in().await;
    let token = world.get("/meetings/upload", &cookie).await.form_token();
    let good = format!("form_token={token}");
    for (site, form) in [("cross-site", good.as_str()), ("same-site", &good), ("same-origin", "form_token=0"), ("same-origin", "")] {
        let answer = world.post("/sign-out", &cookie, site, form).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{site} {form}");
    }
    assert_eq!(world.get("/", &cookie).await.status, StatusCode::OK, "the session goes on");
    assert_eq!(world.post("/sign-out", &cookie, "same-origin", &good).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/", &cookie).await.status, StatusCode::SEE_OTHER, "the session has ended");
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down() {
    let world = world(Role::Member).await;
    for _ in 0..5 {
        assert_eq!(world.try_password("a wrong password").await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(world.try_password(PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_callback_that_belongs_to_nobody_is_explained() {
    let world = world(Role::Admin).await;
    let cookie = world.sign_in().await;
    let cases = [
        ("/connect/callback?state=unknown&code=c", StatusCode::GONE, "Begin again"),
        ("/connect/callback?state=a&state=b&code=c", StatusCode::BAD_REQUEST, "twice"),
        ("/connect/callback?error=access_denied", StatusCode::BAD_REQUEST, "Begin it again"),
    ];
    for (path, status, words) in cases {
        let answer = world.get(path, &cookie).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.text.contains(words), "{path}: {}", answer.text);
        assert_eq!(answer.text.matches("button primary").count(), 1, "one next step: {path}");
    }
}

#[tokio::test]
async fn what_people_wrote_is_escaped() {
    let world = world(Role::Admin).await;
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=y>";
    let now = world.store.env().now();
    let when = When::Timed { start: now - jiff::SignedDuration::from_hours(2), end: now - jiff::SignedDuration::from_hours(1), zone: None };
    let meeting = Meeting { summary: Some(evil.to_owned()), ..Meeting::new(evil, when) };
    let input = MeetingInput { meeting, transcript: None, action_items: None, notes: None };
    let done = upsert(&world.workspace, "k", &input, &Origin::Harmony).await.unwrap();
    let cookie = world.sign_in().await;
    for path in ["/meetings".to_owned(), format!("/meetings/{}", done.id), format!("/meetings?q={}", "%3Cscript%3Ealert(1)")] {
        let answer = world.get(&path, &cookie).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(!answer.text.contains("<script>alert") && !answer.text.contains("<img"), "{path}");
    }
    assert!(world.get(&format!("/meetings/{}", done.id), &cookie).await.text.contains("alert(1)"));
}

#[tokio::test]
async fn a_denied_consent_is_explained_once_and_leaves_nothing() {
    let world = world(Role::Member).await;
    let cookie = world.sign_in().await;
    let tool = world.get("/settings/integrations/notepad", &cookie).await;
    assert!(tool.text.contains("notes:write") && tool.text.contains("To write the notes"));
    let form = format!("form_token={}&auth=oauth&flow=notes:push", tool.form_token());
    let leaving = world.post("/settings/integrations/notepad/connect", &cookie, "same-origin", &form).await;
    assert_eq!(leaving.status, StatusCode::OK, "{}", leaving.text);
    let (_, rest) = leaving.text.split_once("state=").expect("the address of the tool has a state");
    let state: String = rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || "-_".contains(*letter)).collect();
    let connection = world.workspace.connections().await.unwrap().remove(0);
    for part in ["", "/activity", "/permissions", "/preview", "/disconnect"] {
        let answer = world.get(&format!("/connections/{}{part}", connection.id), &cookie).await;
        assert_eq!(answer.status, StatusCode::OK, "{part}: {}", answer.text);
    }
    let back = format!("/connect/callback?state={state}&error=access_denied&error_description=The+person+said+no");
    let denied = world.get(&back, &cookie).await;
    assert_eq!(denied.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", denied.text);
    assert!(denied.text.contains("The person said no") && denied.text.contains("Connect again"));
    assert_eq!(world.workspace.connections().await.unwrap(), []);
    assert_eq!(world.get(&back, &cookie).await.status, StatusCode::GONE, "a state works once");
}
