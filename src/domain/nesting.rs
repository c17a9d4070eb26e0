//! Groups in groups, as far as they may go: no group holds itself, and no chain has more than eight.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

/// Most groups of a chain in which each holds the next.
pub(crate) const DEEPEST: usize = 8;

/// Which groups of a tenant hold which others.
#[derive(Debug, Default)]
pub(crate) struct Nesting {
    /// The groups that hold a group.
    holders: HashMap<Uuid, Vec<Uuid>>,
    /// The groups that a group holds.
    held: HashMap<Uuid, Vec<Uuid>>,
}

/// Why a group may not hold another; each with the groups of the chain, the one that holds all others first.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unnestable {
    /// It would hold itself: the first group of the chain is the last one too.
    Cycle(Vec<Uuid>),
    /// There would be more than [`DEEPEST`] in a chain.
    TooDeep(Vec<Uuid>),
}

impl Nesting {
    /// Notes that one group holds another.
    pub(crate) fn note(&mut self, holder: Uuid, held: Uuid) {
        self.holders.entry(held).or_default().push(holder);
        self.held.entry(holder).or_default().push(held);
    }

    /// Whether a group may hold another as well.
    pub(crate) fn check(&self, holder: Uuid, held: Uuid) -> Result<(), Unnestable> {
        if let Some(mut chain) = self.chain(held, holder) {
            chain.insert(0, holder);
            return Err(Unnestable::Cycle(chain));
        }
        let mut chain = longest(holder, &self.holders);
        chain.reverse();
        chain.extend(longest(held, &self.held));
        if chain.len() > DEEPEST { Err(Unnestable::TooDeep(chain)) } else { Ok(()) }
    }

    /// How one group holds another, directly or by others: the chain from the one to the other, if there is one. Each holds itself.
    fn chain(&self, from: Uuid, to: Uuid) -> Option<Vec<Uuid>> {
        let mut ways = vec![(from, None)];
        let mut seen = HashSet::from([from]);
        let mut at = 0;
        while let Some((group, _)) = ways.get(at).copied() {
            if group == to {
                let mut chain = Vec::new();
                let mut step = Some(at);
                while let Some((group, before)) = step.and_then(|at| ways.get(at)).copied() {
                    chain.push(group);
                    step = before;
                }
                chain.reverse();
                return Some(chain);
            }
            let further = self.held.get(&group).into_iter().flatten().copied();
            ways.extend(further.filter(|next| seen.insert(*next)).map(|next| (next, Some(at))));
            at += 1;
        }
        None
    }
}

/// A longest chain that begins with a group; of one that is longer than allowed, as far as that shows. Step by step, with each
/// group once a step, so that it takes no longer where many ways lead to a group.
fn longest(from: Uuid, next: &HashMap<Uuid, Vec<Uuid>>) -> Vec<Uuid> {
    let mut steps: Vec<HashMap<Uuid, Uuid>> = vec![HashMap::from([(from, from)])];
    while let Some(last) = steps.last().filter(|_| steps.len() <= DEEPEST) {
        let further = last.keys().flat_map(|group| next.get(group).into_iter().flatten().map(|next| (*next, *group)));
        let further: HashMap<Uuid, Uuid> = further.collect();
        if further.is_empty() {
            break;
        }
        steps.push(further);
    }
    // From any group of the last step back to the first.
    let mut chain: Vec<Uuid> = steps.last().and_then(|last| last.keys().min()).copied().into_iter().collect();
    for step in steps.iter().skip(1).rev() {
        chain.extend(chain.last().and_then(|group| step.get(group)).copied());
    }
    chain.reverse();
    chain
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn id(group: u128) -> Uuid {
        Uuid::from_u128(group + 1)
    }

    /// The longest chain of a graph without cycles, by all of its paths.
    fn deepest(edges: &[(u128, u128)], from: u128) -> usize {
        let below = edges.iter().filter(|(holder, _)| *holder == from).map(|(_, held)| deepest(edges, *held));
        below.max().unwrap_or_default() + 1
    }

    fn holds(edges: &[(u128, u128)], one: u128, other: u128) -> bool {
        one == other || edges.iter().any(|(holder, held)| *holder == one && holds(edges, *held, other))
    }

    proptest! {
        #[test]
        fn a_group_holds_another_where_it_makes_no_cycle_and_no_ninth_level(wanted in vec((0..12_u128, 0..12_u128), 0..40)) {
            let mut nesting = Nesting::default();
            let mut edges: Vec<(u128, u128)> = Vec::new();
            for (holder, held) in wanted {
                if edges.contains(&(holder, held)) {
                    continue;
                }
                let checked = nesting.check(id(holder), id(held));
                let is_cycle = holds(&edges, held, holder);
                let with: Vec<_> = edges.iter().copied().chain([(holder, held)]).collect();
                let is_too_deep = !is_cycle && (0..12).any(|group| deepest(&with, group) > DEEPEST);
                match &checked {
                    Ok(()) => prop_assert!(!is_cycle && !is_too_deep),
                    Err(Unnestable::Cycle(chain)) => {
                        prop_assert!(is_cycle && chain.first() == chain.last() && chain[..2] == [id(holder), id(held)]);
                    }
                    Err(Unnestable::TooDeep(chain)) => prop_assert!(is_too_deep && chain.len() > DEEPEST, "{:?}", chain),
                }
                if let Err(Unnestable::Cycle(chain) | Unnestable::TooDeep(chain)) = &checked {
                    for step in chain.windows(2) {
                        let is_there = with.iter().any(|(holder, held)| [id(*holder), id(*held)] == *step);
                        prop_assert!(is_there, "{:?}", chain);
                    }
                }
                if checked.is_ok() {
                    nesting.note(id(holder), id(held));
                    edges = with;
                }
            }
        }
    }
}
