//! The tenant wall as the compiler keeps it: one file in `wall/` a way around it, each with the message that refuses it.
//!
//! `TRYBUILD=overwrite` writes the messages anew.

/// What the wall is for: it compiles, or this file does not.
#[path = "wall/through_the_gate.rs"]
mod through_the_gate;

#[test]
fn ways_around_the_wall_do_not_compile() {
    let cases = trybuild::TestCases::new();
    for case in [
        "child_of_a_global_entity_in_a_tenant",
        "commit_of_a_read_session",
        "committed_by_hand",
        "entity_without_tenancy",
        "forgotten_commit",
        "global_entity_in_a_tenant",
        "not_owned_entity_of_a_person",
        "scope_of_ones_own",
        "statement_by_hand",
        "write_in_a_read_session",
    ] {
        cases.compile_fail(format!("tests/wall/{case}.rs"));
    }
}

#[test]
fn wrong_names_and_values_do_not_compile() {
    let cases = trybuild::TestCases::new();
    for case in ["misspelt_property", "property_of_another_entity", "value_of_another_type"] {
        cases.compile_fail(format!("tests/wall/{case}.rs"));
    }
}
