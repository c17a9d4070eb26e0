//! The library in somebody's program: mounted under a prefix, and its repositories without HTTP.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use secrecy::ExposeSecret as _;
use time::OffsetDateTime;
use user_tenant_service::model::{
    AuthClient, Group, PersonState, Role, Tenant, TenantState, TenantStatus, User, UserStatus, UserTenant,
};
use user_tenant_service::store::Entity;
use user_tenant_service::store::filter::Predicate;
use user_tenant_service::store::record::{New, Record};
use user_tenant_service::store::session::{DatabaseOptions, PostgresOptions, SqliteOptions};
use user_tenant_service::{
    Application, BuildError, EffectiveSource, ErrorCode, EventPage, EventQuery, Invited, Invitee, InviteeRole,
    JobQuery, MemberStep, Outcome, PermissionQuestion, PersonStep, Provision, RoleTemplateVersion, TenantLimits,
    TenantStep, UserTenantService, Verifier,
};
use uuid::Uuid;

use crate::program::Workplace;
use crate::request::{Request, json, text};
use crate::support::fixture::Database;

const SECRET: &str = "a secret of the library tests, long enough";

/// An example that serves, and ends with the test.
struct Example {
    process: Child,
    output: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Example {
    /// Starts it with its data in the workplace, and waits until it says where it listens.
    fn start(name: &str, workplace: &Workplace) -> Self {
        let mut process = Command::new(example(name))
            .env_clear()
            .envs([("JWT_SECRET", SECRET), ("PORT", "0"), ("USER_TENANT_SHOW_TOKEN", "true")])
            .env("DATA_DIR", workplace.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the example can be started");
        let mut output = BufReader::new(process.stdout.take().expect("its output is read"));
        let mut line = String::new();
        output.read_line(&mut line).expect("it says something");
        let address = line.trim().rsplit('/').next().expect("a last part").parse();
        let address = address.unwrap_or_else(|error| panic!("{name} says {line:?}: {error}"));
        Self { process, output, address }
    }

    /// The next line that it prints which holds this text.
    fn line_with(&mut self, text: &str) -> String {
        let lines = self.output.by_ref().lines().map(|line| line.expect("it prints text"));
        lines.into_iter().find(|line| line.contains(text)).unwrap_or_else(|| panic!("it does not print {text}"))
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An example, beside the program. Cargo has built it with all tests, but not where only this test was asked for.
fn example(name: &str) -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_user-tenant-service"));
    let directory = program.parent().expect("the program lies in a directory");
    let profile = directory.file_name().and_then(|name| name.to_str()).expect("the directory is a profile's");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline", "--workspace", "--example", name])
        .args(["--profile", if profile == "debug" { "dev" } else { profile }])
        .arg("--target-dir")
        .arg(directory.parent().expect("a profile's directory lies in one of cargo's"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo can be started");
    assert!(built.success(), "the example {name} does not build");
    directory.join("examples").join(name)
}

#[test]
fn the_example_mounts_the_service_under_a_prefix() {
    let workplace = Workplace::with(&[("JWT_SECRET", SECRET), ("JWT_VERIFIER", "secret")]);
    let mounted = Example::start("mount", &workplace);
    let address = mounted.address;
    let database = format!("sqlite:{}", workplace.path().join("mount.db").display());
    workplace.ok(&["bootstrap", "--database-url", &database]);
    let token = workplace.ok(&["token", "--database-url", &database]);

    let listed = Request::new(address, "GET /user-tenants/tenants").bearer(token.trim()).send();
    assert_eq!(listed.status, 200, "{}", text(&listed));
    assert_eq!(json(&listed)[0]["key"], "default");
    let trailing = Request::new(address, "GET /user-tenants//tenants/count/").bearer(token.trim()).send();
    assert_eq!(json(&trailing)["count"], 1);
    let own = Request::new(address, "GET /").send();
    assert_eq!(json(&own)["tenants"], 1);
    assert_eq!(Request::new(address, "GET /user-tenants/openapi.json").send().status, 200);
    assert_eq!(Request::new(address, "GET /user-tenants/explorer/").send().status, 200);
    assert_eq!(Request::new(address, "GET /tenants").bearer(token.trim()).send().status, 404);
}

#[test]
fn the_example_opens_a_route_with_a_permission_of_its_own() {
    let workplace = Workplace::with(&[("JWT_SECRET", SECRET)]);
    let mut example = Example::start("custom_permission", &workplace);
    let token = example.line_with("eyJ");
    let address = example.address;
    let send = |line: &str, token: &str| Request::new(address, line).bearer(token).send();
    let greeting = send("GET /greeting", &token);
    assert_eq!((greeting.status, &json(&greeting)["members"]), (200, &1.into()), "{}", text(&greeting));
    assert_eq!(greeting.header("x-application"), "custom_permission");
    assert!(!greeting.header("x-request-id").is_empty(), "the route is within our layers");

    // Without the permission, and without a token, it is as our own routes are.
    let data = workplace.path().display().to_string();
    let only = ["--permission", "ViewTenant", "--permission", "CreateRoles"];
    let other = workplace.ok(&[&["token", "--data-dir", &data], &only[..]].concat());
    let refused = send("GET /greeting", other.trim());
    assert_eq!((refused.status, &json(&refused)["error"]["message"]), (403, &"NotAllowedAccess".into()));
    assert_eq!(Request::new(address, "GET /greeting").send().status, 401);
    let metrics = text(&Request::new(address, "GET /metrics").send());
    assert!(metrics.contains(r#"permission_refusals_total{permission="GreetMembers"} 1"#), "{metrics}");

    // Whoever holds it can give it in a role, and nobody else.
    let claims = send("GET /tenants", &token);
    let roles = format!("POST /tenants/{}/roles", json(&claims)[0]["id"].as_str().unwrap());
    let role = serde_json::json!({ "name": "greeter", "permissions": ["GreetMembers"] });
    assert_eq!(Request::new(address, &roles).bearer(other.trim()).json(&role).send().status, 403);
    assert_eq!(Request::new(address, &roles).bearer(&token).json(&role).send().status, 200);
    // Of what was committed the application has heard, and of nothing else.
    example.process.kill().unwrap();
    let mut heard = String::new();
    example.process.stderr.take().unwrap().read_to_string(&mut heard).unwrap();
    let heard: Vec<&str> = heard.lines().filter(|line| line.contains(" in tenant ")).collect();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(heard[0].starts_with("TenantRoleController.create "), "{heard:?}");
}

#[test]
fn the_example_verifies_tokens_in_its_own_way() {
    let workplace = Workplace::with(&[]);
    for _ in 0..2 {
        let example = Example::start("own_verifier", &workplace);
        let send = |token: &str| Request::new(example.address, "GET /tenants").bearer(token).send();
        let listed = send("key-of-a-machine");
        assert_eq!((listed.status, &json(&listed)[0]["key"]), (200, &"factory".into()), "{}", text(&listed));
        let refused = send("another-key");
        assert_eq!((refused.status, &json(&refused)["error"]["message"]["message"]), (401, &"TokenExpired".into()));
    }
}

#[test]
fn the_example_works_without_http() {
    let workplace = Workplace::with(&[]);
    for _ in 0..2 {
        let run = Command::new(example("embedded")).env_clear().env("DATA_DIR", workplace.path()).output().unwrap();
        assert!(run.status.success(), "{run:?}");
        let lines = "bakery: master, apprentice of the bakery\nbrewery: master, apprentice of the brewery\n";
        assert_eq!(String::from_utf8_lossy(&run.stdout), lines);
    }
}

fn id(record: &Record) -> Uuid {
    record.id().expect("a new row has an id")
}

/// The life of a tenant, of its member and of the person.
async fn steps_are_taken(service: &UserTenantService, tenant: Uuid, user: Uuid) {
    let step = async |step| service.step_tenant(tenant, step, Some("a test")).await;
    assert_eq!(step(TenantStep::Activate).await.unwrap(), TenantState::Active);
    assert_eq!(step(TenantStep::Archive).await.unwrap(), TenantState::Archived);
    assert_eq!(step(TenantStep::Activate).await.unwrap_err().code(), ErrorCode::NoTransition);
    assert_eq!(step(TenantStep::Restore).await.unwrap(), TenantState::Active);
    assert_eq!(step(TenantStep::Suspend).await.unwrap(), TenantState::Suspended);
    let step = async |step| service.step_member(tenant, user, step, None).await;
    assert_eq!(step(MemberStep::Suspend).await.unwrap(), UserStatus::Inactive);
    service.limit_tenant(tenant, TenantLimits { max_members: Some(0), ..TenantLimits::default() }).await.unwrap();
    assert_eq!(step(MemberStep::Reactivate).await.unwrap_err().code(), ErrorCode::QuotaExceeded);
    service.limit_tenant(tenant, TenantLimits::default()).await.unwrap();
    assert_eq!(step(MemberStep::Reactivate).await.unwrap(), UserStatus::PasswordChangeNeeded);
    let step = async |step| service.step_person(user, step, None).await;
    assert_eq!(step(PersonStep::Deactivate).await.unwrap(), PersonState::Deactivated);
    assert_eq!(step(PersonStep::Reactivate).await.unwrap(), PersonState::Active);
}

async fn people_are_invited(service: &UserTenantService, tenant: Uuid, role: Uuid) {
    let ben = Invitee::new("ben@acme.example", InviteeRole::Id(role.to_string()));
    let invited = service.invite(tenant, vec![ben], Some(1), None).await.unwrap().pop();
    let Some(Invited::Invited { id, expires_on, link: Some(link) }) = invited else { panic!("Ben is not invited") };
    let again = service.resend_invitation(tenant, id, None, Some("They lost the mail")).await.unwrap();
    let Invited::Invited { id: same, expires_on: later, link: Some(other) } = again else { panic!("no link") };
    assert!(same == id && later > expires_on && other != link, "it lasts longer, and has another link");
    service.revoke_invitation(tenant, id, None).await.unwrap();
    let over = service.resend_invitation(tenant, id, None, None).await.err().map(|error| error.code());
    assert_eq!(over, Some(ErrorCode::InvitationRevoked));
    let unknown = service.resend_invitation(tenant, Uuid::nil(), None, None).await.err().map(|error| error.code());
    assert_eq!(unknown, Some(ErrorCode::NotFound));
}

/// Client applications, and what a person says of their memberships.
async fn people_log_in(service: &UserTenantService, tenant: Uuid, user: Uuid) {
    let web = || New::empty().with(AuthClient::CLIENT_ID, "library-web").unwrap();
    let made = service.create_client(web()).await.unwrap();
    assert_eq!(service.create_client(web()).await.unwrap_err().code(), ErrorCode::Taken);
    service.allow_clients(user, &["library-web"]).await.unwrap();
    assert_eq!(service.allow_clients(user, &["none"]).await.unwrap_err().code(), ErrorCode::RelatedNotFound);
    assert_eq!(service.remove_client(made.id).await.unwrap_err().code(), ErrorCode::StillReferenced);
    let rotated = service.rotate_client(made.id).await.unwrap();
    assert!(rotated.id == made.id && rotated.client_secret.expose_secret() != made.client_secret.expose_secret());
    service.allow_clients(user, &[]).await.unwrap();
    service.remove_client(made.id).await.unwrap();
    assert_eq!(service.rotate_client(made.id).await.unwrap_err().code(), ErrorCode::NotFound);
    let suspended = service.accept_membership(user, tenant).await.unwrap_err().code();
    assert_eq!(suspended, ErrorCode::TenantNotActive);
    service.step_tenant(tenant, TenantStep::Activate, None).await.unwrap();
    service.accept_membership(user, tenant).await.unwrap();
    service.set_default_tenant(user, tenant).await.unwrap();
    let nowhere = service.set_default_tenant(user, Uuid::nil()).await.unwrap_err().code();
    assert_eq!(nowhere, ErrorCode::RelatedNotFound);
    service.step_tenant(tenant, TenantStep::Suspend, None).await.unwrap();
}

/// A tenant with all that it begins with.
async fn a_tenant_is_provisioned(service: &UserTenantService) {
    let tenant = || New::empty().with(Tenant::NAME, "Globex").unwrap().with(Tenant::KEY, " Globex ").unwrap();
    let person =
        || New::empty().with(User::FIRST_NAME, "Gus").unwrap().with(User::EMAIL, "Gus@globex.example").unwrap();
    let group = New::empty().with(Group::NAME, "Night shift").unwrap();
    let wanted = Provision { groups: vec![group], client: Some(New::empty()), ..Provision::new(tenant(), person()) };
    let made = service.provision(wanted, Some("a test")).await.unwrap();
    assert_eq!((made.key.as_str(), made.state, made.is_new), ("globex", TenantState::Active, true));
    assert_eq!((made.roles.len(), made.groups.len(), made.configs.len()), (4, 1, 0));
    let client = made.client.unwrap();
    assert_eq!((client.client_id.as_str(), client.client_secret.expose_secret().len()), ("globex", 43));
    assert!(!format!("{:?}", client.client_secret).contains(client.client_secret.expose_secret()));
    let refused = async |wanted| service.provision(wanted, None).await.unwrap_err().code();
    assert_eq!(refused(Provision::new(tenant(), person())).await, ErrorCode::Taken);
    let status = i32::from(TenantStatus::Inactive);
    let suspended = Provision::new(tenant().with(Tenant::STATUS, status).unwrap(), person());
    assert_eq!(refused(suspended).await, ErrorCode::ValidationFailed);
    let keyless = Provision::new(New::empty().with(Tenant::NAME, "N").unwrap(), person());
    assert_eq!(refused(keyless).await, ErrorCode::ValidationFailed);
    let unknown = Provision { template: "none".to_owned(), ..Provision::new(tenant(), person()) };
    assert_eq!(refused(unknown).await, ErrorCode::UnknownTemplate);
    let read = service.read();
    assert_eq!(read.repository::<Tenant>().count(Some(&Tenant::KEY.is("globex"))).await.unwrap(), 1);
    assert_eq!(read.repository::<UserTenant>().count(Some(&UserTenant::TENANT_ID.is(made.tenant))).await.unwrap(), 1);
}

/// A template is saved, and given to a tenant.
async fn templates_are_given(service: &UserTenantService, tenant: Uuid) {
    let baker = |permissions: &[&str]| RoleTemplateVersion {
        name: "baker".to_owned(),
        permissions: permissions.iter().map(|&name| name.to_owned()).collect(),
        ..RoleTemplateVersion::default()
    };
    assert_eq!(service.save_role_template(baker(&["17", "UseOven"])).await.unwrap().version, 1);
    let unknown = service.save_role_template(baker(&["UseOvne"])).await.unwrap_err();
    assert_eq!(unknown.code(), ErrorCode::UnknownPermission);
    let apply = async |how| service.apply_role_template("Baker", tenant, how, Some("New ovens")).await;
    assert_eq!(apply(Application::default()).await.unwrap(), []);
    let create = Application { create: true, ..Application::default() };
    let made = apply(create).await.unwrap();
    assert_eq!((made[0].outcome, made[0].added.len()), (Outcome::Created, 2));
    assert_eq!(service.save_role_template(baker(&["ViewTenant"])).await.unwrap().version, 2);
    let given = apply(create).await.unwrap();
    assert_eq!((given[0].outcome, &given[0].removed), (Outcome::Applied, &vec!["UseOven".to_owned()]));
    let names: Vec<_> = service.role_templates().await.unwrap().into_iter().map(|template| template.name).collect();
    assert_eq!(names, ["administrator", "baker", "member", "owner", "viewer"]);
    service.retire_role_template("baker").await.unwrap();
    assert_eq!(apply(create).await.unwrap_err().code(), ErrorCode::UnknownTemplate);
    assert_eq!(service.retire_role_template("butcher").await.unwrap_err().code(), ErrorCode::NotFound);
}

/// What groups carry and hold.
async fn groups_give(service: &UserTenantService, tenant: Uuid, role: Uuid) {
    let session = service.write().await.unwrap();
    let mut groups = Vec::new();
    for name in ["engineers", "staff"] {
        let group = New::<Group>::empty().with(Group::NAME, name).unwrap().with(Group::TENANT_ID, tenant).unwrap();
        groups.push(id(&session.repository().create(group).await.unwrap()));
    }
    session.commit(()).await.unwrap().into_inner();
    let [engineers, staff] = groups[..] else { unreachable!("there are two") };
    service.give_role_to_group(tenant, staff, role).await.unwrap();
    let twice = service.give_role_to_group(tenant, staff, role).await;
    assert_eq!(twice.unwrap_err().code(), ErrorCode::Taken);
    service.put_group_into(tenant, engineers, staff).await.unwrap();
    let cycle = service.put_group_into(tenant, staff, engineers).await;
    assert_eq!(cycle.unwrap_err().code(), ErrorCode::GroupCycle);
    service.take_group_out_of(tenant, engineers, staff).await.unwrap();
    service.take_role_from_group(tenant, staff, role).await.unwrap();
    let gone = service.take_role_from_group(tenant, staff, role).await;
    assert_eq!(gone.unwrap_err().code(), ErrorCode::NotFound);
}

/// What a member may do, what happened, what differs, and what is to be done.
async fn questions_are_answered(service: &UserTenantService, tenant: Uuid, membership: Uuid, role: Uuid) {
    service.step_tenant(tenant, TenantStep::Activate, Some("They are back")).await.unwrap();
    let held = service.effective_permissions(membership).await.unwrap().unwrap();
    let granted: Vec<_> = held.permissions.iter().map(|one| (one.permission.as_str(), one.granted)).collect();
    assert_eq!((held.active, granted), (true, vec![("ViewTenant", true)]));
    assert_eq!(held.permissions[0].sources, [EffectiveSource::Role { id: role }]);
    assert_eq!(service.effective_permissions(tenant).await.unwrap(), None);
    let asked = [(membership, "17"), (membership, "DeleteTenant"), (tenant, "17")];
    let asked =
        asked.map(|(membership, permission)| PermissionQuestion { membership, permission: permission.to_owned() });
    assert_eq!(service.check_permissions(asked.to_vec()).await.unwrap(), [true, false, false]);

    let all = service.events(EventQuery::default()).await.unwrap();
    let types = vec!["tenant.activated".to_owned()];
    let of_tenant = EventQuery { tenant: Some(tenant), types, ..EventQuery::default() };
    let found = service.events(of_tenant.clone()).await.unwrap();
    let last = found.events.last().unwrap();
    assert_eq!((last.tenant_id, last.reason.as_deref()), (Some(tenant), Some("They are back")));
    assert!(all.events.len() > found.events.len() && found.next >= last.position);
    let behind = EventQuery { behind: found.next, ..of_tenant.clone() };
    assert_eq!(
        service.events(behind.clone()).await.unwrap(),
        EventPage { events: vec![], next: found.next, more: false }
    );
    for wrong in
        [EventQuery { types: vec!["tenant.eaten".to_owned()], ..of_tenant }, EventQuery { behind: i64::MAX, ..behind }]
    {
        assert_eq!(service.events(wrong).await.unwrap_err().code(), ErrorCode::InvalidParameter);
    }

    let (differences, next) = service.role_template_differences("viewer", None, 10).await.unwrap();
    assert_eq!((differences, next), (vec![], None));
    let unknown = service.role_template_differences("butcher", None, 10).await.unwrap_err();
    assert_eq!(unknown.code(), ErrorCode::UnknownTemplate);
    assert!(service.jobs(JobQuery::default()).await.unwrap().is_empty());
    assert_eq!(service.retry_job(tenant).await.unwrap_err().code(), ErrorCode::NotFound);
}

async fn repositories_work_without_http(database: DatabaseOptions) {
    let twice = UserTenantService::builder(database.clone()).permissions(&["UseOven", "UseOven"]);
    let twice = twice.verifier(Verifier::Secret { secret: SECRET.into(), issuer: None }).build().await;
    assert!(matches!(twice, Err(BuildError::Options(why)) if why.to_string().contains("is there twice")));
    let service = UserTenantService::builder(database)
        .permissions(&[("UseOven", "Use the oven")])
        .verifier(Verifier::Secret { secret: SECRET.into(), issuer: None })
        .migrate(true)
        .build()
        .await
        .unwrap();
    let session = service.write().await.unwrap();
    let tenant = New::<Tenant>::empty().with(Tenant::NAME, "Acme").unwrap().with(Tenant::KEY, "acme").unwrap();
    let tenant = tenant.with(Tenant::STATUS, i32::from(TenantStatus::Inactive)).unwrap();
    let tenant = id(&session.repository().create(tenant).await.unwrap());
    let role = New::<Role>::empty().with(Role::NAME, "reader").unwrap().with(Role::TENANT_ID, tenant).unwrap();
    let role = role.with(Role::PERMISSIONS, vec!["ViewTenant".to_owned()]).unwrap();
    let role = id(&session.repository().create(role).await.unwrap());
    let user = New::<User>::empty().with(User::USERNAME, "ann").unwrap().with(User::FIRST_NAME, "Ann").unwrap();
    let user = user.with(User::EMAIL, "ann@acme.example").unwrap().with(User::DEFAULT_TENANT_ID, tenant).unwrap();
    let user = id(&session.repository().create(user).await.unwrap());
    let membership = New::<UserTenant>::empty()
        .with(UserTenant::USER_ID, user)
        .unwrap()
        .with(UserTenant::TENANT_ID, tenant)
        .unwrap();
    let membership = membership
        .with(UserTenant::ROLE_ID, role)
        .unwrap()
        .with(UserTenant::STATUS, i32::from(UserStatus::PasswordChangeNeeded))
        .unwrap();
    let membership = id(&session.repository().create(membership).await.unwrap());

    // Nothing is seen before the commit, everything after it.
    assert!(service.read().repository::<Tenant>().get(tenant).await.unwrap().is_none());
    session.commit(()).await.unwrap().into_inner();
    let read = service.read();
    let tenant_row: Tenant = read.repository().get(tenant).await.unwrap().unwrap();
    assert_eq!((tenant_row.key.as_str(), tenant_row.status), ("acme", 0));
    let by_user = Predicate::equals(UserTenant::meta().property("userId").unwrap(), user.into());
    let found: Vec<UserTenant> = read.repository().find_typed(by_user).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].id, found[0].tenant_id, found[0].role_id), (membership, tenant, role));
    assert_eq!(found[0].status, 3);

    steps_are_taken(&service, tenant, user).await;
    people_log_in(&service, tenant, user).await;
    a_tenant_is_provisioned(&service).await;
    templates_are_given(&service, tenant).await;
    groups_give(&service, tenant, role).await;
    questions_are_answered(&service, tenant, membership, role).await;
    people_are_invited(&service, tenant, role).await;

    let until = service.mail_password_reset(tenant, user, None).await.unwrap();
    assert!(until > OffsetDateTime::now_utc() + Duration::from_hours(23));
    let nobody = service.mail_password_reset(tenant, Uuid::nil(), None).await.unwrap_err().code();
    assert_eq!(nobody, ErrorCode::NotFound);
    assert_eq!(service.jobs(JobQuery::default()).await.unwrap()[0].kind, "mails.send");

    // A session that is dropped has written nothing.
    let dropped = service.write().await.unwrap();
    dropped.repository::<Tenant>().delete_by_id(tenant).await.unwrap();
    drop(dropped);
    assert!(read.repository::<Tenant>().exists(tenant).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn repositories_work_without_http_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("library.db");
    repositories_work_without_http(DatabaseOptions::Sqlite(SqliteOptions::new(file))).await;
}

#[test]
fn repositories_work_without_http_on_postgres() {
    let database = Database::postgres();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(repositories_work_without_http(DatabaseOptions::Postgres(PostgresOptions::new(database.url()))));
}
