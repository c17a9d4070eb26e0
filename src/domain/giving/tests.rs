//! The walk against an evaluator that knows no levels: it repeats "who is in what" until nothing is new.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use super::Giving;

const GROUPS: u128 = 9;

fn giving(places: &[u128], holds: &[(u128, u128)], carries: &[(u128, u128)]) -> Giving {
    let mut giving = Giving::default();
    let places: HashSet<Uuid> = places.iter().map(|group| Uuid::from_u128(*group)).collect();
    giving.places.insert(Uuid::nil(), places.into_iter().collect());
    for (holder, held) in holds.iter().collect::<BTreeSet<_>>() {
        giving.holders.entry(Uuid::from_u128(*held)).or_default().push(Uuid::from_u128(*holder));
    }
    for (group, role) in carries.iter().collect::<BTreeSet<_>>() {
        giving.roles.entry(Uuid::from_u128(*group)).or_default().push(Uuid::from_u128(*role));
    }
    giving.names = HashMap::new();
    giving
}

/// The groups that a member of some is in, each with how many steps it takes to come there.
fn reached(places: &[u128], holds: &[(u128, u128)]) -> BTreeMap<u128, usize> {
    let mut known: BTreeMap<u128, usize> = places.iter().map(|group| (*group, 1)).collect();
    loop {
        let before = known.clone();
        for (holder, held) in holds {
            if let Some(steps) = known.get(held).copied() {
                let here = known.entry(*holder).or_insert(usize::MAX);
                *here = (*here).min(steps + 1);
            }
        }
        if known == before {
            return known;
        }
    }
}

proptest! {
    #[test]
    fn a_member_has_the_roles_of_all_groups_that_they_are_in_at_any_depth(
        places in vec(0..GROUPS, 0..4),
        holds in vec((0..GROUPS, 0..GROUPS), 0..14),
        carries in vec((0..GROUPS, 100..106_u128), 0..10),
    ) {
        let giving = giving(&places, &holds, &carries);
        let reached = reached(&places, &holds);
        let expected: HashSet<Uuid> = carries
            .iter()
            .filter(|(group, _)| reached.contains_key(group))
            .map(|(_, role)| Uuid::from_u128(*role))
            .collect();
        prop_assert_eq!(&giving.roles_of(Uuid::nil()), &expected);
        prop_assert!(giving.roles_of(Uuid::from_u128(1)).is_empty(), "of nobody else");

        let given = giving.given_to(Uuid::nil());
        prop_assert_eq!(given.iter().map(|(role, _)| *role).collect::<HashSet<_>>(), expected);
        for (role, way) in given {
            let way: Vec<u128> = way.iter().map(Uuid::as_u128).collect();
            prop_assert!(places.contains(&way[0]));
            for step in way.windows(2) {
                prop_assert!(holds.contains(&(step[1], step[0])), "{:?}", way);
            }
            let last = way[way.len() - 1];
            prop_assert!(carries.contains(&(last, role.as_u128())));
            prop_assert_eq!(way.len(), reached[&last], "a shortest way");
        }
    }
}
