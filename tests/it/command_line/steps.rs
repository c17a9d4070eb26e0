//! Steps in the lives of tenants, members and people, as commands.

use super::{FAILED, assert_fails, on};
use crate::support::fixture::Database;
use crate::world::on_both;

on_both!(commands_take_the_steps);
fn commands_take_the_steps(database: &Database) {
    let workplace = on(database);
    workplace.ok(&["migrate", "up"]);
    workplace.ok(&["bootstrap", "--tenant-key", "acme", "--username", "ann", "--email", "ann@acme.example"]);
    let ok = |arguments: &[&str]| workplace.ok(arguments);
    for (command, status) in
        [("suspend", "suspended"), ("archive", "archived"), ("restore", "suspended"), ("activate", "active")]
    {
        let told = ok(&["tenant", command, "acme", "--reason", "a test", "-o", "json"]);
        assert!(told.contains(&format!("\"{status}\"")), "{command}: {told}");
    }
    assert_fails(&workplace.run(&["tenant", "restore", "acme"]), FAILED, &["409", "for a tenant that is active"]);
    let told = ok(&["tenant", "limits", "acme", "--max-members", "1", "--max-invitations", "none", "-o", "json"]);
    assert!(told.contains("\"maxMembers\": 1") && told.contains("\"members\": 1"), "{told}");
    let lia = ["bootstrap", "--tenant", "acme", "--username", "lia", "--email", "lia@acme.example", "--role-name", "r"];
    assert_fails(&workplace.run(&lia), FAILED, &["no more than 1 members"]);
    ok(&["tenant", "limits", "acme", "--max-members", "none"]);
    ok(&lia);
    for (arguments, status) in [
        (&["user", "suspend", "lia", "--tenant", "acme"][..], "suspended"),
        (&["user", "reactivate", "lia", "--tenant", "acme"], "active"),
        (&["user", "deactivate", "lia", "--tenant", "acme"], "deactivated"),
    ] {
        assert!(ok(arguments).contains(status), "{arguments:?}");
    }
    assert_fails(&workplace.run(&lia), FAILED, &["deactivated in all tenants"]);
    assert!(ok(&["user", "reactivate", "lia", "--tenant", "acme", "--everywhere"]).contains("active"));
    ok(&lia);
}
