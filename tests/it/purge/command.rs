//! `tenant purge`: what it asks for, that it waits, and what it prints.

use crate::command_line::{FAILED, WRONG_USAGE, assert_fails, on};
use crate::support::fixture::Database;
use crate::world::on_both;

on_both!(a_tenant_is_purged_by_a_command_that_names_it_twice);
fn a_tenant_is_purged_by_a_command_that_names_it_twice(database: &Database) {
    let workplace = on(database);
    workplace.ok(&["migrate", "up"]);
    for (key, name) in [("acme", "ann"), ("other", "otto")] {
        let email = format!("{name}@{key}.example");
        workplace.ok(&["bootstrap", "--tenant-key", key, "--username", name, "--email", &email]);
    }
    let purge = |more: &[&str]| workplace.run(&[&["tenant", "purge", "acme"], more].concat());
    assert_fails(&purge(&[]), WRONG_USAGE, &["--confirm KEY"]);
    assert_fails(&purge(&["--confirm", "acme"]), FAILED, &["409", "for a tenant that is active"]);
    workplace.ok(&["tenant", "archive", "acme"]);
    assert_fails(&purge(&["--confirm", "other"]), FAILED, &["the key or the name of the tenant"]);
    let told = workplace.ok(&["tenant", "purge", "acme", "--confirm", "acme", "--reason", "a test", "-o", "json"]);
    assert!(told.contains("\"user_tenants\"") && told.contains("\"tenants\""), "{told}");
    assert_fails(&workplace.run(&["tenant", "get", "acme"]), WRONG_USAGE, &["there is no tenant"]);
    assert!(workplace.ok(&["tenant", "list"]).contains("other"));
    assert!(workplace.ok(&["user", "list", "--tenant", "other"]).contains("otto"));
    // Its key is free again, and so is the address.
    workplace.ok(&["bootstrap", "--tenant-key", "acme", "--username", "ann", "--email", "ann@acme.example"]);
    workplace.ok(&["tenant", "archive", "acme"]);
    let told = workplace.ok(&["tenant", "purge", "acme", "--confirm", "acme", "--no-wait", "-o", "json"]);
    assert!(told.contains("\"purging\"") && told.contains("\"job\""), "{told}");
    assert!(workplace.ok(&["jobs", "list", "-o", "json"]).contains("tenants.purge"), "a service does it");
}
