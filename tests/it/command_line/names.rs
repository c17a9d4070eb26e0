//! Names where people have names: of rows, of roles and tenants that commands refer to, and of statuses.

use serde_json::Value as Json;

use super::{FAILED, WRONG_USAGE, assert_fails_politely};
use crate::program::Workplace;
use crate::support::token;
use crate::world::{World, on_both};

const TENANT_A: &str = "a0000000-0000-4000-8000-000000000001";
const NOBODY: &str = "f0000000-0000-4000-8000-0000000000ff";

/// A directory in which commands go to this server with the rights of the profile.
fn at(world: &World, profile: &str) -> Workplace {
    let url = format!("http://{}", world.server.address());
    Workplace::with(&[("USER_TENANT_URL", url.as_str()), ("USER_TENANT_TOKEN", token::token(profile).as_str())])
}

fn rows(workplace: &Workplace, arguments: &[&str]) -> Vec<Json> {
    let printed = workplace.ok(&[arguments, &["-o", "json"]].concat());
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
}

on_both!(rows_go_by_their_names);
fn rows_go_by_their_names(world: &World) {
    let workplace = at(world, "admin_a");
    for (kind, name, id) in [
        ("tenant", "tenant-a", TENANT_A),
        ("tenant", "Tenant A", TENANT_A),
        ("user", "andy", "a0000000-0000-4000-8000-000000000022"),
        ("user", "Andy@A.example", "a0000000-0000-4000-8000-000000000022"),
        ("role", "Member", "a0000000-0000-4000-8000-000000000012"),
        ("group", "engineers", "a0000000-0000-4000-8000-000000000041"),
    ] {
        let found = rows(&workplace, &[kind, "get", name]);
        assert_eq!((found.len(), &found[0]["id"]), (1, &Json::from(id)), "{kind} {name}");
    }
    // What looks like a pattern is a name.
    workplace.ok(&["group", "create", "--set", "name=100%_\\"]);
    assert_fails_politely(&workplace.run(&["group", "get", "%"]), WRONG_USAGE, &["there is no group \"%\""]);
    let changed = rows(&workplace, &["group", "update", "100%_\\", "--set", "description=odd"]);
    assert_eq!(changed[0]["description"], "odd");
    let removed = workplace.ok(&["group", "remove", "100%_\\", "--yes"]);
    assert_eq!(removed.trim(), format!("removed {}", changed[0]["id"].as_str().unwrap()));
}

on_both!(a_name_is_the_same_in_each_of_its_spellings);
fn a_name_is_the_same_in_each_of_its_spellings(world: &World) {
    let workplace = at(world, "admin_a");
    let zoe = ["--set", "firstName=Z", "--set", "username=zo\u{eb}", "--set", "email=zoe@m\u{fc}ller.example"];
    workplace.ok(&[&["user", "create", "--role", "viewer"], &zoe[..]].concat());
    for name in ["zo\u{eb}", "zoe\u{308}", "ZO\u{cb}", "zoe@m\u{fc}ller.example", "zoe@xn--mller-kva.example"] {
        assert_eq!(rows(&workplace, &["user", "get", name]).len(), 1, "{name}");
    }
    assert_eq!(rows(&workplace, &["role", "get", " member "])[0]["name"], "member");
}

on_both!(a_role_and_a_tenant_are_referred_to_by_name);
fn a_role_and_a_tenant_are_referred_to_by_name(world: &World) {
    let workplace = at(world, "admin_a");
    let mia = ["--set", "firstName=Mia", "--set", "username=mia", "--set", "email=mia@a.example"];
    let printed = workplace.ok(&[&["user", "create", "--role", "viewer"], &mia[..]].concat());
    assert!(printed.contains("viewer") && printed.contains("registered"), "{printed}");
    let role_of = |arguments: &[&str]| rows(&workplace, arguments)[0]["roleName"].clone();
    assert_eq!(role_of(&["user", "get", "mia"]), "viewer");
    assert_eq!(role_of(&["user", "update", "mia", "--role", "Member"]), "member");
    assert_eq!(role_of(&["user", "update", "mia", "--set", "roleId=viewer"]), "viewer");
    assert_eq!(role_of(&["user", "update", "mia", "--data", "{\"roleId\": \"member\"}"]), "member");
    let members = |arguments: &[&str]| {
        let mut names: Vec<_> =
            rows(&workplace, arguments).iter().map(|row| row["username"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    let expected = ["amy", "andy", "mia"];
    for arguments in [
        &["user", "list", "--role", "member"][..],
        &["user", "list", "--where", "roleId=member", "--tenant", "tenant-a"],
        &["user", "list", "--role", "a0000000-0000-4000-8000-000000000012", "--tenant", "Tenant A"],
        &["user", "list", "--filter", "{\"where\": {\"roleId\": \"member\"}}", "--tenant", TENANT_A],
    ] {
        assert_eq!(members(arguments), expected, "{arguments:?}");
    }
    let table = workplace.ok(&["user", "list", "--role", "member"]);
    let [head, mia] = [0, 3].map(|line| table.lines().nth(line).unwrap().split_whitespace().collect::<Vec<_>>());
    assert!(head.contains(&"ROLENAME") && mia.contains(&"member"), "{table}");

    // A master's commands name other tenants, and their roles.
    let master = at(world, "master_a");
    let listed = rows(&master, &["user", "list", "--tenant", "tenant-b", "--role", "admin-b"]);
    assert_eq!(listed.iter().map(|row| &row["username"]).collect::<Vec<_>>(), ["bob"]);
    let foreign = master.run(&["user", "list", "--tenant", "tenant-b", "--role", "viewer"]);
    assert_fails_politely(&foreign, WRONG_USAGE, &["there is no role \"viewer\"", "admin-b, member-b"]);
}

on_both!(a_name_that_leads_nowhere_or_to_several_says_what_there_is);
fn a_name_that_leads_nowhere_or_to_several_says_what_there_is(world: &World) {
    let workplace = at(world, "admin_a");
    let create = ["user", "create", "--set", "firstName=M", "--set", "username=m", "--set", "email=m@a.example"];
    for (arguments, code, words) in [
        (&["--role", "readr"][..], WRONG_USAGE, &["there is no role \"readr\"", "admin, member, super, viewer"][..]),
        (
            &["--set", "roleId=x"],
            WRONG_USAGE,
            &["there is no role \"x\"", "in the tenant", "admin, member, super, viewer"],
        ),
        (&["--set", "roleId=x", "--role", "viewer"], WRONG_USAGE, &["\"roleId\" already", "--role"]),
        (&["--role", "viewer", "--tenant", "tenant-b"], WRONG_USAGE, &["there is no tenant \"tenant-b\"", "tenant-a"]),
        (&["--role", ""], WRONG_USAGE, &["is no id and no name"]),
        // An id is the service's to look for, which says what it has not found.
        (&["--role", NOBODY], FAILED, &["404", "there is no Role with the id", NOBODY]),
    ] {
        assert_fails_politely(&workplace.run(&[&create[..], arguments].concat()), code, words);
    }
    for arguments in [&["group", "create", "--role", "viewer", "--set", "name=x"][..], &["role", "list", "--role", "x"]]
    {
        assert_fails_politely(&workplace.run(arguments), WRONG_USAGE, &["unexpected argument '--role'"]);
    }
    // A key, and the name of another tenant.
    let master = at(world, "master_a");
    let made =
        rows(&master, &["tenant", "create", "--set", "name=tenant-b", "--set", "key=b2", "--set", "status=active"]);
    let made = made[0]["id"].as_str().unwrap();
    let several = ["more than one tenant", made, "b0000000-0000-4000-8000-000000000001", "Tenant B"];
    assert_fails_politely(&master.run(&["tenant", "get", "tenant-b"]), WRONG_USAGE, &several);
    // Where the case of the letters decides, it does.
    assert_eq!(rows(&master, &["tenant", "get", "TENANT B"])[0]["key"], "tenant-b");
    // Who may not look for a name reads which it was.
    let blind = at(world, "only:ViewTenantUser");
    let refused = blind.run(&["user", "list", "--role", "member"]);
    assert_fails_politely(&refused, FAILED, &["403", "the role \"member\"", "an id needs no asking"]);
    assert!(blind.ok(&["user", "list", "--role", "a0000000-0000-4000-8000-000000000012"]).contains("andy"));
}

on_both!(statuses_are_words);
fn statuses_are_words(world: &World) {
    let workplace = at(world, "admin_a");
    let status = |arguments: &[&str]| rows(&workplace, arguments)[0]["status"].clone();
    let table = workplace.ok(&["user", "list", "--where", "status=registered"]);
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!((lines.len(), lines[1][1], lines[1].last()), (2, "amy", Some(&"registered")), "{table}");
    // Programs get the numbers of the API, and may give either.
    assert_eq!(status(&["user", "update", "andy", "--set", "status=inactive"]), 2);
    assert_eq!(status(&["user", "update", "andy", "--set", "status=1"]), 1);
    assert_eq!(status(&["user", "update", "andy", "--data", "{\"status\": \"Password-Change-Needed\"}"]), 3);
    let csv = workplace.ok(&["user", "list", "--where", "username=andy", "-o", "csv"]);
    let [head, cells] = [0, 1].map(|line| csv.lines().nth(line).unwrap().split(',').collect::<Vec<_>>());
    let column = head.iter().position(|name| *name == "status").unwrap();
    assert_eq!(cells[column], "3", "{csv}");
    assert!(workplace.ok(&["user", "list", "--where", "username=andy"]).contains("password-change-needed"));
    for arguments in
        [&["user", "list", "--where", "status=gone"][..], &["user", "update", "andy", "--set", "status=gone"]]
    {
        let words = ["status is no \"gone\"", "registered, active, inactive, password-change-needed, rejected"];
        assert_fails_politely(&workplace.run(arguments), WRONG_USAGE, &words);
    }
}

const FEW: &[(&str, &str)] = &[("MAX_ROWS", "1")];
on_both!(names_are_found_where_an_answer_has_few_rows, FEW);
fn names_are_found_where_an_answer_has_few_rows(world: &World) {
    let workplace = at(world, "admin_a");
    assert_eq!(rows(&workplace, &["role", "get", "member"])[0]["name"], "member");
    // Two of one name are told apart all the same.
    workplace.ok(&[
        "user",
        "create",
        "--role",
        "member",
        "--set",
        "firstName=Mia",
        "--set",
        "username=mia@a.example",
        "--set",
        "email=mia.m@a.example",
    ]);
    world.run("UPDATE main.users SET username = 'twice' WHERE username = 'andy'");
    world.run("UPDATE main.users SET email = 'twice' WHERE username = 'mia@a.example'");
    assert_fails_politely(
        &workplace.run(&["user", "get", "Twice"]),
        WRONG_USAGE,
        &["more than one user", "mia@a.example"],
    );
    let unknown = workplace.run(&["role", "get", "nothing"]);
    assert_fails_politely(&unknown, WRONG_USAGE, &["there is no role \"nothing\"", "admin, member"]);
}

const SHORT: &[(&str, &str)] = &[("MAX_ANSWER_BYTES", "4096")];
on_both!(all_rows_are_listed_where_an_answer_is_short, SHORT);
fn all_rows_are_listed_where_an_answer_is_short(world: &World) {
    let workplace = at(world, "admin_a");
    for at in 0..6 {
        workplace.ok(&[
            "group",
            "create",
            "--set",
            &format!("name=long {at}"),
            "--set",
            &format!("photoUrl={}", "p".repeat(1_000)),
        ]);
    }
    assert_eq!(rows(&workplace, &["group", "list", "--all"]).len(), 8);
}
