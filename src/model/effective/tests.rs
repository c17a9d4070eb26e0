//! Effective permissions against a slow model that looks at every spelling of every grant.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{Effective, Sources};
use crate::model::permission::ALL;

/// Keys that meet: names, their numbers, and some that no catalogue knows.
fn key() -> impl Strategy<Value = String> {
    let known = ALL.iter().take(8).flat_map(|known| [Some(known.name), known.number]).flatten();
    select(known.chain(["UseOven", "99", "viewroles", ""]).map(ToOwned::to_owned).collect::<Vec<_>>())
}

/// The spellings of a permission, by the catalogue alone.
fn spellings(key: &str) -> Vec<&str> {
    let known = ALL.iter().find(|known| known.name == key || known.number == Some(key));
    known.map_or_else(|| vec![key], |known| [Some(known.name), known.number].into_iter().flatten().collect())
}

proptest! {
    #[test]
    fn a_member_has_what_somebody_grants_and_nobody_withholds(
        role in vec(key(), 0..6),
        groups in vec(key(), 0..6),
        own in vec((key(), any::<bool>()), 0..6),
        asked in key(),
    ) {
        let spelled = spellings(&asked);
        let is_it = |key: &String| spelled.contains(&key.as_str());
        let expected = Sources {
            role: role.iter().any(is_it),
            group: groups.iter().any(is_it),
            member: own.iter().any(|(key, granted)| *granted && is_it(key)),
            withheld: own.iter().any(|(key, granted)| !granted && is_it(key)),
        };
        let effective = Effective::of(&role, &groups, own.iter().map(|(key, granted)| (key, *granted)));
        let found = effective.each().find(|(name, _)| spelled.contains(name)).map(|(_, sources)| sources);
        prop_assert_eq!(found.unwrap_or_default(), expected);
        let has = (expected.role || expected.group || expected.member) && !expected.withheld;
        for spelling in spelled {
            prop_assert_eq!(effective.has(spelling), has, "{}", spelling);
        }
        prop_assert_eq!(effective.names().any(|name| spellings(name).contains(&asked.as_str())), has);
        // Neither order nor repetition counts.
        let back: Vec<_> = own.iter().rev().chain(&own).map(|(key, granted)| (key, *granted)).collect();
        let again = Effective::of(role.iter().rev().chain(&role), groups.iter().rev().chain(&groups), back);
        prop_assert!(again.each().eq(effective.each()));
    }
}
