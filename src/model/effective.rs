//! What a member may do: what the role grants and what is granted to the member alone, less what is withheld from them.

use std::collections::BTreeMap;

use crate::model::permission::name_of;

/// Where a member has a permission from, and whether it is withheld.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sources {
    /// The role grants it.
    pub(crate) role: bool,
    /// It is granted to the member alone.
    pub(crate) member: bool,
    /// It is withheld from the member, whoever grants it.
    pub(crate) withheld: bool,
}

impl Sources {
    /// Whether the member has the permission: a denial wins.
    pub(crate) fn grant(self) -> bool {
        (self.role || self.member) && !self.withheld
    }
}

/// All permissions that concern a member, each with its sources. A name and its number are one permission.
#[derive(Debug, Clone, Default)]
pub(crate) struct Effective(BTreeMap<String, Sources>);

impl Effective {
    /// Of what the role grants, and of the member's own permissions: granted where the second part says so, else withheld.
    pub(crate) fn of<'a>(
        role: impl IntoIterator<Item = &'a String>,
        own: impl IntoIterator<Item = (&'a String, bool)>,
    ) -> Self {
        let mut all = Self::default();
        for permission in role {
            all.sources(permission).role = true;
        }
        for (permission, granted) in own {
            let sources = all.sources(permission);
            if granted {
                sources.member = true;
            } else {
                sources.withheld = true;
            }
        }
        all
    }

    fn sources(&mut self, permission: &str) -> &mut Sources {
        self.0.entry(name_of(permission).to_owned()).or_default()
    }

    /// Whether the member has a permission, by its name or its number.
    pub(crate) fn has(&self, permission: &str) -> bool {
        self.0.get(name_of(permission)).is_some_and(|sources| sources.grant())
    }

    /// The permissions that the member has, by name where there is one.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.each().filter(|(_, sources)| sources.grant()).map(|(name, _)| name)
    }

    /// Every permission that concerns the member, with its sources, in the order of the names.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&str, Sources)> {
        self.0.iter().map(|(name, sources)| (name.as_str(), *sources))
    }
}

#[cfg(test)]
mod tests;
