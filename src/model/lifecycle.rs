//! The life of tenants, memberships and people: the one table of transitions, which rules, documentation and tests read.

use time::{Duration, OffsetDateTime};

use super::{Tenant, TenantStatus, User, UserStatus};

/// A status, as far as the table must know it.
pub(crate) trait Status: Copy + PartialEq + 'static {
    /// What it is a status of.
    const OF: &'static str;

    /// What people and programs call it.
    fn word(self) -> &'static str;
}

/// A transition: whoever takes the step `step` in the status `from` comes to `to`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Transition<S> {
    /// What leads there: a step that has a route of its own, or [`CHANGE`].
    pub(crate) step: &'static str,
    pub(crate) from: S,
    pub(crate) to: S,
}

/// What has no route of its own: a change that names the status.
pub(crate) const CHANGE: &str = "change";

/// All transitions of a kind.
pub(crate) struct Life<S: 'static>(pub(crate) &'static [Transition<S>]);

/// Why there is no such transition.
#[derive(Debug, PartialEq, Eq)]
pub struct NoTransition {
    /// What it would be a transition of.
    pub(crate) of: &'static str,
    /// The status that is.
    pub(crate) from: &'static str,
    /// The one that was asked for.
    pub(crate) to: &'static str,
    /// The step that was taken; of a change there is none.
    pub(crate) step: Option<String>,
    /// Those that are allowed.
    pub(crate) allowed: Vec<&'static str>,
}

impl std::fmt::Display for NoTransition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { of, from, to, step, allowed } = self;
        match step {
            Some(step) => write!(f, "There is no step {step} for a {of} that is {from}; ")?,
            None => write!(f, "A {of} that is {from} does not become {to} by a change; ")?,
        }
        match &allowed[..] {
            [] => f.write_str("it stays as it is."),
            [only] => write!(f, "it may become {only}."),
            [others @ .., last] => write!(f, "it may become {} or {last}.", others.join(", ")),
        }
    }
}

impl<S: Status> Life<S> {
    /// Where a step leads. One that gives back what was before leads to `back`.
    pub(crate) fn step(&self, step: &str, from: S, back: S) -> Result<S, NoTransition> {
        let rows = || self.0.iter().filter(|row| row.step == step);
        let mut found = rows().filter(|row| row.from == from).map(|row| row.to);
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            (Some(_), Some(_)) => Ok(back),
            (None, _) => {
                let mut wanted = rows().map(|row| row.to);
                let first = wanted.next().unwrap_or(back);
                let wanted = if wanted.all(|to| to == first) { first } else { back };
                Err(NoTransition { step: Some(step.to_owned()), ..self.refused(from, wanted, back) })
            }
        }
    }

    /// Refuses a change of the status for which the table has no row.
    pub(crate) fn check(&self, from: S, to: S, back: S) -> Result<(), NoTransition> {
        if self.allowed(from, back).any(|allowed| allowed == to) { Ok(()) } else { Err(self.refused(from, to, back)) }
    }

    /// Where a status may lead; back to what was before, where a step gives that back.
    fn allowed(&self, from: S, back: S) -> impl Iterator<Item = S> {
        let rows = move || self.0.iter().filter(move |row| row.from == from);
        let is_several = move |step: &str| rows().filter(|row| row.step == step).count() > 1;
        rows().filter(move |row| row.step == CHANGE || !is_several(row.step) || row.to == back).map(|row| row.to)
    }

    fn refused(&self, from: S, to: S, back: S) -> NoTransition {
        let mut allowed: Vec<_> = Vec::new();
        for word in self.allowed(from, back).map(S::word) {
            if !allowed.contains(&word) {
                allowed.push(word);
            }
        }
        NoTransition { of: S::OF, from: from.word(), to: to.word(), step: None, allowed }
    }
}

/// Where a tenant stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TenantState {
    /// Made, and not open yet.
    Pending,
    /// In use.
    Active,
    /// Nobody may work in it; the original's inactive.
    Suspended,
    /// Nobody may work in it, nor change it. It is purged at the end of its retention.
    Archived,
    /// Its rows are being removed for good; nothing leads back.
    Purging,
}

/// Whether a person may do anything at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PersonState {
    /// As far as their memberships let them.
    Active,
    /// In no tenant.
    Deactivated,
}

const fn row<S>(step: &'static str, from: S, to: S) -> Transition<S> {
    Transition { step, from, to }
}

pub(crate) const ACTIVATE: &str = "activate";
pub(crate) const SUSPEND: &str = "suspend";
pub(crate) const ARCHIVE: &str = "archive";
pub(crate) const RESTORE: &str = "restore";
pub(crate) const PURGE: &str = "purge";
pub(crate) const REACTIVATE: &str = "reactivate";
pub(crate) const DEACTIVATE: &str = "deactivate";

/// Tenants. What is restored is what it was.
pub(crate) const TENANTS: Life<TenantState> = {
    use TenantState::{Active, Archived, Pending, Purging, Suspended};
    Life(&[
        row(ACTIVATE, Pending, Active),
        row(ACTIVATE, Suspended, Active),
        row(SUSPEND, Active, Suspended),
        row(ARCHIVE, Pending, Archived),
        row(ARCHIVE, Active, Archived),
        row(ARCHIVE, Suspended, Archived),
        row(RESTORE, Archived, Pending),
        row(RESTORE, Archived, Active),
        row(RESTORE, Archived, Suspended),
        row(PURGE, Archived, Purging),
    ])
};

/// Memberships. Who is reactivated is what they were. The login service makes an invited member active when they come; who has come
/// becomes registered no more, since the authentication service lets nobody in, in any tenant, whose oldest membership is.
pub(crate) const MEMBERSHIPS: Life<UserStatus> = {
    use UserStatus::{Active, Inactive, PasswordChangeNeeded, Registered, Rejected};
    Life(&[
        row(ACTIVATE, Registered, Active),
        row(SUSPEND, Registered, Inactive),
        row(SUSPEND, Active, Inactive),
        row(SUSPEND, PasswordChangeNeeded, Inactive),
        row(REACTIVATE, Inactive, Registered),
        row(REACTIVATE, Inactive, Active),
        row(REACTIVATE, Inactive, PasswordChangeNeeded),
        row(CHANGE, Inactive, Active),
        row(CHANGE, Inactive, PasswordChangeNeeded),
        row(CHANGE, Registered, PasswordChangeNeeded),
        row(CHANGE, Active, PasswordChangeNeeded),
        row(CHANGE, PasswordChangeNeeded, Active),
        row(CHANGE, Registered, Rejected),
        row(CHANGE, Active, Rejected),
        row(CHANGE, PasswordChangeNeeded, Rejected),
        row(CHANGE, Inactive, Rejected),
        row(CHANGE, Rejected, Registered),
    ])
};

/// People.
pub(crate) const PEOPLE: Life<PersonState> = Life(&[
    row(DEACTIVATE, PersonState::Active, PersonState::Deactivated),
    row(REACTIVATE, PersonState::Deactivated, PersonState::Active),
]);

impl Status for TenantState {
    const OF: &'static str = "tenant";

    fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Archived => "archived",
            Self::Purging => "purging",
        }
    }
}

impl Status for UserStatus {
    const OF: &'static str = "membership";

    fn word(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Active => "active",
            Self::Inactive => "suspended",
            Self::PasswordChangeNeeded => "password-change-needed",
            Self::Rejected => "rejected",
        }
    }
}

impl Status for PersonState {
    const OF: &'static str = "person";

    fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deactivated => "deactivated",
        }
    }
}

impl TenantState {
    /// That of a tenant with this status, archived or not. A program that knows no archive may have set the status since.
    pub(crate) fn of(status: i32, is_archived: bool) -> Self {
        if is_archived {
            return Self::Archived;
        }
        match TenantStatus::try_from(status) {
            Ok(TenantStatus::Active) => Self::Active,
            Ok(TenantStatus::Pending) => Self::Pending,
            Ok(TenantStatus::Inactive) | Err(_) => Self::Suspended,
        }
    }

    /// The status of such a tenant. One that is archived has that of a suspended one, so that programs that know no archive
    /// let nobody in either.
    pub(crate) fn status(self) -> TenantStatus {
        match self {
            Self::Pending => TenantStatus::Pending,
            Self::Active => TenantStatus::Active,
            Self::Suspended | Self::Archived | Self::Purging => TenantStatus::Inactive,
        }
    }

    /// Whether nobody may change it: it is archived, and may be on its way out.
    pub(crate) fn is_archived(self) -> bool {
        matches!(self, Self::Archived | Self::Purging)
    }
}

impl Tenant {
    /// Where it stands in its life.
    pub fn state(&self) -> TenantState {
        if self.purging_on.is_some() {
            return TenantState::Purging;
        }
        TenantState::of(self.status, self.archived_on.is_some())
    }

    /// Until when it can be restored, while it is archived. `retention` is what the deployment says, in days.
    pub(crate) fn restorable_until(&self, retention: u16) -> Option<OffsetDateTime> {
        let days = self.retention_days.map_or(i64::from(retention), i64::from);
        self.archived_on.map(|since| since.saturating_add(Duration::days(days)))
    }

    /// What it becomes when it is restored.
    pub(crate) fn state_before(&self) -> TenantState {
        TenantState::of(self.archived_from.unwrap_or_default(), false)
    }
}

impl User {
    /// Whether the person may do anything at all.
    pub fn state(&self) -> PersonState {
        if self.deactivated_on.is_some() { PersonState::Deactivated } else { PersonState::Active }
    }
}

#[cfg(test)]
mod tests;
