//! `bootstrap` and `token`: on any database, for a membership, with the permissions and the life that were asked for.

use regex::Regex;
use serde_json::json;

use super::{FAILED, INVALID_CONFIGURATION, SECRET, WRONG_USAGE, assert_fails, assert_fails_politely, claims, on};
use crate::program::Workplace;
use crate::request::json;
use crate::support::fixture::Database;
use crate::world::on_both;

/// Runs `bootstrap` and returns the ids that it prints: tenant, user, membership.
fn bootstrap(workplace: &Workplace, arguments: &[&str]) -> [String; 3] {
    let printed = workplace.ok(&[&["bootstrap"], arguments].concat());
    ["tenant", "user", "user_tenant"].map(|name| {
        let line = Regex::new(&format!(r"(?m)^{name}\s+([0-9a-f-]{{36}})$")).unwrap();
        line.captures(&printed).unwrap_or_else(|| panic!("no {name} in {printed}"))[1].to_owned()
    })
}

on_both!(bootstrap_makes_an_administrator_on_any_database);
fn bootstrap_makes_an_administrator_on_any_database(database: &Database) {
    let workplace = &on(database);
    workplace.ok(&["migrate", "up"]);
    let [first, ..] = bootstrap(workplace, &[]);
    let [tenant, user, membership] = bootstrap(
        workplace,
        &[
            "--tenant-name",
            "Acme",
            "--tenant-key",
            "acme",
            "--username",
            " Ann ",
            "--email",
            "Ann@Acme.example",
            "--first-name",
            "Ann",
        ],
    );
    assert_ne!(first, tenant);
    let token = workplace.ok(&["token", "--user-tenant", &membership]);
    let said = claims(&token);
    assert_eq!(
        [&said["id"], &said["tenantId"], &said["userTenantId"]],
        [&json!(user), &json!(tenant), &json!(membership)]
    );
    assert_eq!([&said["username"], &said["email"]], ["ann", "ann@acme.example"], "as the service stores them");

    let running = workplace.serve(&["serve"]);
    let listed = running.request("GET /tenants").bearer(token.trim()).send();
    let listed = json(&listed);
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "its own tenant: {listed}");
    assert_eq!(
        [&listed[0]["name"], &listed[0]["key"], &listed[0]["status"]],
        [&json!("Acme"), &json!("acme"), &json!(1)]
    );
    let renamed =
        running.request(&format!("PATCH /tenants/{tenant}")).bearer(token.trim()).json(&json!({ "city": "Rome" }));
    assert_eq!(renamed.send().status, 204, "an administrator may");
}

// Two people would log in by the same text.
on_both!(bootstrap_takes_no_name_that_leads_to_somebody);
fn bootstrap_takes_no_name_that_leads_to_somebody(database: &Database) {
    let workplace = &on(database);
    workplace.ok(&["migrate", "up"]);
    workplace.ok(&["bootstrap", "--username", "ann", "--email", "ann@acme.example"]);
    for (username, email) in
        [("ANN@acme.example", "other@acme.example"), ("Ann", "other@acme.example"), ("other", "Ann@ACME.example")]
    {
        let other = ["bootstrap", "--tenant-key", "other", "--username", username, "--email", email];
        let said = ["username or the e-mail", "--username or --email"];
        assert_fails_politely(&workplace.run(&other), FAILED, &said);
    }
    workplace.ok(&["bootstrap", "--tenant-key", "other", "--username", "o", "--email", "other@acme.example"]);
    for (option, value) in [("--email", "nonsense"), ("--username", ""), ("--tenant-key", "no key")] {
        let third = workplace.run(&["bootstrap", "--role-name", "third", option, value]);
        assert_fails_politely(&third, WRONG_USAGE, &[&format!("{option}: ")]);
    }
}

on_both!(a_tenant_that_locked_everybody_out_is_let_in_again);
fn a_tenant_that_locked_everybody_out_is_let_in_again(database: &Database) {
    let workplace = &on(database);
    workplace.ok(&["migrate", "up"]);
    let [tenant, user, membership] = bootstrap(workplace, &[]);
    let token = workplace.ok(&["token", "--user-tenant", &membership]);
    let running = workplace.serve(&["serve"]);
    let list = |token: &str| running.request("GET /tenants").bearer(token.trim()).send().status;
    assert_eq!(list(&token), 200);

    // The same administrator again: the role and the names are there, the membership stays one.
    // By id or by key.
    for named in [tenant.as_str(), "default"] {
        let again = bootstrap(workplace, &["--tenant", named]);
        assert_eq!(again, [tenant.clone(), user.clone(), membership.clone()], "{named}");
    }
    let unknown = workplace.run(&["bootstrap", "--tenant", "nowhere"]);
    assert_fails_politely(&unknown, WRONG_USAGE, &["there is no tenant \"nowhere\"", "tenant list"]);
    // Another one, in a role of its own.
    let other = ["--tenant", &tenant, "--username", "ann", "--email", "ann@acme.example", "--role-name", "rescue"];
    let [same, ann, rescued] = bootstrap(workplace, &other);
    assert_eq!(same, tenant);
    assert_ne!((&ann, &rescued), (&user, &membership));
    let rescue = workplace.ok(&["token", "--user-tenant", &rescued]);
    assert_eq!(list(&rescue), 200);

    // A role of the wanted name that grants less is not widened behind the backs of those who give it.
    let role = json!({ "name": "weak", "permissions": ["ViewTenant"] });
    let made = running.request(&format!("POST /tenants/{tenant}/roles")).bearer(rescue.trim()).json(&role).send();
    assert_eq!(made.status, 200);
    let weak = ["bootstrap", "--tenant", &tenant, "--role-name", "Weak"];
    assert_fails_politely(&workplace.run(&weak), FAILED, &["weak"]);
    let nobody = "00000000-0000-0000-0000-000000000000";
    assert_fails_politely(&workplace.run(&["bootstrap", "--tenant", nobody]), FAILED, &[nobody]);
    let both = ["bootstrap", "--tenant", &tenant, "--tenant-key", "x"];
    assert_eq!(workplace.run(&both).code, WRONG_USAGE);
}

on_both!(bootstrap_makes_all_or_nothing);
fn bootstrap_makes_all_or_nothing(database: &Database) {
    let workplace = &on(database);
    workplace.ok(&["migrate", "up"]);
    bootstrap(workplace, &[]);
    assert_fails_politely(&workplace.run(&["bootstrap"]), FAILED, &["default", "--tenant-key"]);
    let username = ["bootstrap", "--tenant-key", "other", "--email", "other@x.example"];
    assert_fails_politely(&workplace.run(&username), FAILED, &["Name others with --username or --email"]);
    let email = ["bootstrap", "--tenant-key", "other", "--username", "other"];
    assert_fails_politely(&workplace.run(&email), FAILED, &["--email"]);
    for (wrong, code) in [
        (&["--tenant-key", "a key that is longer than its column"][..], WRONG_USAGE),
        (&["--tenant-key", "other"], FAILED),
        (&["--tenant-key", "other", "--username", "other"], FAILED),
        (&["--tenant-key", "other", "--username", &"x".repeat(200), "--email", "other@x.example"], WRONG_USAGE),
        (&["--tenant-key", "other", "--username", "other", "--email", "no address"], WRONG_USAGE),
    ] {
        assert_fails_politely(&workplace.run(&[&["bootstrap"], wrong].concat()), code, &[]);
    }
    let token = workplace.ok(&["token", "--master"]);
    let running = workplace.serve(&["serve"]);
    let count = running.request("GET /tenants/count").bearer(token.trim()).send();
    assert_eq!(json(&count), json!({ "count": 1 }), "what failed left nothing");
}

#[test]
fn a_token_is_minted_for_somebody_who_may_call() {
    let database = Database::sqlite();
    let workplace = on(&database);
    workplace.ok(&["migrate", "up"]);
    let [first, ..] = bootstrap(&workplace, &[]);
    let other = ["--tenant-key", "b", "--username", "b", "--email", "b@x.example"];
    let [_, _, second] = bootstrap(&workplace, &other);
    let Database::Sqlite(file) = &database else { unreachable!("made above") };
    let close = format!("UPDATE tenants SET status = 0 WHERE id = '{first}'");
    file.connect().execute_batch(&close).expect("the tenant can be closed");
    assert_eq!(claims(&workplace.ok(&["token"]))["userTenantId"], json!(second));
    file.connect().execute_batch("UPDATE user_tenants SET status = 2").expect("memberships can be suspended");
    assert_fails(&workplace.run(&["token"]), FAILED, &["bootstrap"]);
}

#[test]
fn a_token_holds_what_was_asked_for() {
    let database = Database::sqlite();
    let workplace = on(&database);
    let mint = |arguments: &[&str]| workplace.ok(&[&["token"], arguments].concat());
    workplace.ok(&["migrate", "up"]);
    assert_fails(&workplace.run(&["token"]), FAILED, &["user-tenant-service bootstrap"]);
    let [_, _, membership] = bootstrap(&workplace, &[]);

    let plain = claims(&mint(&[]));
    assert_eq!(plain["userTenantId"], json!(membership), "the oldest membership");
    assert_eq!(plain.get("tenantType"), None);
    assert_eq!(plain.get("iss"), None);
    assert_eq!(plain["exp"].as_i64().unwrap() - plain["iat"].as_i64().unwrap(), 12 * 60 * 60);
    assert!(plain["permissions"].as_array().unwrap().len() > 50, "those of the role");

    let narrow = mint(&["--permission", "ViewTenant", "--permission", "6", "--life", "15m"]);
    let said = claims(&narrow);
    assert_eq!(said["permissions"], json!(["6", "ViewTenant"]));
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 15 * 60);
    assert_eq!(claims(&mint(&["--master"]))["tenantType"], "master");
    assert_eq!(claims(&workplace.ok(&["token", "--jwt-issuer", "us"]))["iss"], "us");

    let running = workplace.serve(&["serve"]);
    let status = |line: &str, token: &str| running.request(line).bearer(token.trim()).send().status;
    assert_eq!(status("GET /tenants", &narrow), 200);
    assert_eq!(status("DELETE /tenants/00000000-0000-0000-0000-000000000000", &narrow), 403);
    let ended = mint(&["--life", "1s"]);
    let start = std::time::Instant::now();
    while status("GET /tenants", &ended) == 200 {
        assert!(start.elapsed().as_secs() < 30, "a token of one second does not end");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(status("GET /tenants", &ended), 401);
}

#[test]
fn a_token_that_cannot_be_minted_is_refused() {
    let database = Database::sqlite();
    let workplace = on(&database);
    workplace.ok(&["migrate", "up"]);
    bootstrap(&workplace, &[]);
    let nobody = "00000000-0000-0000-0000-000000000000";
    assert_fails_politely(&workplace.run(&["token", "--user-tenant", nobody]), FAILED, &["--user-tenant", nobody]);
    for usage in [["--user-tenant", "x"], ["--life", "long"], ["--life", "-1h"]] {
        assert_eq!(workplace.run(&[&["token"][..], &usage].concat()).code, WRONG_USAGE, "{usage:?}");
    }
    let verifier = ["token", "--jwt-verifier", "jwt-keys", "--jwt-issuer", "us"];
    let outcome = workplace.run(&verifier);
    assert_fails(&outcome, INVALID_CONFIGURATION, &["JWT_VERIFIER=secret"]);
    assert!(!outcome.stderr.contains(SECRET));
}

#[test]
fn a_token_says_what_the_member_holds_now() {
    let workplace = Workplace::new();
    workplace.ok(&["bootstrap"]);
    let database = rusqlite::Connection::open(workplace.path().join("data/user-tenant.db")).expect("it is there");
    let give = |id: u8, permission: &str, allowed: bool| {
        let insert = "INSERT INTO user_permissions (id, user_tenant_id, permission, allowed)
            SELECT ?1, id, ?2, ?3 FROM user_tenants";
        let id = format!("a0000000-0000-4000-8000-0000000000{id}");
        assert_eq!(database.execute(insert, rusqlite::params![id, permission, allowed]).unwrap(), 1);
    };
    let said = || {
        let claims = claims(workplace.ok(&["token"]).trim());
        let names = claims["permissions"].as_array().expect("a list").iter();
        names.map(|name| name.as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    let before = said();
    assert!(before.contains(&"ViewTenant".to_owned()));
    give(88, "ViewTenant", false);
    give(89, "UseOven", true);
    let after = said();
    assert!(!after.contains(&"ViewTenant".to_owned()) && after.contains(&"UseOven".to_owned()), "{after:?}");
    assert_eq!(after.len(), before.len());
    // One that is withheld by its number is withheld by its name.
    assert!(after.contains(&"ViewRoles".to_owned()));
    give(90, "6", false);
    assert!(!said().contains(&"ViewRoles".to_owned()));
}

on_both!(the_bounds_of_answers_bound_no_command);
fn the_bounds_of_answers_bound_no_command(database: &Database) {
    let mut workplace = on(database);
    workplace.set("MAX_ROWS", "1");
    workplace.set("MAX_ANSWER_BYTES", "1024");
    workplace.ok(&["migrate", "up"]);
    let [tenant, _, membership] = bootstrap(&workplace, &[]);
    bootstrap(&workplace, &["--tenant-key", "b", "--username", "b", "--email", "b@x.example"]);
    assert_eq!(claims(&workplace.ok(&["token"]))["userTenantId"], json!(membership));
    // The role again, whose permissions alone are longer than an answer may be.
    assert_eq!(bootstrap(&workplace, &["--tenant", &tenant])[2], membership);
    workplace.ok(&["migrate", "check"]);
    for key in ["one", "two"] {
        let file = crate::support::contract_file("keys/public.pem").display().to_string();
        workplace.ok(&["keys", "add", "--kid", key, "--public-key", &file]);
    }
    assert_eq!(workplace.ok(&["keys", "list"]).lines().count(), 2);
}
