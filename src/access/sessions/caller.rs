//! The sessions of one admitted caller, as handlers hold them: nothing but the proof opens one.

use std::net::IpAddr;
use std::sync::Arc;

use user_tenant_store::audit::{Actor, ActorKind, Context};
use user_tenant_store::filter::Predicate;
use user_tenant_store::scope::{AllTenants, CallerScope, OwnScope, Scope, Sees, System, SystemReason, TenantScope};
use user_tenant_store::session::{Read, Session, Turn, Write};
use user_tenant_store::value::Value;
use user_tenant_store::{Entity, StoreError, StoreResult};
use uuid::Uuid;

use super::Sessions;
use crate::access::guard::Authorized;
use crate::access::once::Once;
use crate::domain::callback::FirstRole;
use crate::domain::principal::{Permissions, Principal};
use crate::domain::users::Change;
use crate::error::{Error, Result};
use crate::model::{Catalogue, IdempotencyKey, MembershipAcceptance, NewUsers, Tenant};

/// How often rows are searched for that others change meanwhile.
const SEARCHES: usize = 5;

/// Where a request comes from, as the audit log says it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    /// Its id.
    pub(crate) request: Option<Arc<str>>,
    /// The address of the client.
    pub(crate) address: Option<IpAddr>,
}

/// What a handler holds: the sessions of one admitted caller.
#[derive(Clone)]
pub(crate) struct CallerSessions {
    pub(super) all: Sessions,
    pub(super) proof: Authorized,
    pub(super) origin: Origin,
    /// Where the request is carried out once, how.
    pub(super) once: Option<Once>,
}

impl CallerSessions {
    /// The same, whose one transaction is carried out once.
    pub(crate) fn once(self, once: &Once) -> Self {
        Self { once: Some(once.clone()), ..self }
    }

    /// Whether the answer is kept for whoever asks again, in the clear: it must hold no secret.
    pub(crate) fn answer_is_kept(&self) -> bool {
        self.once.is_some()
    }

    /// What was answered to a request of this caller that had this id, if that is not too long ago.
    pub(crate) async fn answered(&self, id: Uuid) -> StoreResult<Option<IdempotencyKey>> {
        let session = self.all.store.read_for(TenantScope(self.proof.tenant()), self.actor());
        let known = session.repository::<IdempotencyKey>().get(id).await?;
        Ok(known.filter(|known| known.is_kept(session.now())))
    }

    /// Begins a transaction, in a turn if it has one.
    pub(super) async fn begin<S>(&self, scope: S, turn: Option<Arc<Turn>>) -> StoreResult<Session<S, Write>>
    where
        S: Scope + Sees<IdempotencyKey>,
    {
        self.begin_as(scope, self.actor(), turn).await
    }

    /// The same in the name of another than the caller's membership.
    pub(super) async fn begin_as<S>(
        &self,
        scope: S,
        actor: Actor,
        turn: Option<Arc<Turn>>,
    ) -> StoreResult<Session<S, Write>>
    where
        S: Scope + Sees<IdempotencyKey>,
    {
        let session = self.all.store.write_about(scope, actor, self.context(), turn).await?;
        match &self.once {
            // Boxed: all other requests would have room for it.
            Some(once) => Box::pin(once.begin(session)).await,
            None => Ok(session),
        }
    }

    /// Reads the tenants that the caller may see: its own, or all for a master.
    pub(crate) fn read_tenants(&self) -> Session<CallerScope, Read> {
        self.all.store.read_for(caller_scope(&self.proof), self.actor())
    }

    /// Changes the tenants that the caller may see.
    pub(crate) async fn write_tenants(&self) -> StoreResult<Session<CallerScope, Write>> {
        self.begin(caller_scope(&self.proof), None).await
    }

    /// Changes those tenants that the caller may see and a condition selects, as [`Self::write_tenant_where`] does.
    pub(crate) async fn write_tenants_where(
        &self,
        condition: Option<Predicate>,
    ) -> StoreResult<(Session<CallerScope, Write>, Option<Predicate>)> {
        self.write_where::<Tenant, _>(caller_scope(&self.proof), condition, None).await
    }

    /// Reads rows of the tenant that the request acts on.
    pub(crate) fn read_tenant(&self) -> Session<TenantScope, Read> {
        self.all.store.read_for(TenantScope(self.proof.tenant()), self.actor())
    }

    /// Changes rows of the tenant that the request acts on.
    pub(crate) async fn write_tenant(&self) -> StoreResult<Session<TenantScope, Write>> {
        self.begin(TenantScope(self.proof.tenant()), None).await
    }

    /// Makes a row that has a name. One in ASCII is compared with few others; any other with all of the tenant, which is done in
    /// its turn.
    pub(crate) async fn write_name(&self, name: Option<&Value>) -> StoreResult<Session<TenantScope, Write>> {
        match name {
            Some(Value::Text(name)) if !name.is_ascii() => self.write_tenant_in_turn().await,
            _ => self.write_tenant().await,
        }
    }

    /// Changes what a rule keeps the whole tenant for, or much of it: in the tenant's turn, so that those who wait for it have no
    /// connection, and hold up no other tenant.
    pub(crate) async fn write_tenant_in_turn(&self) -> StoreResult<Session<TenantScope, Write>> {
        let turn = self.turn().await?;
        self.begin(TenantScope(self.proof.tenant()), Some(turn)).await
    }

    /// Changes those rows of the tenant that a condition selects: those of the second condition, which is known to be light.
    pub(crate) async fn write_tenant_where<E: Entity>(
        &self,
        condition: Option<Predicate>,
    ) -> StoreResult<(Session<TenantScope, Write>, Option<Predicate>)>
    where
        TenantScope: Sees<E>,
    {
        let tenant = self.proof.tenant();
        self.write_where::<E, _>(TenantScope(tenant), condition, Some(tenant)).await
    }

    /// Waits for the turn, looks for what is selected, and begins a transaction. Rows of patterns are kept, if all are still as
    /// they were found. The rules lock the tenant before its rows, and so does this.
    async fn write_where<E: Entity, S: Scope + Sees<E> + Sees<Tenant> + Sees<IdempotencyKey>>(
        &self,
        scope: S,
        condition: Option<Predicate>,
        tenant: Option<Uuid>,
    ) -> StoreResult<(Session<S, Write>, Option<Predicate>)> {
        let turn = self.all.store.turn_to_change(&scope).await?;
        if condition.as_ref().is_some_and(|condition| condition.is_light() && condition.names(E::meta().id())) {
            return Ok((self.begin(scope, Some(turn)).await?, condition));
        }
        let is_light = condition.as_ref().is_none_or(Predicate::is_light);
        for _ in 0..SEARCHES {
            let searching = self.all.store.read_for(scope.clone(), self.actor());
            let found = searching.repository::<E>().search(condition.as_ref()).await?;
            let session = self.begin(scope.clone(), Some(turn.clone())).await?;
            let lock = tenant.map(|tenant| session.repository::<Tenant>().lock_by_id(tenant));
            // Where nothing was searched for, what matches now counts.
            let keep = (!is_light).then(|| session.repository::<E>().keep(&found));
            let (_, kept) = session.ask((lock, keep)).await?;
            match kept {
                None => return Ok((session, condition)),
                Some(true) => return Ok((session, Some(found.predicate()))),
                // Not to be dropped: on SQLite others' changes may be in the same commit, and only then does a search see them.
                Some(false) => session.commit(()).await?.into_inner(),
            }
        }
        Err(StoreError::Contention("others changed the selected rows at each try".into()))
    }

    /// Reads the caller's own rows, in whatever tenant.
    pub(crate) fn read_own(&self) -> Session<OwnScope, Read> {
        self.all.store.read_for(OwnScope(self.proof.caller().id), self.actor())
    }

    /// Adds a user to the tenant that the request acts on: who it is, is looked for among all users.
    pub(crate) async fn add_member(&self) -> StoreResult<Session<System, Write>> {
        self.begin(System(SystemReason::AddMember), None).await
    }

    /// Changes a user of the tenant that the request acts on: which other tenants have the person is looked for. What may take an
    /// administrator away is done in the tenant's turn.
    pub(crate) async fn change_member(&self, change: &Change) -> StoreResult<Session<System, Write>> {
        let turn = if change.is_of_membership() { Some(self.turn().await?) } else { None };
        self.begin(System(SystemReason::ChangeMember), turn).await
    }

    /// Removes a user from the tenant that the request acts on: its next default tenant may be any other.
    pub(crate) async fn remove_member(&self) -> StoreResult<Session<System, Write>> {
        let turn = self.turn().await?;
        self.begin(System(SystemReason::RemoveMember), Some(turn)).await
    }

    /// Lets a member of the tenant that the request acts on set a new password: which other tenants have the person is looked for.
    pub(crate) async fn reset_password(&self) -> StoreResult<Session<System, Write>> {
        self.begin(System(SystemReason::Logins), None).await
    }

    /// Changes a person in all tenants, which only who reaches them all may.
    pub(crate) async fn change_person(&self) -> Result<Session<System, Write>> {
        if !self.proof.caller().master {
            return Err(Error::MasterNeeded);
        }
        Ok(self.begin(System(SystemReason::ChangePerson), None).await?)
    }

    /// Looks for what the secret in a path leads to, which only a route for strangers does.
    pub(crate) fn read_by_secret(&self) -> Result<Session<System, Read>> {
        self.refuse_known()?;
        Ok(self.all.store.read_for(System(SystemReason::SecretInPath), self.actor()))
    }

    /// Does what the secret in a path is for.
    pub(crate) async fn write_by_secret(&self) -> Result<Session<System, Write>> {
        self.refuse_known()?;
        Ok(self.begin(System(SystemReason::SecretInPath), None).await?)
    }

    fn refuse_known(&self) -> Result<()> {
        if self.proof.is_stranger() {
            Ok(())
        } else {
            Err(Error::Internal("a caller with a token has no secret".into()))
        }
    }

    /// The membership in whose name something is done; none of the operator.
    pub(crate) fn in_whose_name(&self) -> Option<Uuid> {
        self.actor().membership
    }

    async fn turn(&self) -> StoreResult<Arc<Turn>> {
        self.all.store.turn_to_change(&TenantScope(self.proof.tenant())).await
    }

    /// Provisions a tenant, which only a signed request may; with the role that it may make.
    pub(crate) async fn provision(&self) -> Result<(Session<System, Write>, Arc<FirstRole>)> {
        let role = self.proof.first_role().ok_or(Error::BadSignature)?;
        let session = self.begin(System(SystemReason::ProvisioningCallback), None).await?;
        Ok((session, role))
    }

    /// What the audit log says of the request's transactions.
    pub(super) fn context(&self) -> Context {
        let kind = match () {
            () if self.all.operator => ActorKind::Operator,
            // Whoever signs requests is a service that people log in to, and nobody's member.
            () if self.proof.first_role().is_some() || self.proof.is_stranger() => ActorKind::System,
            () => ActorKind::Member,
        };
        let tenant = Some(self.proof.tenant()).filter(|tenant| !tenant.is_nil());
        let Origin { request, address } = self.origin.clone();
        Context { kind: Some(kind), tenant, request, address, reason: None }
    }

    /// In whose name rows are read and written. The operator has everything, and is nobody who is stored: the membership that
    /// a command acts with had no part in what it does.
    pub(super) fn actor(&self) -> Actor {
        if self.all.operator || self.proof.is_stranger() {
            return Actor::SYSTEM;
        }
        Actor {
            membership: Some(self.proof.caller().user_tenant_id),
            user: Some(self.proof.caller().id),
            tenant: Some(self.proof.caller().tenant_id),
        }
    }

    /// Who asks, for the rules.
    pub(crate) fn principal(&self) -> Principal<'_> {
        let (caller, power) = (self.proof.caller(), self.proof.power());
        Principal {
            user: caller.id,
            membership: caller.user_tenant_id,
            master: caller.master,
            permissions: match power {
                None if self.all.operator => Permissions::all(),
                power => Permissions::of(&caller.permissions, power.map(|power| &power.granted)),
            },
            catalogue: &self.all.catalogue,
            acceptance: self.all.acceptance,
            new_users: self.all.new_users,
            role_type: power.and_then(|power| power.role_type),
            default_clients: self.all.default_clients(),
            clients: power.map_or(&[], |power| &power.clients),
        }
    }

    /// How people begin who are new.
    pub(crate) fn new_users(&self) -> NewUsers {
        self.all.new_users
    }

    /// Which permissions there are.
    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.all.catalogue
    }

    /// The claims of the caller's token.
    pub(crate) fn claims(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.proof.caller().claims
    }

    /// The membership of the caller.
    pub(crate) fn membership(&self) -> Uuid {
        self.proof.caller().user_tenant_id
    }

    /// The tenant that the request acts on.
    pub(crate) fn tenant(&self) -> Uuid {
        self.proof.tenant()
    }

    /// When memberships beside a person's home are active.
    pub(crate) fn acceptance(&self) -> MembershipAcceptance {
        self.all.acceptance
    }

    /// The client applications of new people whose maker has none.
    pub(crate) fn default_clients(&self) -> Option<&[i32]> {
        self.all.default_clients()
    }

    /// For how many days an archived tenant can be restored, where it does not say so itself.
    pub(crate) fn retention_days(&self) -> u16 {
        self.all.retention_days
    }

    /// What `{id}` of the path names.
    pub(crate) fn subject(&self) -> Uuid {
        self.proof.subject()
    }

    /// Inserts a tenant in the caller's name: it lies in nobody's scope before it exists.
    pub(crate) async fn create_tenant(&self) -> StoreResult<Session<System, Write>> {
        self.begin(System(SystemReason::CreateTenant), None).await
    }

    /// Makes a tenant with all that it begins with, which only who reaches every tenant may: the person who is to administer it
    /// is looked for among all.
    pub(crate) async fn provision_tenant(&self) -> Result<Session<System, Write>> {
        if !self.proof.caller().master {
            return Err(Error::MasterNeeded);
        }
        Ok(self.create_tenant().await?)
    }
}

fn caller_scope(proof: &Authorized) -> CallerScope {
    if proof.caller().master {
        CallerScope::All(AllTenants)
    } else {
        CallerScope::One(TenantScope(proof.caller().tenant_id))
    }
}
