//! The table itself: no sequence of steps leaves it, and the document says the same.

use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const TENANT_STATES: [TenantState; 5] =
    [TenantState::Pending, TenantState::Active, TenantState::Suspended, TenantState::Archived, TenantState::Purging];
const MEMBER_STATES: [UserStatus; 5] = [
    UserStatus::Registered,
    UserStatus::Active,
    UserStatus::Inactive,
    UserStatus::PasswordChangeNeeded,
    UserStatus::Rejected,
];
const STEPS: [&str; 8] = [ACTIVATE, SUSPEND, ARCHIVE, RESTORE, PURGE, REACTIVATE, DEACTIVATE, "unknown"];

/// The rows of a kind as the document has them: each step, from where, and where to.
fn written<S: Status>(life: &Life<S>) -> String {
    let mut table = String::from("| Step | From | To |\n|---|---|---|\n");
    let mut told: Vec<(&str, &str)> = Vec::new();
    for row in life.0 {
        let (step, from) = (row.step, row.from.word());
        if told.contains(&(step, from)) {
            continue;
        }
        told.push((step, from));
        let to = life.0.iter().filter(|other| (other.step, other.from) == (step, row.from)).map(|row| row.to.word());
        let to: Vec<_> = to.collect();
        let before = if step != CHANGE && to.len() > 1 { ": what it was before" } else { "" };
        writeln!(table, "| {step} | {from} | {}{before} |", to.join(", ")).unwrap();
    }
    table
}

#[test]
fn the_document_has_the_table() {
    let document = include_str!("../../../docs/lifecycle.md");
    for table in [written(&TENANTS), written(&MEMBERSHIPS), written(&PEOPLE)] {
        assert!(document.contains(&table), "docs/lifecycle.md lacks:\n{table}");
    }
}

#[test]
fn a_refusal_names_what_is_what_was_asked_and_what_is_allowed() {
    let back = TenantState::Pending;
    let refused = TENANTS.step(SUSPEND, TenantState::Archived, back).unwrap_err();
    assert_eq!(
        (refused.from, refused.to, &refused.allowed[..]),
        ("archived", "suspended", &["pending", "purging"][..])
    );
    let refused = TENANTS.step(RESTORE, TenantState::Active, TenantState::Active).unwrap_err();
    assert_eq!((refused.to, &refused.allowed[..]), ("active", &["suspended", "archived"][..]));
    let refused = MEMBERSHIPS.check(UserStatus::Rejected, UserStatus::Active, UserStatus::Active).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "A membership that is rejected does not become active by a change; it may become registered."
    );
}

proptest! {
    #[test]
    fn no_sequence_of_steps_leaves_the_table_of_tenants(
        start in select(TENANT_STATES.to_vec()),
        steps in vec(select(STEPS.to_vec()), 0..20),
    ) {
        let (mut state, mut back) = (start, TenantState::Suspended);
        for step in steps {
            let Ok(next) = TENANTS.step(step, state, back) else { continue };
            prop_assert!(TENANTS.0.iter().any(|row| (row.step, row.from, row.to) == (step, state, next)));
            if step == ARCHIVE {
                back = state;
            }
            // Out of the archive nothing leads but to what was there before, or out for good.
            if state == TenantState::Archived {
                prop_assert!([(RESTORE, back), (PURGE, TenantState::Purging)].contains(&(step, next)));
            }
            prop_assert!(state != TenantState::Purging);
            state = next;
        }
    }

    #[test]
    fn no_sequence_of_steps_leaves_the_table_of_memberships(
        start in select(MEMBER_STATES.to_vec()),
        steps in vec((select(STEPS.to_vec()), select(MEMBER_STATES.to_vec())), 0..20),
    ) {
        let (mut state, mut back) = (start, UserStatus::Registered);
        for (step, wanted) in steps {
            let next = match MEMBERSHIPS.step(step, state, back) {
                Ok(next) => next,
                Err(_) if MEMBERSHIPS.check(state, wanted, back).is_ok() => wanted,
                Err(refused) => {
                    prop_assert_eq!(refused.from, state.word());
                    continue;
                }
            };
            prop_assert!(MEMBERSHIPS.0.iter().any(|row| (row.from, row.to) == (state, next)));
            if state == UserStatus::Rejected {
                prop_assert_eq!(next, UserStatus::Registered, "who was rejected is invited again, and nothing else");
            }
            if next == UserStatus::Inactive {
                back = state;
            }
            state = next;
        }
    }

    #[test]
    fn what_a_row_says_of_a_tenant_is_one_state(status in -3..20, is_archived in any::<bool>()) {
        let state = TenantState::of(status, is_archived);
        prop_assert_eq!(state == TenantState::Archived, is_archived);
        prop_assert_eq!(TenantState::of(i32::from(state.status()), is_archived), state);
        prop_assert_eq!(state == TenantState::Active, status == 1 && !is_archived);
    }
}
