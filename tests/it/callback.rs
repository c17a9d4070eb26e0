//! `POST /user-callback`: who may provision, that it is all or nothing, and that nothing is provisioned twice.

use serde_json::{Value as Json, json};

use crate::replay::signature::{SECRET, Signature};
use crate::request::{Request, text};
use crate::support::fixture::Database;
use crate::world::{World, on_both};

/// What the service needs to provision.
pub(crate) const SETTINGS: &[(&str, &str)] = &[
    ("USER_CALLBACK_SECRET", SECRET),
    ("ADMIN_USER_TENANT_ID", "99999999-9999-4999-8999-999999999999"),
    ("FIRST_USER_ROLE", "Owner"),
    ("SUPER_ADMIN_PERMISSIONS", "ViewTenant, UpdateTenant"),
];

/// A client application.
pub(crate) fn application(id: &str, client_secret: &Json) -> Json {
    let mut application = json!({"clientId": id, "secret": "s", "accessTokenExpiration": 900,
        "refreshTokenExpiration": 86400, "authCodeExpiration": 180});
    if !client_secret.is_null() {
        application["clientSecret"] = client_secret.clone();
    }
    application
}

/// A provisioning that is good, with some members changed; a change to null leaves the member out.
pub(crate) fn provisioning(changes: &Json) -> Json {
    let mut body = json!({
        "email": "Hook@X.example", "tenantName": "Hook", "tenantKey": "hook", "firstName": "Hugo", "cognitoAuthId": "c-1",
        "authClient": application("hook-web", &json!("cs")),
    });
    let object = body.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().into_iter().flatten() {
        object.insert(name.clone(), value.clone());
    }
    object.retain(|_, value| !value.is_null());
    body
}

/// A callback with a signature that is good now.
pub(crate) fn signed(world: &World, body: &Json) -> Request {
    signed_by(world, body, &Signature::default())
}

/// A callback with this signature.
pub(crate) fn signed_by(world: &World, body: &Json, signature: &Signature) -> Request {
    let request = world.request("POST /user-callback").json(body);
    let headers = signature.headers(&body.to_string());
    headers.iter().fold(request, |request, (name, value)| request.header(name, value.as_deref().unwrap_or_default()))
}

on_both!(a_tenant_is_provisioned_once, SETTINGS);
fn a_tenant_is_provisioned_once(world: &World) {
    let before = world.database.tables();
    let request = signed(world, &provisioning(&json!({})));
    assert_eq!(request.send().status, 204);
    let after = world.database.tables();
    let added = |table: &str| {
        let new = after.rows.iter().filter(|(key, _)| key.0 == table && !before.rows.contains_key(*key));
        new.map(|(_, row)| row.clone()).collect::<Vec<_>>()
    };
    let [tenant] = &added("tenants")[..] else { panic!("one tenant") };
    assert_eq!((&tenant["key"], &tenant["status"]), (&json!("hook"), &json!(1)));
    let [role] = &added("roles")[..] else { panic!("one role") };
    assert_eq!((&role["name"], &role["permissions"]), (&json!("Owner"), &json!(["ViewTenant", "UpdateTenant"])));
    let [user] = &added("users")[..] else { panic!("one user") };
    assert_eq!((&user["username"], &user["email"]), (&json!("hook@x.example"), &json!("hook@x.example")));
    assert_eq!(user["default_tenant_id"], tenant["id"]);
    let [client] = &added("auth_clients")[..] else { panic!("one client application") };
    assert_eq!((&user["auth_client_ids"], &client["tenant_id"]), (&json!([client["id"]]), &tenant["id"]));
    let [credentials] = &added("user_credentials")[..] else { panic!("one row of credentials") };
    assert_eq!((&credentials["auth_provider"], &credentials["auth_id"]), (&json!("aws-cognito"), &json!("c-1")));
    let [membership] = &added("user_tenants")[..] else { panic!("one membership") };
    assert_eq!(
        [&membership["user_id"], &membership["tenant_id"], &membership["role_id"], &membership["status"]],
        [&user["id"], &tenant["id"], &role["id"], &json!(0)]
    );
    assert_eq!(membership["created_by"], "99999999-9999-4999-8999-999999999999");

    // The very same request is a replay, the same provisioning signed anew a conflict.
    assert_eq!(request.send().status, 401);
    std::thread::sleep(std::time::Duration::from_millis(2));
    let again = signed(world, &provisioning(&json!({}))).send();
    assert_eq!(again.status, 409, "{}", text(&again));
    assert_eq!(world.database.tables(), after, "nothing is changed by either");
}

on_both!(a_refused_provisioning_leaves_nothing, SETTINGS);
fn a_refused_provisioning_leaves_nothing(world: &World) {
    let before = world.database.tables();
    for (changes, status) in [
        (json!({"tenantKey": "tenant-a"}), 409),
        (json!({"email": "ALICE@a.example"}), 409),
        (json!({"email": "nobody"}), 400),
        (json!({"authClient": null}), 422),
        (json!({"authClient": application("web", &json!("s"))}), 409),
        (json!({"authClient": application("new", &Json::Null)}), 422),
        (json!({"tenantKey": "much-longer-than-any-key"}), 422),
        (json!({"surplus": 1}), 422),
    ] {
        let answer = signed(world, &provisioning(&changes)).send();
        assert_eq!(answer.status, status, "{changes}: {}", text(&answer));
    }
    assert_eq!(world.database.tables(), before);
}

on_both!(a_time_with_a_fraction_is_signed_as_it_is_sent, SETTINGS);
fn a_time_with_a_fraction_is_signed_as_it_is_sent(world: &World) {
    let signature: Signature = serde_json::from_value(json!({ "ts": "float" })).expect("it is one of the times");
    let sent = signature.headers("").into_iter().find_map(|(name, time)| time.filter(|_| name == "x-timestamp"));
    assert!(sent.is_some_and(|time| time.ends_with(".5")), "it is the fraction that is tried");
    let wrong: Signature = serde_json::from_value(json!({ "ts": "float", "sign_over": "another" })).expect("likewise");
    assert_eq!(signed_by(world, &provisioning(&json!({})), &wrong).send().status, 401);
    let answer = signed_by(world, &provisioning(&json!({})), &signature).send();
    assert_eq!(answer.status, 204, "{}", text(&answer));
}

on_both!(a_blank_name_is_told_by_the_name_that_was_sent, SETTINGS);
fn a_blank_name_is_told_by_the_name_that_was_sent(world: &World) {
    let client = |changed: (&str, &str)| {
        let mut client = application("blank", &json!("a secret"));
        client[changed.0] = json!(changed.1);
        json!({ "authClient": client })
    };
    for (changes, path) in [
        (json!({ "tenantName": " " }), "/tenantName"),
        (json!({ "firstName": "\u{200b}" }), "/firstName"),
        (client(("clientId", " ")), "/authClient/clientId"),
        (client(("secret", "")), "/authClient/secret"),
        (json!({ "tenantKey": "not a host" }), "/tenantKey"),
    ] {
        let answer = signed(world, &provisioning(&changes)).send();
        let said = text(&answer);
        assert!(
            answer.status == 422 && said.contains(&format!("\"path\":\"{path}\"")),
            "{changes}: {} {said}",
            answer.status
        );
    }
}

on_both!(a_stranger_learns_nothing_of_the_body, SETTINGS);
fn a_stranger_learns_nothing_of_the_body(world: &World) {
    for body in [json!({}), json!([]), json!({"surplus": 1}), provisioning(&json!({}))] {
        let unsigned = world.request("POST /user-callback").json(&body);
        let forged = unsigned.clone().header("x-signature", &"0".repeat(64)).header("x-timestamp", "1");
        for request in [unsigned, forged] {
            let answer = request.send();
            assert_eq!((answer.status, text(&answer).contains("details")), (401, false), "{body}");
        }
    }
    // A token is no signature.
    let answer = world.request("POST /user-callback").json(&provisioning(&json!({}))).token("master_a").send();
    assert_eq!(answer.status, 401);
}

#[test]
fn without_a_secret_nobody_provisions() {
    for settings in [&[][..], &[("USER_CALLBACK_SECRET", "")][..]] {
        let world = &World::with(Database::sqlite(), settings);
        assert_eq!(signed(world, &provisioning(&json!({}))).send().status, 401);
        let body = provisioning(&json!({}));
        let empty: Signature = serde_json::from_value(json!({"secret": ""})).expect("a signature");
        assert_eq!(signed_by(world, &body, &empty).send().status, 401, "an empty secret signs nothing");
    }
}
