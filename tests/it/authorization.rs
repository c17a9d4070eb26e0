//! Who may call what, for every operation of `/openapi.json`: a new route is covered without writing a test.
//!
//! An operation without permissions must stand in [`PUBLIC`]; one with a path parameter that
//! [`operation`] does not know fails with the name of the table to extend.

pub(crate) mod operation;

use serde_json::{Value as Json, json};

use self::operation::{Operation, Target};
use crate::request::{Request, json, text};
use crate::support::fixture::Database;
use crate::support::http::Answer;
use crate::world::{World, on_both};

/// Operations that nobody needs a token for.
const PUBLIC: &[&str] = &[
    "POST /password-resets/{token}",
    "POST /user-callback",
    "GET /invitations/{token}",
    "POST /invitations/{token}/accept",
    "POST /invitations/{token}/decline",
];

/// What makes Alice, the caller of all profiles, no longer active; runs on both databases.
const NOT_LIVE: &[(&str, &str, &str)] = &[
    (
        "membership inactive",
        "MEMBERSHIP_SUSPENDED",
        "UPDATE main.user_tenants SET status = 2 WHERE id = 'a0000000-0000-4000-8000-000000000031'",
    ),
    (
        "membership rejected",
        "MEMBERSHIP_REJECTED",
        "UPDATE main.user_tenants SET status = 4 WHERE id = 'a0000000-0000-4000-8000-000000000031'",
    ),
    (
        "membership of an unknown status",
        "CALLER_NOT_ACTIVE",
        "UPDATE main.user_tenants SET status = 11 WHERE id = 'a0000000-0000-4000-8000-000000000031'",
    ),
    (
        "membership deleted",
        "CALLER_NOT_ACTIVE",
        "UPDATE main.user_tenants SET deleted = true WHERE id = 'a0000000-0000-4000-8000-000000000031'",
    ),
    (
        "membership of somebody else",
        "CALLER_NOT_ACTIVE",
        "UPDATE main.user_tenants SET user_id = 'e0000000-0000-4000-8000-000000000022' WHERE id = 'a0000000-0000-4000-8000-000000000031'",
    ),
    (
        "user deactivated",
        "USER_DEACTIVATED",
        "UPDATE main.users SET deactivated_on = '2024-01-02T03:04:05.678Z' WHERE id = 'a0000000-0000-4000-8000-000000000021'",
    ),
    (
        "user deleted",
        "CALLER_NOT_ACTIVE",
        "UPDATE main.users SET deleted = true WHERE id = 'a0000000-0000-4000-8000-000000000021'",
    ),
    (
        "tenant inactive",
        "TENANT_SUSPENDED",
        "UPDATE main.tenants SET status = 0 WHERE id = 'a0000000-0000-4000-8000-000000000001'",
    ),
    (
        "tenant pending",
        "TENANT_PENDING",
        "UPDATE main.tenants SET status = 2 WHERE id = 'a0000000-0000-4000-8000-000000000001'",
    ),
    (
        "tenant archived",
        "TENANT_ARCHIVED",
        "UPDATE main.tenants SET archived_on = '2024-01-02T03:04:05.678Z' WHERE id = 'a0000000-0000-4000-8000-000000000001'",
    ),
    (
        "tenant deleted",
        "CALLER_NOT_ACTIVE",
        "UPDATE main.tenants SET deleted = true WHERE id = 'a0000000-0000-4000-8000-000000000001'",
    ),
];

/// Tokens that are genuine and name nobody active.
const NOBODY: &[&str] = &[
    "deleted_user",
    "ghost_user",
    "inactive_tenant",
    "deleted_tenant",
    "malformed_ids",
    "no_tenant",
    "no_usertenant",
    "no_id",
];

/// Tokens that do not verify.
const FORGED: &[&str] = &[
    "garbage",
    "tampered",
    "rogue_sig",
    "expired",
    "no_exp",
    "nbf_future",
    "wrong_iss",
    "no_iss",
    "unknown_kid",
    "alg_none",
    "alg_confusion",
    "alg_rs512",
    "hs256_secret",
];

/// The operations of the document.
fn operations(world: &World) -> Vec<Operation> {
    let operations = operation::all(&json(&world.request("GET /openapi.json").send()));
    assert!(operations.len() >= 9, "the document lists the operations");
    operations
}

/// Those that ask for a permission.
fn secured(world: &World) -> Vec<Operation> {
    let mut operations = operations(world);
    operations.retain(|operation| !PUBLIC.contains(&operation.name.as_str()));
    operations
}

/// A service that leaves work in the background to others: what a request has begun stays where the next one looks for it.
pub(crate) const IDLE: &[(&str, &str)] = &[("JOBS_INTERVAL_MILLISECONDS", "0")];

/// When the fixture's rows were made.
const MADE: &str = "2024-01-02T03:04:05.678Z";

/// The fixture, a role and a group of either tenant that can be given and deleted, and in tenant A a member whom everybody may change,
/// since the member holds nothing. Alice is
/// bound to no client application.
pub(crate) fn prepare(world: &World) {
    world.database.restore();
    world.run(
        "UPDATE main.user_tenants SET role_id = 'a0000000-0000-4000-8000-000000000013'
             WHERE id = 'a0000000-0000-4000-8000-000000000032';
         UPDATE main.roles SET allowed_clients = NULL WHERE id = 'a0000000-0000-4000-8000-000000000011';
         UPDATE main.user_permissions SET allowed = false
             WHERE user_tenant_id = 'a0000000-0000-4000-8000-000000000032'",
    );
    for id in [3_000_003, 3_000_004] {
        world.run(&format!(
            "INSERT INTO main.auth_clients (id, client_id, client_secret, secret, created_on, modified_on)
             VALUES ({id}, 'free-{id}', 'free', 'free', '{MADE}', '{MADE}')"
        ));
    }
    for (role, tenant) in operation::FREE_ROLE.iter().zip(["a", "b"]) {
        world.run(&format!(
            "INSERT INTO main.roles (id, name, tenant_id, created_on, modified_on)
             VALUES ('{role}', 'free', '{tenant}0000000-0000-4000-8000-000000000001', '{MADE}', '{MADE}')"
        ));
    }
    for (group, tenant) in operation::FREE_GROUP.iter().zip(["a", "b"]) {
        world.run(&format!(
            "INSERT INTO main.groups (id, name, tenant_id, created_on, modified_on)
             VALUES ('{group}', 'free', '{tenant}0000000-0000-4000-8000-000000000001', '{MADE}', '{MADE}')"
        ));
    }
    world.run(operation::INVITED);
}

fn request(world: &World, operation: &Operation, target: Target) -> Request {
    operation.request(world.server.address(), target)
}

/// Sends it, and brings the fixture back if it may have changed something.
fn send_and_restore(world: &World, operation: &Operation, request: &Request) -> Answer {
    world.run(operation.given());
    let answer = request.send();
    if !operation.only_reads() {
        prepare(world);
    }
    answer
}

/// A refusal: the body as LoopBack has it, and the code by which problem details tell it.
struct Refusal {
    status: u16,
    body: Json,
    code: &'static str,
}

fn refusal(status: u16, name: &str, message: &Json, code: &'static str) -> Refusal {
    Refusal { status, body: json!({ "error": { "statusCode": status, "name": name, "message": message } }), code }
}

/// Holds an answer against a refusal, in the form of errors that the operation has.
#[track_caller]
fn assert_refused(operation: &Operation, what: &str, answer: &Answer, refusal: &Refusal) {
    let name = &operation.name;
    if operation.tells_problems {
        assert_eq!(answer.header("content-type"), "application/problem+json", "{name} {what}: {}", text(answer));
        let told = json(answer);
        let expected = (answer.status, &json!(refusal.status), &json!(refusal.code));
        assert_eq!((refusal.status, &told["status"], &told["code"]), expected, "{name} {what}: {told}");
    } else {
        let expected = (refusal.status, refusal.body.to_string());
        assert_eq!((answer.status, text(answer)), expected, "{name} {what}");
    }
}

#[test]
fn every_operation_names_its_permissions() {
    let world = World::new(Database::sqlite());
    let operations = operations(&world);
    for operation in &operations {
        let public = PUBLIC.contains(&operation.name.as_str());
        assert_eq!(operation.permissions.is_empty(), public, "{}", operation.name);
        assert_eq!(operation.secured, !public, "{} says so in the document", operation.name);
    }
    for name in PUBLIC {
        assert!(operations.iter().any(|operation| operation.name == *name), "{name} is no operation");
    }
}

on_both!(nobody_gets_in_without_a_genuine_token);
fn nobody_gets_in_without_a_genuine_token(world: &World) {
    let before = world.database.tables();
    let missing = refusal(401, "UnauthorizedError", &json!("Bearer realm=\"Users\""), "UNAUTHENTICATED");
    let expired = refusal(401, "UnauthorizedError", &json!({ "message": "TokenExpired" }), "INVALID_TOKEN");
    let malformed = refusal(401, "UnauthorizedError", &json!(400), "MALFORMED_AUTHORIZATION");
    for operation in &secured(world) {
        let request = request(world, operation, Target::Own);
        let answer = request.send();
        assert_refused(operation, "without a token", &answer, &missing);
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"Users\"");
        for profile in FORGED {
            assert_refused(operation, profile, &request.clone().token(profile).send(), &expired);
        }
        for (header, body) in [("Basic dXNlcjpwYXNz", &missing), ("Bearer", &malformed), ("Bearer a b", &malformed)] {
            let answer = request.clone().header("authorization", header).send();
            assert_refused(operation, header, &answer, body);
        }
    }
    assert_eq!(world.database.tables(), before, "who is refused changes nothing");
}

on_both!(a_token_without_the_permission_is_refused);
fn a_token_without_the_permission_is_refused(world: &World) {
    let before = world.database.tables();
    let refused = refusal(403, "ForbiddenError", &json!("NotAllowedAccess"), "PERMISSION_MISSING");
    for operation in secured(world).iter().filter(|operation| !operation.is_everybodys()) {
        let all_others = format!("allbut:{}", operation.permissions.join(","));
        for profile in ["noperm_a", "no_permissions_claim", "perm_string", "perm_star", &all_others] {
            for target in [Target::Own, Target::Foreign, Target::Unknown] {
                let answer = request(world, operation, target).token(profile).send();
                assert_refused(operation, profile, &answer, &refused);
            }
        }
    }
    assert_eq!(world.database.tables(), before, "who is refused changes nothing");
}

on_both!(what_is_everybodys_needs_no_permission);
fn what_is_everybodys_needs_no_permission(world: &World) {
    prepare(world);
    let operations = secured(world);
    let everybodys: Vec<_> = operations.iter().filter(|operation| operation.is_everybodys()).collect();
    assert_eq!(everybodys.len(), 3, "each must be about the caller alone");
    for operation in everybodys {
        assert!(operation.is_personal() && !operation.for_masters, "{}", operation.name);
        for profile in ["noperm_a", "no_permissions_claim", "perm_string", "perm_star"] {
            let answer = send_and_restore(world, operation, &request(world, operation, Target::Own).token(profile));
            assert!(answer.status < 300, "{} with {profile}: {} {}", operation.name, answer.status, text(&answer));
        }
    }
}

on_both!(each_listed_permission_suffices, IDLE);
fn each_listed_permission_suffices(world: &World) {
    prepare(world);
    for operation in secured(world).iter().filter(|operation| !operation.for_masters) {
        for permission in &operation.permissions {
            let request = request(world, operation, Target::Own).token(&format!("only:{permission}"));
            let answer = send_and_restore(world, operation, &request);
            assert!(answer.status < 300, "{} with {permission}: {} {}", operation.name, answer.status, text(&answer));
        }
    }
}

on_both!(another_tenants_id_is_as_good_as_none);
fn another_tenants_id_is_as_good_as_none(world: &World) {
    let before = world.database.tables();
    for operation in secured(world).iter().filter(|operation| operation.has_path_parameters()) {
        let send = |target| request(world, operation, target).token("admin_a").send();
        let [foreign, unknown, malformed] = [Target::Foreign, Target::Unknown, Target::Malformed].map(|target| {
            let answer = send(target);
            let (name, status) = (&operation.name, operation.refusal_of_foreign());
            assert_eq!(answer.status, status, "{name} of {target:?}: {}", text(&answer));
            operation.ids(target).iter().fold(text(&answer), |answer, id| answer.replace(id, "{id}"))
        });
        assert_eq!(foreign, unknown, "{} tells which ids exist", operation.name);
        assert_eq!(foreign, malformed, "{}", operation.name);
    }
    assert_eq!(world.database.tables(), before, "who is refused changes nothing");
}

on_both!(master_reaches_every_tenant, IDLE);
fn master_reaches_every_tenant(world: &World) {
    prepare(world);
    for operation in &secured(world) {
        let targets = match operation {
            operation if operation.is_personal() => &[Target::Own][..],
            operation if operation.opens_a_tenant() => &[Target::Foreign],
            _ => &[Target::Own, Target::Foreign],
        };
        for target in targets.iter().copied() {
            let request = request(world, operation, target).token("master_a");
            let answer = send_and_restore(world, operation, &request);
            assert!(answer.status < 300, "{} of {target:?}: {} {}", operation.name, answer.status, text(&answer));
        }
        if operation.has_path_parameters() {
            let answer = request(world, operation, Target::Malformed).token("master_a").send();
            assert!([403, 404].contains(&answer.status), "{}: {}", operation.name, answer.status);
        }
    }
}

on_both!(what_is_for_masters_is_refused_to_all_others);
fn what_is_for_masters_is_refused_to_all_others(world: &World) {
    let before = world.database.tables();
    let operations = secured(world);
    let operations: Vec<_> = operations.iter().filter(|operation| operation.for_masters).collect();
    assert!(operations.len() >= 7, "{}", operations.len());
    let mut refused = refusal(403, "ForbiddenError", &json!({ "message": "NotAllowedAccess" }), "MASTER_NEEDED");
    refused.body["error"]["code"] = json!("MASTER_NEEDED");
    for operation in operations {
        for target in [Target::Own, Target::Foreign, Target::Unknown, Target::Malformed] {
            let answer = request(world, operation, target).token("admin_a").send();
            assert_refused(operation, &format!("{target:?}"), &answer, &refused);
        }
    }
    assert_eq!(world.database.tables(), before, "who is refused changes nothing");
}

on_both!(only_a_live_caller_gets_in);
fn only_a_live_caller_gets_in(world: &World) {
    let message = json!({ "message": "TokenExpired" });
    let refuse_all = |state: &str, code: &'static str, profiles: &[&str]| {
        let mut refused = refusal(401, "UnauthorizedError", &message, code);
        refused.body["error"]["code"] = json!(code);
        let before = world.database.tables();
        for operation in &secured(world) {
            for profile in profiles {
                let answer = request(world, operation, Target::Own).token(profile).send();
                assert_refused(operation, &format!("{profile}, {state}"), &answer, &refused);
            }
        }
        assert_eq!(world.database.tables(), before, "who is refused changes nothing");
    };
    refuse_all("everybody active", "CALLER_NOT_ACTIVE", NOBODY);
    for (state, code, sql) in NOT_LIVE {
        world.run(sql);
        refuse_all(state, code, &["admin_a", "master_a", "noperm_a"]);
        world.database.restore();
    }
    for status in [0, 1, 3] {
        world.run(&format!(
            "UPDATE main.user_tenants SET status = {status} WHERE id = 'a0000000-0000-4000-8000-000000000031'"
        ));
        world.run(operation::INVITED);
        for operation in secured(world).iter().filter(|operation| operation.only_reads()) {
            let profile = if operation.for_masters { "master_a" } else { "admin_a" };
            let answer = request(world, operation, Target::Own).token(profile).send();
            assert_eq!(answer.status, 200, "{} with the status {status}", operation.name);
        }
    }
}

#[test]
fn an_expired_password_is_refused_like_an_expired_token() {
    let world = &World::new(Database::sqlite());
    prepare(world);
    let message = json!({ "message": "PasswordExpiryError" });
    let refused = refusal(401, "UnauthorizedError", &message, "PASSWORD_EXPIRED");
    for operation in &secured(world) {
        let request = request(world, operation, Target::Own);
        assert_refused(operation, "", &request.clone().token("password_expired").send(), &refused);
        if operation.for_masters {
            continue;
        }
        let answer = send_and_restore(world, operation, &request.token("password_future"));
        assert!(answer.status < 300, "{}: {}", operation.name, text(&answer));
    }
}
