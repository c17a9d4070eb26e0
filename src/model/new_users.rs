//! How people begin who are new: who verifies them, and with which status of their first membership.

use super::UserStatus;

/// Who verifies new people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NewUserProvider {
    /// Keycloak, as the original has it. It finds nobody by what the original writes.
    #[default]
    Keycloak,
    /// Keycloak, which knows them by their username.
    KeycloakByUsername,
    /// This service, or the authentication service beside it: by a password, of which the first is set by a link.
    Internal,
}

/// How people begin who are new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewUsers {
    /// Who verifies them.
    pub provider: NewUserProvider,
    /// The status of their first membership: registered as with the original, active, or password change needed.
    pub status: UserStatus,
}

impl Default for NewUsers {
    fn default() -> Self {
        Self { provider: NewUserProvider::default(), status: UserStatus::Registered }
    }
}

impl NewUsers {
    /// The status of the membership of somebody who joins: a tenant does not say of others' people that they have come.
    pub(crate) fn status(self, is_new: bool) -> UserStatus {
        if is_new { self.status } else { UserStatus::Registered }
    }
}
