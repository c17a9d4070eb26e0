//! A tenant of more rows than one step takes, and people who are held in unusual ways.

use std::fmt::Write as _;

use super::{contents, until_gone};
use crate::holes::B;
use crate::lifecycle::{ask, step, tenant_b};
use crate::world::{World, on_both};
use serde_json::json;

const MEMBER_OF_B: &str = "b0000000-0000-4000-8000-000000000012";
const AT: &str = "2024-01-02T03:04:05.678Z";

fn purge(world: &World) {
    step(world, "master_a", &tenant_b("/archive"), "archived");
    let (status, told) =
        ask(world, "master_a", &format!("POST {}", tenant_b("/purge")), &json!({ "confirm": "tenant-b" }));
    assert_eq!(status, 202, "{told}");
    until_gone(&world.database, B);
}

on_both!(more_rows_than_a_step_takes_go_in_many_steps);
fn more_rows_than_a_step_takes_go_in_many_steps(world: &World) {
    let mut sql = String::new();
    for number in 0..1_203 {
        let id = |kind: u8| format!("b000000{kind}-0000-4000-8000-{number:012}");
        write!(
            sql,
            "INSERT INTO main.users (id, first_name, username, email, default_tenant_id, created_on, modified_on)
             VALUES ('{0}', 'Many', 'many{number}', 'many{number}@b.example', '{B}', '{AT}', '{AT}');
             INSERT INTO main.user_credentials (id, user_id, auth_provider, auth_id, created_on, modified_on)
             VALUES ('{1}', '{0}', 'keycloak', 'many{number}', '{AT}', '{AT}');
             INSERT INTO main.user_tenants (id, user_id, tenant_id, role_id, status, created_on, modified_on)
             VALUES ('{2}', '{0}', '{B}', '{MEMBER_OF_B}', 1, '{AT}', '{AT}');
             INSERT INTO main.user_permissions (id, user_tenant_id, permission, allowed, created_on, modified_on)
             VALUES ('{3}', '{2}', 'ViewTenant', true, '{AT}', '{AT}');",
            id(1),
            id(2),
            id(3),
            id(4)
        )
        .expect("it fits");
    }
    // One of them has more below it than a step takes.
    for number in 0..700 {
        write!(
            sql,
            "INSERT INTO main.user_tenant_prefs
               (id, config_key, config_value, user_tenant_id, created_on, modified_on, deleted)
             VALUES ('b0000005-0000-4000-8000-{number:012}', 'key{number}', '{{}}', 'b0000003-0000-4000-8000-000000000007',
               '{AT}', '{AT}', true);"
        )
        .expect("it fits");
    }
    world.run(&format!("BEGIN; {sql} COMMIT;"));
    let before = contents(&world.database);
    purge(world);
    let after = contents(&world.database);
    for (table, rows) in after.iter().filter(|(table, _)| *table != "audit_logs") {
        assert!(!rows.iter().any(|row| super::text(row).contains("b000000")), "{table}");
    }
    assert!(after["audit_logs"].len() > before["audit_logs"].len() + 4 * 1_203, "each removal has its line");
    assert!(
        after["audit_logs"]
            .iter()
            .all(|line| !super::text(line).contains("many") && !super::text(line).contains("Many"))
    );
    assert_eq!(after["users"].iter().filter(|row| row["username"] == "alice").count(), 1);
}

on_both!(people_go_with_their_last_row_and_stay_while_another_tenant_has_one);
fn people_go_with_their_last_row_and_stay_while_another_tenant_has_one(world: &World) {
    // Who has left A still has a row there, which is A's; who was deleted softly, was twice a member, has no home, or has this one
    // and no membership, goes.
    let person = |number: u8, name: &str, home: &str, deleted: bool| {
        let home = if home.is_empty() { "NULL".to_owned() } else { format!("'{home}'") };
        format!(
            "INSERT INTO main.users (id, first_name, username, email, default_tenant_id, deleted, created_on, modified_on)
             VALUES ('f0000000-0000-4000-8000-0000000000{number}', '{name}', '{name}', '{name}@f.example', {home}, {deleted},
               '{AT}', '{AT}');"
        )
    };
    let member = |number: u8, person: u8, tenant: &str, role: &str, deleted: bool| {
        format!(
            "INSERT INTO main.user_tenants (id, user_id, tenant_id, role_id, status, deleted, created_on, modified_on)
             VALUES ('f1000000-0000-4000-8000-0000000000{number}', 'f0000000-0000-4000-8000-0000000000{person}', '{tenant}',
               '{role}', 1, {deleted}, '{AT}', '{AT}');"
        )
    };
    let (a, role_of_a) = (crate::holes::A, crate::holes::MEMBER);
    world.run(
        &[
            person(10, "left", B, false),
            member(10, 10, B, MEMBER_OF_B, false),
            member(11, 10, a, role_of_a, true),
            person(20, "softly", B, true),
            member(20, 20, B, MEMBER_OF_B, true),
            person(30, "twice", B, false),
            member(30, 30, B, MEMBER_OF_B, true),
            member(31, 30, B, MEMBER_OF_B, false),
            person(40, "homeless", "", false),
            member(40, 40, B, MEMBER_OF_B, false),
            person(50, "alone", B, false),
            person(60, "elsewhere", a, false),
            member(60, 60, B, MEMBER_OF_B, false),
        ]
        .concat(),
    );
    // Lines of before there were positions, as the original wrote them.
    let log = if matches!(world.database, crate::support::fixture::Database::Postgres(_)) { "logs." } else { "main." };
    world.run(&format!(
        "INSERT INTO {log}audit_logs (operation_name, table_name, log_type, entity_id, before, position) VALUES
           ('UPDATE', 'users', 'USER_LOGS', '\"f0000000-0000-4000-8000-000000000030\"', '{{\"email\": \"old@f.example\"}}', NULL),
           ('UPDATE', 'users', 'USER_LOGS', 'f0000000-0000-4000-8000-000000000030', '{{\"email\": \"old@f.example\"}}', NULL)"
    ));
    purge(world);
    let after = contents(&world.database);
    assert!(after["audit_logs"].iter().all(|line| !super::text(line).contains("old@f.example")));
    let left = |name: &str| after["users"].iter().find(|row| row["first_name"] == *name);
    for gone in ["softly", "twice", "homeless", "alone"] {
        assert!(left(gone).is_none(), "{gone}");
    }
    assert!(left("left").is_some_and(|row| row["default_tenant_id"].is_null()));
    assert!(left("elsewhere").is_some_and(|row| row["default_tenant_id"] == *a));
    assert!(left("Olga").is_some(), "who is of no tenant is not of this one");
    let log: String = after["audit_logs"].iter().filter(|line| line["tenant_id"] == *B).map(super::text).collect();
    assert!(!log.contains("f.example"), "what the purge says of who stays is of B, too");
}

on_both!(another_tenant_adds_people_while_they_go);
/// Whoever is added in time stays; of who is gone, the other tenant makes a person of its own, or is told to try again.
fn another_tenant_adds_people_while_they_go(world: &World) {
    let people = 0..60;
    let sql = people.clone().map(|number| {
        let id = |kind: u8| format!("b000000{kind}-0000-4000-8000-{number:012}");
        format!(
            "INSERT INTO main.users (id, first_name, username, email, default_tenant_id, created_on, modified_on)
             VALUES ('{0}', 'Wanted', 'wanted{number}', 'wanted{number}@b.example', '{B}', '{AT}', '{AT}');
             INSERT INTO main.user_tenants (id, user_id, tenant_id, role_id, status, created_on, modified_on)
             VALUES ('{1}', '{0}', '{B}', '{MEMBER_OF_B}', 1, '{AT}', '{AT}');
             INSERT INTO main.user_credentials (id, user_id, auth_provider, auth_id, created_on, modified_on)
             VALUES ('{2}', '{0}', 'keycloak', 'wanted{number}', '{AT}', '{AT}');",
            id(1),
            id(3),
            id(2)
        )
    });
    world.run(&format!("BEGIN; {} COMMIT;", sql.collect::<String>()));
    step(world, "master_a", &tenant_b("/archive"), "archived");
    let added: Vec<(u16, String)> = std::thread::scope(|scope| {
        let adding: Vec<_> = (0..3)
            .map(|part| {
                let people = people.clone();
                scope.spawn(move || {
                    let of_part = people.filter(|number| number % 3 == part);
                    let add = |number: u32| {
                        let name = format!("wanted{number}");
                        let body = json!({ "firstName": "Wanted", "username": name, "email": format!("{name}@b.example"),
                            "roleId": crate::holes::VIEWER });
                        (ask(world, "admin_a", &format!("POST /tenants/{}/users", crate::holes::A), &body).0, name)
                    };
                    of_part.map(add).collect::<Vec<_>>()
                })
            })
            .collect();
        let (status, told) =
            ask(world, "master_a", &format!("POST {}", tenant_b("/purge")), &json!({ "confirm": "tenant-b" }));
        assert_eq!(status, 202, "{told}");
        adding.into_iter().flat_map(|adding| adding.join().expect("an answer")).collect()
    });
    until_gone(&world.database, B);
    let after = contents(&world.database);
    for (status, name) in added {
        assert!([200, 409].contains(&status), "{name}: {status}");
        let person = after["users"].iter().find(|row| row["username"] == *name);
        let is_member = person.is_some_and(|person| {
            after["user_tenants"]
                .iter()
                .any(|row| row["user_id"] == person["id"] && row["tenant_id"] == *crate::holes::A)
        });
        assert_eq!(is_member, status == 200, "{name}");
        // Who stays can log in as before.
        let known = person.filter(|person| person["id"].as_str().is_some_and(|id| id.starts_with("b0000001")));
        if let Some(known) = known {
            assert!(after["user_credentials"].iter().any(|row| row["user_id"] == known["id"]), "{name}");
        }
    }
}

on_both!(people_go_whom_only_tenants_have_that_are_purged_at_once);
fn people_go_whom_only_tenants_have_that_are_purged_at_once(world: &World) {
    let (c, role_of_c) = ("c0000000-0000-4000-8000-000000000001", "c0000001-0000-4000-8000-000000000011");
    let mut sql = format!(
        "INSERT INTO main.roles (id, name, tenant_id, created_on, modified_on)
         VALUES ('{role_of_c}', 'Of both', '{c}', '{AT}', '{AT}');"
    );
    for number in 0..900 {
        let id = |kind: u8| format!("b000000{kind}-0000-4000-8000-{number:012}");
        write!(
            sql,
            "INSERT INTO main.users (id, first_name, username, email, created_on, modified_on)
             VALUES ('{0}', 'Both', 'both{number}', 'both{number}@b.example', '{AT}', '{AT}');
             INSERT INTO main.user_tenants (id, user_id, tenant_id, role_id, status, created_on, modified_on)
             VALUES ('{1}', '{0}', '{B}', '{MEMBER_OF_B}', 1, '{AT}', '{AT}'),
               ('{2}', '{0}', '{c}', '{role_of_c}', 1, '{AT}', '{AT}');",
            id(1),
            id(2),
            id(3)
        )
        .expect("it fits");
    }
    world.run(&format!("BEGIN; {sql} COMMIT;"));
    for tenant in [B, c] {
        step(world, "master_a", &format!("/tenants/{tenant}/archive"), "archived");
    }
    for (tenant, key) in [(B, "tenant-b"), (c, "tenant-c")] {
        let purge = format!("POST /tenants/{tenant}/purge");
        let (status, told) = ask(world, "master_a", &purge, &json!({ "confirm": key }));
        assert_eq!(status, 202, "{told}");
    }
    until_gone(&world.database, B);
    until_gone(&world.database, c);
    let left = contents(&world.database)["users"].iter().filter(|row| row["first_name"] == "Both").count();
    assert_eq!(left, 0);
}
