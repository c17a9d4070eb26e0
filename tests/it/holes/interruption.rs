//! H34, at every step: the service in this process, with a store that fails at the first, second, third… statement.
//!
//! To let something come between, the last statements and the commit go one after the other here. That all or nothing is
//! written where they go together is for the conformance tests of the store (`transactions`).

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use user_tenant_service::store::StoreError;
use user_tenant_service::store::environment::Environment;
use user_tenant_service::store::session::{DatabaseOptions, PostgresOptions, SqliteOptions};
use user_tenant_service::{ProvisioningCallback, UserTenantService, Verifier};
use uuid::Uuid;

use super::{A, ALICE, ALICE_IN_A, ANDY, ANDY_IN_A, B, ENGINEERS, MEMBER, SALES, VIEWER};
use crate::authorization::operation;
use crate::callback::provisioning;
use crate::passwords::TYPED;
use crate::provisioning::everything;
use crate::replay::signature::{SECRET, Signature};
use crate::request::{Request, bad_refusal, json, text};
use crate::support::fixture::Database;
use crate::support::token::ISSUER;
use crate::world::on_both;

/// A preference of Alice.
const PREFERENCE: &str = "a0000000-0000-4000-8000-000000000071";
/// A role that nobody has.
const FREE_ROLE: &str = "a0000000-0000-4000-8000-000000000018";

/// An invitation into tenant A, and the secret of its link.
const INVITATION: &str = "a0000000-0000-4000-8000-0000000000c1";
const TOKEN: &str = "a-secret-of-an-invitation";

/// A group that nobody is in.
const FREE_GROUP: &str = operation::FREE_GROUP[0];

/// Which statement of a transaction fails, counted from one; none at first.
#[derive(Debug, Default)]
struct Interruption {
    /// How many more statements succeed; more than any write has when nothing is to fail.
    left: AtomicUsize,
}

impl Interruption {
    fn at(&self, statement: usize) {
        self.left.store(statement, Ordering::SeqCst);
    }

    /// Whether the statement that was to fail was reached.
    fn came(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }

    fn ask(&self) -> Result<(), StoreError> {
        let before = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match before {
            Ok(1) | Err(_) => Err(StoreError::Unavailable("interrupted".into())),
            Ok(_) => Ok(()),
        }
    }
}

/// The service in this process, on a database of its own.
struct Scene {
    database: Database,
    address: SocketAddr,
    interruption: Arc<Interruption>,
    _runtime: Runtime,
}

impl From<Database> for Scene {
    fn from(database: Database) -> Self {
        let runtime = Runtime::new().expect("a runtime can be made");
        let interruption = Arc::new(Interruption::default());
        interruption.at(usize::MAX);
        let asked = interruption.clone();
        let options = match &database {
            Database::Postgres(_) => DatabaseOptions::Postgres(PostgresOptions::new(database.url())),
            Database::Sqlite(_) => {
                let file = database.url();
                DatabaseOptions::Sqlite(SqliteOptions::new(file.strip_prefix("sqlite:").expect("a file")))
            }
        };
        let service = UserTenantService::builder(options)
            .verifier(Verifier::JwtKeys { issuer: ISSUER.to_owned() })
            .environment(Environment::system().interrupted_by(move || asked.ask()))
            .provisioning_callback(callback())
            .migrate(true);
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let service = runtime.block_on(service.build()).expect("the service can be built");
        runtime.spawn(async move { axum::serve(listener, service.router()).await });
        let scene = Self { database, address, interruption, _runtime: runtime };
        scene.restore();
        scene
    }
}

impl Scene {
    fn restore(&self) {
        let made = "2024-01-02T03:04:05.678Z";
        self.database.restore();
        self.database.run(&format!(
            "INSERT INTO main.roles (id, name, tenant_id, created_on, modified_on)
             VALUES ('{FREE_ROLE}', 'free', '{A}', '{made}', '{made}');
             INSERT INTO main.groups (id, name, tenant_id, created_on, modified_on)
             VALUES ('{FREE_GROUP}', 'free', '{A}', '{made}', '{made}');
             INSERT INTO main.auth_clients (id, client_id, client_secret, secret, created_on, modified_on)
             VALUES (3000003, 'free', 'free', 'free', '{made}', '{made}')"
        ));
    }

    fn request(&self, method: &str, path: &str, body: &Json) -> Request {
        let request = Request::new(self.address, &format!("{method} {path}"));
        if path == "/user-callback" {
            let headers = Signature::default().headers(&body.to_string());
            let signed = headers
                .into_iter()
                .fold(request, |request, (name, value)| request.header(&name, &value.unwrap_or_default()));
            return signed.json(body);
        }
        let is_for_masters = path == "/tenants/provision"
            || path.starts_with("/users/")
            || path.starts_with("/role-templates")
            || path.starts_with("/clients")
            || path.ends_with("/password-reset")
            || path == "/credentials/verify"
            || path.starts_with(&format!("/tenants/{B}/"));
        let request = request.token(if is_for_masters { "master_a" } else { "admin_a" });
        if body.is_null() { request } else { request.json(body) }
    }
}

fn callback() -> ProvisioningCallback {
    ProvisioningCallback {
        secret: SECRET.into(),
        tolerance: Duration::from_secs(5),
        actor: Uuid::nil(),
        role_name: "Owner".to_owned(),
        permissions: vec!["ViewTenant".to_owned()],
    }
}

/// What each operation that writes is asked for; some twice, where they go two ways.
fn writes() -> Vec<(String, String, Json)> {
    let user =
        |name: &str, email: &str| json!({ "firstName": "N", "username": name, "email": email, "roleId": MEMBER });
    let permissions = format!("/user-tenants/{ANDY_IN_A}/user-level-permissions");
    let permission = json!({ "permission": "ViewRoles", "allowed": true });
    let setting = |key: &str| json!({ "configKey": key, "configValue": { "a": 1 } });
    let tenant = json!({ "name": "N", "status": 1, "key": "n" });
    let role = format!("/tenants/{A}/roles?where={{\"id\":\"{MEMBER}\"}}");
    let group = format!("/tenants/{A}/groups?where={{\"id\":\"{SALES}\"}}");
    let members = json!([{ "userTenantId": ANDY_IN_A }, { "userTenantId": ALICE_IN_A }]);
    let known = json!({ "administrator": { "username": "bob", "email": "bob@b.example" } });
    let profile = json!({ "firstName": "N", "roleId": VIEWER, "status": 0, "defaultTenantId": A });
    let writes = [
        ("POST /tenants", "/tenants".to_owned(), tenant.clone()),
        ("PATCH /tenants", "/tenants".to_owned(), json!({ "city": "N" })),
        ("PATCH /tenants/{id}", format!("/tenants/{A}"), json!({ "city": "N" })),
        ("PUT /tenants/{id}", format!("/tenants/{A}"), tenant),
        ("DELETE /tenants/{id}", format!("/tenants/{A}"), Json::Null),
        ("POST /tenants/{id}/tenant-configs", format!("/tenants/{A}/tenant-configs"), setting("new")),
        ("POST /tenants/{id}/tenant-configs", format!("/tenants/{A}/tenant-configs"), setting("profile")),
        ("PATCH /tenants/{id}/tenant-configs", format!("/tenants/{A}/tenant-configs"), json!({ "configValue": {} })),
        ("DELETE /tenants/{id}/tenant-configs", format!("/tenants/{A}/tenant-configs"), Json::Null),
        ("POST /tenants/{id}/roles", format!("/tenants/{A}/roles"), json!({ "name": "new" })),
        ("PATCH /tenants/{id}/roles", role, json!({ "name": "new" })),
        ("DELETE /tenants/{id}/roles/{roleId}", format!("/tenants/{A}/roles/{FREE_ROLE}"), Json::Null),
        ("POST /tenants/{id}/users", format!("/tenants/{A}/users"), user("new", "new@a.example")),
        ("POST /tenants/{id}/users", format!("/tenants/{A}/users"), user("bob", "bob@b.example")),
        ("PATCH /tenants/{id}/users/{userId}", format!("/tenants/{A}/users/{ANDY}"), profile),
        (
            "PUT /tenants/{id}/users/{userId}/role",
            format!("/tenants/{A}/users/{ANDY}/role"),
            json!({ "roleId": VIEWER }),
        ),
        ("DELETE /tenants/{id}/users/{userId}", format!("/tenants/{A}/users/{ANDY}"), Json::Null),
        ("POST /tenants/{id}/groups", format!("/tenants/{A}/groups"), json!({ "name": "new" })),
        ("PATCH /tenants/{id}/groups", group, json!({ "name": "new" })),
        ("DELETE /tenants/{id}/groups/{groupId}", format!("/tenants/{A}/groups/{ENGINEERS}"), Json::Null),
        ("POST /groups/{id}/user", format!("/groups/{SALES}/user"), members[0].clone()),
        ("POST /groups/{id}/user/bulk", format!("/groups/{SALES}/user/bulk"), members),
        ("DELETE /groups/{id}/user/{userId}", format!("/groups/{ENGINEERS}/user/{ANDY}"), Json::Null),
        ("POST /groups/{id}/roles", format!("/groups/{ENGINEERS}/roles"), json!({ "roleId": MEMBER })),
        ("DELETE /groups/{id}/roles/{roleId}", format!("/groups/{ENGINEERS}/roles/{FREE_ROLE}"), Json::Null),
        ("POST /groups/{id}/groups", format!("/groups/{SALES}/groups"), json!({ "groupId": ENGINEERS })),
        ("DELETE /groups/{id}/groups/{memberGroupId}", format!("/groups/{ENGINEERS}/groups/{FREE_GROUP}"), Json::Null),
        ("POST /user-tenants/{id}/user-level-permissions", permissions.clone(), permission),
        ("PATCH /user-tenants/{id}/user-level-permissions", permissions.clone(), json!({ "allowed": false })),
        ("DELETE /user-tenants/{id}/user-level-permissions", permissions, Json::Null),
        ("POST /user-tenant-prefs", "/user-tenant-prefs".to_owned(), setting("new")),
        ("POST /user-tenant-prefs", "/user-tenant-prefs".to_owned(), setting("theme")),
        ("DELETE /user-tenant-prefs/{id}", format!("/user-tenant-prefs/{PREFERENCE}"), Json::Null),
        ("DELETE /user-tenant-prefs/{id}/hard", format!("/user-tenant-prefs/{PREFERENCE}/hard"), Json::Null),
        (
            "POST /tenants/{id}/invitations",
            format!("/tenants/{A}/invitations"),
            json!({ "invitations": [{ "address": "new@a.example", "roleId": MEMBER, "groupIds": [SALES] }] }),
        ),
        (
            "DELETE /tenants/{id}/invitations/{invitationId}",
            format!("/tenants/{A}/invitations/{INVITATION}"),
            Json::Null,
        ),
        (
            "POST /tenants/{id}/invitations/{invitationId}/resend",
            format!("/tenants/{A}/invitations/{INVITATION}/resend"),
            Json::Null,
        ),
        (
            "POST /invitations/{token}/accept",
            format!("/invitations/{TOKEN}/accept"),
            json!({ "profile": { "firstName": "Gus" }, "password": "five grey cats asleep" }),
        ),
        ("POST /invitations/{token}/accept", format!("/invitations/{TOKEN}/accept"), Json::Null),
        ("POST /invitations/{token}/decline", format!("/invitations/{TOKEN}/decline"), Json::Null),
        ("POST /user-callback", "/user-callback".to_owned(), provisioning(&json!({}))),
        ("POST /tenants/provision", "/tenants/provision".to_owned(), everything(&json!({}))),
        ("POST /tenants/provision", "/tenants/provision".to_owned(), everything(&known)),
        ("POST /tenants/{id}/activate", format!("/tenants/{B}/activate"), Json::Null),
        ("POST /tenants/{id}/suspend", format!("/tenants/{B}/suspend"), Json::Null),
        ("POST /tenants/{id}/archive", format!("/tenants/{B}/archive"), Json::Null),
        ("POST /tenants/{id}/restore", format!("/tenants/{B}/restore"), Json::Null),
        ("POST /tenants/{id}/purge", format!("/tenants/{B}/purge"), json!({ "confirm": "tenant-b" })),
        ("PATCH /tenants/{id}/limits", format!("/tenants/{B}/limits"), json!({ "maxMembers": 9 })),
        ("POST /tenants/{id}/users/{userId}/activate", format!("/tenants/{A}/users/{ANDY}/activate"), Json::Null),
        ("POST /tenants/{id}/users/{userId}/suspend", format!("/tenants/{A}/users/{ANDY}/suspend"), Json::Null),
        ("POST /tenants/{id}/users/{userId}/reactivate", format!("/tenants/{A}/users/{ANDY}/reactivate"), Json::Null),
        ("POST /users/{id}/deactivate", format!("/users/{ANDY}/deactivate"), Json::Null),
        (
            "PUT /users/{id}/password",
            format!("/users/{ALICE}/password"),
            json!({ "currentPassword": TYPED, "password": "four random words again" }),
        ),
        (
            "POST /tenants/{id}/users/{userId}/password-reset",
            format!("/tenants/{A}/users/{ANDY}/password-reset"),
            json!({ "delivery": "answer" }),
        ),
        (
            "POST /tenants/{id}/users/{userId}/password-reset",
            format!("/tenants/{A}/users/{ANDY}/password-reset"),
            json!({ "delivery": "mail" }),
        ),
        (
            "POST /credentials/verify",
            "/credentials/verify".to_owned(),
            json!({ "username": "alice", "password": TYPED }),
        ),
        (
            "POST /password-resets/{token}",
            "/password-resets/token".to_owned(),
            json!({ "password": "four random words again" }),
        ),
        ("POST /users/{id}/reactivate", format!("/users/{ANDY}/reactivate"), Json::Null),
        ("POST /role-templates", "/role-templates".to_owned(), json!({ "name": "new", "permissions": ["ViewTenant"] })),
        ("DELETE /role-templates/{name}", "/role-templates/viewer".to_owned(), Json::Null),
        (
            "POST /role-templates/{name}/apply",
            "/role-templates/administrator/apply".to_owned(),
            json!({ "tenantIds": [B], "create": true }),
        ),
    ];
    let own = [
        ("POST /clients", "/clients".to_owned(), json!({ "clientId": "new" })),
        ("POST /clients/{id}/rotate", "/clients/3000003/rotate".to_owned(), Json::Null),
        ("DELETE /clients/{id}", "/clients/3000003".to_owned(), Json::Null),
        ("PUT /users/{id}/clients", format!("/users/{ANDY}/clients"), json!({ "clients": ["web", "mobile"] })),
        ("POST /user/{id}/tenants/{tenantId}/accept", format!("/user/{ALICE}/tenants/{A}/accept"), Json::Null),
        ("PUT /user/{id}/default-tenant", format!("/user/{ALICE}/default-tenant"), json!({ "tenantId": A })),
    ];
    let writes = writes.into_iter().chain(own);
    writes.map(|(name, path, body)| (name.to_owned(), path, body)).collect()
}

on_both!(h34_a_write_that_is_interrupted_leaves_nothing);
fn h34_a_write_that_is_interrupted_leaves_nothing(scene: &Scene) {
    let writes = writes();
    let document = json(&Request::new(scene.address, "GET /openapi.json").send());
    let operations: Vec<_> =
        operation::all(&document).into_iter().filter(|operation| !operation.only_reads()).collect();
    let names: BTreeSet<String> = operations.iter().map(|operation| operation.name.clone()).collect();
    assert_eq!(writes.iter().map(|(name, ..)| name.clone()).collect::<BTreeSet<_>>(), names);

    let mut deepest = 0;
    for (name, path, body) in &writes {
        let given =
            operations.iter().find(|operation| operation.name == *name).map_or("", |operation| operation.given());
        scene.database.run(given);
        let before = scene.database.tables();
        let method = name.split(' ').next().expect("a method");
        for statement in 1.. {
            std::thread::sleep(Duration::from_millis(2)); // A callback of the same millisecond is a replay.
            scene.interruption.at(statement);
            let answer = scene.request(method, path, body).send();
            let came = scene.interruption.came();
            scene.interruption.at(usize::MAX);
            let what = format!("{name}, interrupted at statement {statement}: {}", text(&answer));
            if !came {
                assert!(answer.status < 300, "{what}");
                assert!(statement > 1, "a write has a statement and a commit: {what}");
                assert!(scene.database.tables() != before, "{what}");
                deepest = deepest.max(statement - 1);
                scene.restore();
                break;
            }
            assert_eq!((answer.status, answer.header("retry-after")), (503, "1"), "{what}");
            assert_eq!(bad_refusal(&answer), None, "{what}");
            assert!(scene.database.tables() == before, "{what}");
        }
    }
    assert!(deepest >= 9, "the callback alone writes six rows: {deepest}");
}

on_both!(a_provisioning_that_is_interrupted_is_carried_out_once_by_its_key);
fn a_provisioning_that_is_interrupted_is_carried_out_once_by_its_key(scene: &Scene) {
    let before = scene.database.tables();
    let request = scene.request("POST", "/tenants/provision", &everything(&json!({})));
    let request = request.header("idempotency-key", "\"of-may\"");
    let mut statement = 0;
    let made = loop {
        statement += 1;
        scene.interruption.at(statement);
        let answer = request.send();
        let came = scene.interruption.came();
        scene.interruption.at(usize::MAX);
        if !came {
            break answer;
        }
        assert_eq!(answer.status, 503, "interrupted at statement {statement}: {}", text(&answer));
        assert!(scene.database.tables() == before, "interrupted at statement {statement}");
    };
    assert!(made.status == 201 && statement > 9, "{statement}: {}", text(&made));
    let after = scene.database.tables();
    let again = request.send();
    assert_eq!((again.status, text(&again), again.header("idempotency-replayed")), (201, text(&made), "true"));
    assert!(after != before && scene.database.tables() == after);
}
