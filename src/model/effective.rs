//! What a member may do: what the role and the groups grant and what is granted to the member alone, less what is withheld from them.

use std::borrow::Cow;

use crate::model::permission::{name_of, named_by_number};

/// Where a member has a permission from, and whether it is withheld.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a source of its own")]
pub(crate) struct Sources {
    /// The role grants it.
    pub(crate) role: bool,
    /// A role grants it that a group of the member carries, or one that holds such a group.
    pub(crate) group: bool,
    /// It is granted to the member alone.
    pub(crate) member: bool,
    /// It is withheld from the member, whoever grants it.
    pub(crate) withheld: bool,
}

impl Sources {
    /// These and those together.
    fn and(self, other: Self) -> Self {
        Self {
            role: self.role || other.role,
            group: self.group || other.group,
            member: self.member || other.member,
            withheld: self.withheld || other.withheld,
        }
    }

    /// Whether the member has the permission: a denial wins.
    pub(crate) fn grant(self) -> bool {
        (self.role || self.group || self.member) && !self.withheld
    }
}

/// All permissions that concern a member, each with its sources, in the order of their names. A name and its number are one
/// permission.
#[derive(Debug, Clone, Default)]
pub(crate) struct Effective<'a>(Vec<(Cow<'a, str>, Sources)>);

impl<'a> Effective<'a> {
    /// Of what the role grants, of what groups grant by the roles that they carry, and of the member's own permissions: granted
    /// where the second part says so, else withheld.
    pub(crate) fn of<T: Into<Cow<'a, str>>>(
        role: impl IntoIterator<Item = T>,
        groups: impl IntoIterator<Item = T>,
        own: impl IntoIterator<Item = (T, bool)>,
    ) -> Self {
        let of_role = role.into_iter().map(|permission| (permission, Sources { role: true, ..Sources::default() }));
        let of_groups =
            groups.into_iter().map(|permission| (permission, Sources { group: true, ..Sources::default() }));
        let own = own.into_iter().map(|(permission, granted)| {
            (permission, Sources { member: granted, withheld: !granted, ..Sources::default() })
        });
        let all = of_role.chain(of_groups).chain(own).map(|(permission, sources)| {
            let permission = permission.into();
            (named_by_number(&permission).map_or(permission, Cow::Borrowed), sources)
        });
        let mut all: Vec<_> = all.collect();
        all.sort_unstable_by(|(name, _), (other, _)| name.cmp(other));
        all.dedup_by(|(name, sources), (kept, together)| {
            let is_same = name == kept;
            if is_same {
                *together = together.and(*sources);
            }
            is_same
        });
        Self(all)
    }

    /// Whether the member has a permission, by its name or its number.
    pub(crate) fn has(&self, permission: &str) -> bool {
        let found = self.0.binary_search_by(|(name, _)| name.as_ref().cmp(name_of(permission)));
        found.is_ok_and(|at| self.0[at].1.grant())
    }

    /// The permissions that the member has, by name where there is one.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.each().filter(|(_, sources)| sources.grant()).map(|(name, _)| name)
    }

    /// Every permission that concerns the member, with its sources, in the order of the names.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&str, Sources)> {
        self.0.iter().map(|(name, sources)| (name.as_ref(), *sources))
    }
}

#[cfg(test)]
mod tests;
